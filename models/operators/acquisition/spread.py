"""Choices that keep their distance: seeding by k-means++, with weights.

Each next one is drawn with probability ∝ weight × squared distance to the nearest that was chosen before (Arthur &
Vassilvitskii 2007, SODA; as a strategy Ash et al. 2020, arXiv 1906.03671).
"""

from __future__ import annotations

import numpy as np

from models.base import Array


def squared_distances(vectors: Array, centres: Array) -> Array:
    """(n, m) from (n, d) and (m, d)."""
    squares = np.sum(vectors**2, axis=1)[:, None] + np.sum(centres**2, axis=1)
    return np.asarray(np.maximum(squares - 2 * vectors @ centres.T, 0.0))


def squared_distance(vectors: Array, centre: Array) -> Array:
    """(n,), and exactly 0 at the centre itself."""
    return np.asarray(np.sum((vectors - centre) ** 2, axis=1))


def spread(vectors: Array, weights: Array, budget: int, centres: Array, rng: np.random.Generator) -> Array:
    """(min(budget, n),) distinct rows of `vectors` (n, d). `centres` (m, d) were chosen before; `weights` (n,) ≥ 0.

    Where nothing that is left weighs anything, the rest is drawn evenly.
    """
    count = len(vectors)
    nearest = squared_distances(vectors, centres).min(axis=1) if len(centres) else np.ones(count)
    left, chosen = np.ones(count, bool), np.empty(min(budget, count), np.int64)
    for place in range(len(chosen)):
        chosen[place] = _drawn(np.where(left, weights * nearest, 0.0), left, rng)
        left[chosen[place]] = False
        distance = squared_distance(vectors, vectors[chosen[place]])
        nearest = distance if place == 0 and not len(centres) else np.minimum(nearest, distance)
    return chosen


def _drawn(mass: Array, left: Array, rng: np.random.Generator) -> int:
    even = left / np.count_nonzero(left)
    total = mass.sum()
    return int(rng.choice(len(mass), p=mass / total if 0 < total < np.inf else even))
