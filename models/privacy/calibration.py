"""Noise from a target: the most accurate mechanism that an account pays for `count` times.

The account's own integers decide, so that what is calibrated for fits by the last picorho: `count` × cost ≤ limit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from models.privacy.cost import cost_in_picorho, limit_in_picorho
from models.privacy.errors import Unattainable
from models.privacy.kinds import (
    DiscreteGaussian,
    Exponential,
    Gaussian,
    Mechanism,
    NoisyHistogram,
    ReportNoisyMax,
    SubsampledGaussian,
)

M = TypeVar("M", bound=Mechanism)

_CLOSE = 1e-12  # relative width at which the search ends, on the side that fits


@dataclass(frozen=True)
class Target:
    """`count` releases that together are (ε, δ)-DP, in an account of this order (None: zCDP)."""

    epsilon: float
    delta: float
    count: int = 1
    order: float | None = None

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"count is {self.count}, below 1")

    def allows(self, mechanism: Mechanism) -> bool:
        limit = limit_in_picorho(self.epsilon, self.delta, self.order)
        return cost_in_picorho(mechanism, self.order) * self.count <= limit


def gaussian(target: Target) -> Gaussian:
    """The least noise multiplier; times the sensitivity it is σ. All below raise `Unattainable`."""
    return _least(Gaussian, 1e-3, 1e9, target)


def discrete_gaussian(target: Target, squared_sensitivity: int) -> DiscreteGaussian:
    """The least variance, for integer vectors of ℓ₂ sensitivity `squared_sensitivity`^½."""
    return _least(lambda variance: DiscreteGaussian(squared_sensitivity, variance), 1e-6, 1e24, target)


def noisy_histogram(target: Target, records: int) -> NoisyHistogram:
    """The least variance, where a unit has at most `records` records."""
    return _least(lambda variance: NoisyHistogram(records, variance), 1e-6, 1e24, target)


def exponential(target: Target) -> Exponential:
    """The widest bounded range η; the weights are then exp(η s/2Δ)."""
    return _least(lambda noise: Exponential(1 / noise), 1e-3, 1e9, target)


def report_noisy_max(target: Target) -> ReportNoisyMax:
    """The largest ε of one report; the noise then has scale 2Δ/ε."""
    return _least(lambda noise: ReportNoisyMax(1 / noise), 1e-3, 1e9, target)


def subsampled_gaussian(target: Target, rate: float, steps: int) -> SubsampledGaussian:
    """The least noise multiplier for `steps` steps of DP-SGD. Give the target an order: zCDP knows no sampling."""
    return _least(lambda noise: SubsampledGaussian(rate, noise, steps), 1e-2, 1e6, target)


def _least(make: Callable[[float], M], low: float, high: float, target: Target) -> M:
    """Cost falls as noise grows: bisect in the logarithm, and keep to the side that fits."""
    if not target.allows(make(high)):
        numbers = {"epsilon": f"{target.epsilon:g}", "delta": f"{target.delta:g}", "count": str(target.count)}
        message = f"No noise makes {target.count} releases ({target.epsilon:g}, {target.delta:g})-DP."
        raise Unattainable("NO_NOISE_SUFFICES", message, "epsilon", numbers)
    if target.allows(make(low)):
        return make(low)
    while high > low * (1 + _CLOSE):
        middle = math.sqrt(low) * math.sqrt(high)
        low, high = (low, middle) if target.allows(make(middle)) else (middle, high)
    return make(high)
