"""How good a belief was, once the truth is known. Everything here is flat: one mean, deviation and truth per value.

Where the deviation is 0 and the mean is right (a boundary value that was given), nothing was predicted: `assess` leaves
these out. A belief that is certain and wrong has an infinite score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from models.base import Array

LEVELS = np.linspace(0.05, 0.95, 19)


@dataclass(frozen=True)
class Scores:
    """Means over all values; `nll`, `crps` and `sharpness` as if the truth were divided by its own scale."""

    nll: float
    crps: float
    ece: float
    coverage: float  # the part inside the central interval that should hold 90 %
    sharpness: float  # the mean deviation


def assess(mean: Array, deviation: Array, target: Array, scale: float) -> Scores:
    """Arrays of one shape, in the units of the problem; `scale` > 0 is what they are divided by. Raises ValueError
    where nothing was predicted."""
    predicted = (deviation > 0) | (mean != target)
    if not predicted.any():
        raise ValueError("no value was uncertain")
    mean, deviation, target = (each[predicted].astype(np.float64) / scale for each in (mean, deviation, target))
    reach = float(ndtri(0.95)) * deviation
    return Scores(
        nll=negative_log_likelihood(mean, deviation, target),
        crps=crps(mean, deviation, target),
        ece=calibration_error(observed(mean, deviation, target)),
        coverage=coverage(mean - reach, mean + reach, target),
        sharpness=float(deviation.mean()),
    )


def negative_log_likelihood(mean: Array, deviation: Array, target: Array) -> float:
    """Of Gaussians, in nats per value; ∞ where one of them is certain."""
    if not np.all(deviation > 0):
        return float("inf")
    return float(np.mean(0.5 * ((target - mean) / deviation) ** 2 + np.log(deviation) + 0.5 * np.log(2 * np.pi)))


def crps(mean: Array, deviation: Array, target: Array) -> float:
    """Of Gaussians: the integral of (F(y) − 1[y ≥ target])², in the units of the target.

    Source: Gneiting & Raftery 2007, J. Amer. Statist. Assoc. 102, 359-378, section 4.2.
    """
    with np.errstate(divide="ignore"):
        z = (target - mean) / deviation
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    inner = deviation * (2 * density - 1 / np.sqrt(np.pi))
    return float(np.mean((target - mean) * (2 * ndtr(z) - 1) + inner))


def observed(mean: Array, deviation: Array, target: Array, levels: Array = LEVELS) -> Array:
    """(levels,): the part of the values that lies below the quantile of each level."""
    with np.errstate(divide="ignore"):
        z = np.sort((target - mean) / deviation, axis=None)
    return np.asarray(np.searchsorted(z, ndtri(levels), side="right") / z.size)


def calibration_error(observed: Array, levels: Array = LEVELS) -> float:
    """ECE: the mean over the levels of |observed − level|, 0 for a calibrated belief, 1/4 where nothing is right.

    Source: Kuleshov, Fenner & Ermon 2018, arXiv:1807.00263, section 3.5, with absolute values for squares.
    """
    return float(np.mean(np.abs(observed - levels)))


def coverage(low: Array, high: Array, target: Array) -> float:
    return float(np.mean((low <= target) & (target <= high)))


def auroc(inside: Array, outside: Array) -> float:
    """The probability that a score from outside is above one from inside, ties counting half (Mann & Whitney 1947)."""
    ordered = np.sort(inside)
    below, not_above = (np.searchsorted(ordered, outside, side) for side in ("left", "right"))
    return float(np.mean((below + not_above) / (2 * len(ordered))))
