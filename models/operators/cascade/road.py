"""Which road an answer has taken, and why. Light: NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Road(Enum):
    OPERATOR = "operator"  # its field, as it is
    OPERATOR_CERTIFIED = "operator_certified"  # its field, with a guaranteed bound
    CORRECTED = "corrected"  # its field after steps towards the discrete solution
    FEM = "fem"  # the discrete solution


class Why(Enum):
    """What each says to people is in its value."""

    ASKED = "it is what was asked for"
    WITHIN = "its guaranteed bound is within the tolerance"
    CHEAPER = "by the costs measured here, solving is expected to be cheaper"
    FAR = "the input is far from what the operator was trained on"
    NOT_FINITE = "the operator's answer, or its energy, is no finite number"
    REFUTED = "a lower bound on the error of the operator's answer is above the tolerance"
    MISSED = "the guaranteed bound of the operator's answer is above the tolerance"


@dataclass(frozen=True)
class Decision:
    road: Road
    why: Why
    steps: int = 0  # of CORRECTED

    def __str__(self) -> str:
        road = f"{self.road.value}({self.steps})" if self.road is Road.CORRECTED else self.road.value
        return f"{road}: {self.why.value}"
