"""The contract of every method that says how sure an operator is."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor

from models.operators.operator import Functions, Operator, Prediction
from models.operators.scaling import Scaling
from models.operators.uncertainty.forward import Pass, forward, in_units


class Method(ABC):
    """A Gaussian belief about each value of the standardised answer (see `forward`).

    Whatever it learns from data it learns in `fit`; `tensors` are that, and `restore` makes the same method of them
    and of the operator and the scaling that it was fitted to.
    """

    def __init__(self, operator: Operator, scaling: Scaling) -> None:
        self.operator = operator
        self.scaling = scaling

    @abstractmethod
    def believe(self, passed: Pass) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of the standardised answer, (batch, points, channels) each, after the
        operator's one pass. The deviation is 0 exactly where the boundary conditions give the answer."""

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """All that was fitted, by name."""

    def predict(self, raw: Functions) -> Prediction:
        """In the units of the problem, as `raw` is. Raises `Refusal` for points that the operator cannot take."""
        return self.prediction(forward(self.operator, self.scaling, raw))

    def prediction(self, passed: Pass) -> Prediction:
        """What is believed after a pass that was made already, in the units of the problem."""
        mean, deviation = self.believe(passed)
        return in_units(self.scaling, mean, deviation)
