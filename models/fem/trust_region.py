"""Minimisation by a trust region with conjugate gradients, one step at a time, so that a search can be taken up again.

The radius follows algorithm 4.1 of Nocedal & Wright (2006), Numerical Optimization, the steps algorithm 7.2 (Steihaug
1983, SIAM J. Numer. Anal. 20, 626-637). SciPy's trust-ncg is the same method, and cannot be interrupted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.base import Array

FIRST_RADIUS = 1.0
_MAX_RADIUS = 1000.0
_POOR, _GOOD = 0.25, 0.75  # parts of the predicted fall: below the first the region shrinks, above the second it grows
_ENOUGH = 0.15  # a step that falls by less than this part of what was predicted is not taken

Product = Callable[[Array], Array]  # (unknowns,) → (unknowns,), with a symmetric matrix


@dataclass(frozen=True, eq=False)
class Trial:
    """Where to go from here by the quadratic model, and what that predicts."""

    move: Array  # (unknowns,)
    fall: float  # of the model's value; 0 or less where round-off is all that is left
    is_at_edge: bool


def trial(gradient: Array, product: Product, radius: float) -> Trial:
    """Conjugate gradients on the quadratic model until their residual is small enough for superlinear convergence
    (theorem 7.2), or the move leaves the region. Raises what `product` raises."""
    norm = float(np.linalg.norm(gradient))
    tolerance = min(0.5, norm**0.5) * norm
    move, image = np.zeros_like(gradient), np.zeros_like(gradient)  # image: the matrix times the move
    residual, direction = gradient, -gradient
    while np.linalg.norm(residual) > tolerance:
        along = product(direction)
        curvature = float(direction @ along)
        square = float(residual @ residual)
        length = square / curvature if curvature > 0 else 0.0
        if not (curvature > 0 and np.linalg.norm(move + length * direction) < radius):
            length = _to_edge(move, direction, radius)
            return _trial(gradient, move + length * direction, image + length * along, is_at_edge=True)
        move, image = move + length * direction, image + length * along
        residual = residual + length * along
        direction = (float(residual @ residual) / square) * direction - residual
    return _trial(gradient, move, image, is_at_edge=False)


def is_taken(trial: Trial, fall: float) -> bool:
    """Whether a step whose value really falls by so much is worth taking."""
    return fall > _ENOUGH * trial.fall


def next_radius(radius: float, trial: Trial, fall: float) -> float:
    if not fall >= _POOR * trial.fall:
        return radius / 4
    return min(2 * radius, _MAX_RADIUS) if fall > _GOOD * trial.fall and trial.is_at_edge else radius


def _to_edge(move: Array, direction: Array, radius: float) -> float:
    """The t ≥ 0 with |move + t direction| = radius."""
    square, mixed = float(direction @ direction), float(move @ direction)
    room = radius**2 - float(move @ move)
    return float(room / (mixed + (mixed**2 + square * room) ** 0.5))


def _trial(gradient: Array, move: Array, image: Array, is_at_edge: bool) -> Trial:
    return Trial(move, -float(gradient @ move) - float(move @ image) / 2, is_at_edge)
