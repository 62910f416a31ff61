"""Whether there would be more neighbours than memory is meant for, told before they are looked for."""

from __future__ import annotations

from math import sqrt

import numpy as np
from scipy.spatial import cKDTree

from models.base import Array, Refusal

MOST = 2**23  # neighbours of all queries together; a stencil in the plane takes 36 bytes for each: 300 MB
_CELLS = 2**20  # along each axis; what lies beyond is taken for one cell


def refuse_crowd(sources: cKDTree, queries: cKDTree, radius: float) -> None:
    """Raises `Refusal` WRONG_POINTS. They are counted, which takes as long as finding them, only where a bound on
    their number does not say that they are few."""
    here = np.asarray(sources.data)
    if bound(here, here if queries is sources else np.asarray(queries.data), radius) <= MOST:
        return
    count = int(queries.count_neighbors(sources, radius))
    if count > MOST:
        message = f"have {count} neighbours together within {radius:.3g}; at most {MOST} are averaged over: send fewer"
        raise Refusal("WRONG_POINTS", message, "positions", {"neighbours": str(count), "most": str(MOST)})


def bound(sources: Array, queries: Array, radius: float) -> float:
    """At most so many pairs are within the radius: in cells of its size they are in adjacent ones, of which each has
    3^dim, and Σ n_c m_c' over these is at most 3^dim √(Σ n_c² Σ m_c²) by Cauchy and Schwarz."""
    here = _together(sources, radius)
    there = here if queries is sources else _together(queries, radius)
    return float(3 ** sources.shape[1] * sqrt(here) * sqrt(there))


def _together(points: Array, radius: float) -> float:
    """Σ n_c²"""
    if not len(points):
        return 0.0
    cells = np.minimum((points - points.min(axis=0)) / radius, _CELLS - 1).astype(np.int64)
    key = np.zeros(len(points), dtype=np.int64)
    for axis in cells.T:
        key = key * _CELLS + axis
    occupants = np.unique(key, return_counts=True)[1].astype(np.float64)
    return float(occupants @ occupants)
