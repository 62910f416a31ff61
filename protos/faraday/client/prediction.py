"""What a neural operator says of functions, and what is known of each answer."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Literal

import numpy as np

from faraday.client import evidence
from faraday.client.evidence import ErrorBound, Evidence
from faraday.client.tensors import Array, decode
from faraday.v1 import neural_operator_pb2 as pb


class Road(enum.Enum):
    """Who has answered."""

    UNSPECIFIED = pb.SampleEvidence.ROAD_UNSPECIFIED
    OPERATOR = pb.SampleEvidence.ROAD_OPERATOR
    OPERATOR_CERTIFIED = pb.SampleEvidence.ROAD_OPERATOR_CERTIFIED
    CORRECTED = pb.SampleEvidence.ROAD_CORRECTED  # the operator, then steps of the finite element solver
    FINITE_ELEMENTS = pb.SampleEvidence.ROAD_FINITE_ELEMENTS
    WITHHELD = pb.SampleEvidence.ROAD_WITHHELD  # nothing was within the tolerance: the mean is NaN

    @classmethod
    def _missing_(cls, value: object) -> Road:
        return cls.UNSPECIFIED  # of a newer server


@dataclass(frozen=True)
class SampleEvidence:
    """What is known of the answer for one function."""

    road: Road
    reason: str  # why that road
    score: float  # how far it is from what was learnt, 1 at the threshold; NaN where there is no such score
    far: bool  # above the threshold: the deviation says little, the interval has no ends
    error_bound: ErrorBound | None
    kept: bool = False  # it is a candidate for training now, as `keep_missed` has asked

    def __str__(self) -> str:
        said = [f"{self.road.name.lower().replace('_', ' ')}: {self.reason}", str(self.error_bound or "")]
        if not np.isnan(self.score):
            said.append(f"score {self.score:.2g}" + (", far from what was learnt" if self.far else ""))
        if self.kept:
            said.append("kept as a candidate")
        return ", ".join(part for part in said if part)


@dataclass(frozen=True, eq=False)
class Prediction:
    """Arrays are (samples, *grid, outputs), or (samples, points, outputs) on scattered points; empty after
    `validate_only`. Without deviations `deviation`, `low` and `high` are empty."""

    mean: Array  # float32
    deviation: Array  # float32: standard deviations
    low: Array  # float32: lower ends of intervals; -inf where nothing is claimed
    high: Array  # float32: upper ends; inf where nothing is claimed
    samples: tuple[SampleEvidence, ...]
    version: int  # of the operator
    evidence: Evidence


def prediction(response: pb.PredictResponse, grid: tuple[int, ...]) -> Prediction:
    """Raises `MalformedReply`."""
    return Prediction(
        mean=_read(response, "mean", grid),
        deviation=_read(response, "deviation", grid),
        low=_read(response, "low", grid),
        high=_read(response, "high", grid),
        samples=tuple(map(_sample, response.samples)),
        version=response.version,
        evidence=evidence.decode(response.evidence),
    )


def _read(
    response: pb.PredictResponse, name: Literal["mean", "deviation", "low", "high"], grid: tuple[int, ...]
) -> Array:
    if not response.HasField(name):
        return np.empty((0, 0, 0), np.float32)
    array = decode(getattr(response, name))
    return array.reshape(len(array), *grid, array.shape[-1]) if grid else array


def _sample(message: pb.SampleEvidence) -> SampleEvidence:
    return SampleEvidence(
        road=Road(message.road),
        reason=message.reason,
        score=message.score,
        far=message.far,
        error_bound=evidence.bound(message.error_bound) if message.HasField("error_bound") else None,
        kept=message.kept,
    )
