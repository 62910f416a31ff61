"""Gaussian random fields on the unit square, N(0, (−Δ + τ²)^(−α)) with Neumann conditions, by their cosine series.

A field is a function, not an array: its coefficients are drawn, and the points at which it is looked at come after. So
sample i of a seed is one and the same function on every grid, however many samples are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from models.base import Array

# Cosines per direction. Beyond 64 a field of α = 2 has 2·10⁻⁴ of its variance.
MODES = 64


def gaussian_fields(count: int, axis: Array, seed: int, rate: float = 3.0, smoothness: float = 2.0) -> Iterator[Array]:
    """`count` fields (n, n) at the products of axis (n,), first coordinate first; rate is τ, smoothness α > 1.

    The constant mode is left out, as in the data of Li et al. (2021, arXiv:2010.08895, A.3.2), whose code has it so: a
    field has mean 0 over the square, and is positive on about a half of it.
    """
    rng = np.random.default_rng(seed)
    number = np.arange(MODES)
    cosines = np.cos(np.pi * np.outer(axis, number)) * np.where(number > 0, np.sqrt(2.0), 1.0)
    eigenvalues = np.pi**2 * (number[:, None] ** 2 + number**2) + rate**2
    deviations = eigenvalues ** (-smoothness / 2)
    deviations[0, 0] = 0.0
    for _ in range(count):
        yield cosines @ (deviations * rng.standard_normal((MODES, MODES))) @ cosines.T
