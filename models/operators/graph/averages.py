"""Averages over neighbourhoods: with what weights sums over the neighbours of a point become integrals.

    (A f)(x) = ∫ m(|x − y| / r) f(y) dy / ∫ m(|x − y| / r) dy,    over the part of the domain that is nearer than r.

The window m(s) = (1 − s²)² falls to 0 at the rim, so that the average does not jump where a point crosses it, and so
that the rim costs no order of convergence (Lin et al. 2025, arXiv:2504.08277). As a quotient it is 1 for f = 1 on any
points, at boundaries too.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np

from models.base import Array
from models.operators.graph.neighbours import Neighbours, nearest, within

# ∫ m(|y|) dy over the unit ball, by dimension.
_WINDOW = {1: 16 / 15, 2: pi / 3, 3: 32 * pi / 105}


@dataclass(frozen=True, eq=False)
class Averages:
    """The average at query q is Σ weight · f(source) over its neighbours."""

    neighbours: Neighbours
    weights: Array  # (neighbours,) float64: of each query they sum to 1
    coverage: Array  # (queries,) float64: how much of the ball is domain, about 0 to 1, by the window


def over_balls(sources: Array, volumes: Array, queries: Array, radius: float) -> Averages:
    """Of sources (n, d) that stand for `volumes` (n,). A query without neighbours has an average of 0."""
    found = within(sources, queries, radius)
    gaps = queries[found.queries].astype(np.float64) - sources[found.indices]
    share = np.sum(gaps**2, axis=1) / radius**2
    window = np.maximum(1 - share, 0.0) ** 2
    mass = window * volumes[found.indices]
    total = np.bincount(found.queries, weights=mass, minlength=len(queries))
    coverage = total / (_WINDOW[sources.shape[1]] * radius ** sources.shape[1])
    return Averages(found, _normalised(mass, found), coverage)


def over_nearest(sources: Array, volumes: Array, queries: Array, count: int) -> Averages:
    """Of the `count` nearest sources, without a window. What they average over shrinks as points are added: this is
    for clouds of one density, not for functions that are to be answered at any resolution."""
    found = nearest(sources, queries, count)
    return Averages(found, _normalised(volumes[found.indices], found), np.ones(len(queries)))


def _normalised(mass: Array, found: Neighbours) -> Array:
    """To a sum of 1 per query; alike where all of a query's neighbours stand for nothing."""
    total = np.bincount(found.queries, weights=mass, minlength=len(found.counts))[found.queries]
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(total > 0, mass / total, 1 / found.counts[found.queries]))
