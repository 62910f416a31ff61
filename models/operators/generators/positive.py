"""Positive random fields: exponentials of Gaussian ones, whose logarithm deviates by what is asked."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from models.base import Array
from models.operators.generators.gaussian_field import MODES, gaussian_fields


def standard_fields(count: int, axis: Array, seed: int, rate: float = 3.0) -> Iterator[Array]:
    """Gaussian fields (n, n) as `gaussian_fields` draws them, of variance 1 in the mean over the square."""
    number = np.arange(MODES)
    variances = (np.pi**2 * (number[:, None] ** 2 + number**2) + rate**2) ** -2.0
    spread = np.sqrt(variances.sum() - variances[0, 0])
    for field in gaussian_fields(count, axis, seed, rate):
        yield field / spread


def positive_fields(count: int, axis: Array, seed: int, deviation: float, rate: float = 3.0) -> Iterator[Array]:
    """(n, n), with a logarithm of mean 0 over the square that deviates by `deviation`."""
    for field in standard_fields(count, axis, seed, rate):
        yield np.exp(deviation * field)


def stream(seed: int, number: int) -> int:
    """Seeds of independent fields of one sample (Python's integers, as NumPy spreads their bits)."""
    return int(np.random.SeedSequence((seed, number)).generate_state(1, np.uint64)[0])
