"""The exact (ε, δ) of distributions that can be written out: what a single release really spends, for audits.

δ(ε) is the hockey-stick divergence Σ max(P(y) − e^ε Q(y), 0), the larger of the two directions. A curve's conversion is
an upper bound on it, too loose for an audit to tell 1.6 times the ρ from the truth.
"""

from __future__ import annotations

import math

import numpy as np

from models.base import Array

_TAIL = 40.0  # σ: beyond lies e^-800
_MOST_POINTS = 10_000_000


def hockey_stick(here: Array, there: Array, epsilon: float) -> float:
    """δ at ε of two distributions (outcomes,) on the same outcomes; to some 1e-15."""
    odds = math.exp(epsilon)
    return max(
        float(np.sum(np.maximum(here - odds * there, 0.0))),
        float(np.sum(np.maximum(there - odds * here, 0.0))),
    )


def discrete_gaussians(shift: int, variance: float) -> tuple[Array, Array]:
    """The distributions of noise, and of `shift` plus noise, on the same integers."""
    reach = math.ceil(_TAIL * math.sqrt(variance))
    if 2 * reach + shift > _MOST_POINTS:
        raise ValueError(f"variance {variance:g} has more than {_MOST_POINTS} outcomes to write out")
    places = np.arange(-reach, reach + shift + 1, dtype=np.float64)
    return _gaussian_weights(places, variance), _gaussian_weights(places - shift, variance)


def _gaussian_weights(places: Array, variance: float) -> Array:
    weights = np.exp(-(places**2) / (2 * variance))
    return np.asarray(weights / weights.sum())
