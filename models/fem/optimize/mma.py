"""The method of moving asymptotes, globally convergent: a smooth objective under smooth constraints in a box.

Each step replaces the objective and the constraints by convex separable functions that agree to first order, with
poles (the asymptotes) that come nearer where x oscillates and recede where it does not (Svanberg 1987, Int. J. Numer.
Methods Eng. 24, 359-373). A step is taken only where all of them turn out to be at or above the true functions;
otherwise they are bent more, and another is tried (Svanberg 2002, SIAM J. Optim. 12, 555-573). So from a feasible
point on, each further one is feasible and no worse, and limit points satisfy the conditions of Karush, Kuhn and Tucker,
as is proved there. How many a step tries is bounded here: where `TRIES` are not enough, the last is taken nevertheless,
and `conservative` says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.fem.optimize import separable
from models.fem.optimize.separable import Separable

TRIES = 10  # more than 3 are rare

# The constants of Svanberg 2007, MMA and GCMMA, relative to the widths of the box.
_FIRST, _NEARER, _FARTHER = 0.5, 0.7, 1.2
_NEAREST, _FARTHEST = 0.01, 10.0
_APART = 0.1  # x stays by this part of its distance to an asymptote away from it
_BOTH = 0.001  # of each derivative also enters on its other side
_ROUND_OFF = 1e-12


@dataclass(frozen=True, eq=False)
class Box:
    lower: Array  # (n,)
    upper: Array  # (n,) > lower

    @property
    def width(self) -> Array:
        return np.asarray(self.upper - self.lower)


@dataclass(frozen=True, eq=False)
class Functions:
    """At one x: row 0 is the objective, the others are constraints, at most 0 where they are met."""

    values: Array  # (1 + m,)
    gradients: Array  # (1 + m, n)


@dataclass(frozen=True, eq=False)
class Iterate:
    """Where the search is. All that the next step needs, beside the functions at x."""

    x: Array  # (n,)
    previous: Array  # (n,)
    earlier: Array  # (n,): before the previous
    low: Array  # (n,): asymptotes
    high: Array  # (n,)
    multipliers: Array  # (m,)
    bend: Array  # (1 + m,): what the approximations of the last step were bent by
    count: Array  # (1,): steps so far
    conservative: Array  # (1,): whether the approximations of the last step were above the functions


def start(x: Array, constraints: int) -> Iterate:
    unset = np.zeros_like(x)
    none = np.zeros(constraints), np.zeros(1 + constraints)
    return Iterate(x, x, x, unset, unset, *none, np.zeros(1, np.int64), np.ones(1, np.bool_))


def step(at: Iterate, here: Functions, box: Box, functions: Callable[[Array], Functions]) -> tuple[Iterate, Functions]:
    """The next iterate and the functions there, which are asked for last; `here` are those at `at.x`."""
    low, high = _asymptotes(at, box)
    bend = np.maximum(0.1 * np.mean(np.abs(here.gradients) * box.width, axis=1), np.maximum(0.1 * at.bend, 1e-6))
    for _ in range(TRIES):
        program = _approximation(at.x, here, box, low, high, bend)
        x, multipliers = separable.solve(program, at.multipliers)
        there = functions(x)
        excess = there.values - program.values(x)
        conservative = bool(np.all(excess <= _ROUND_OFF * (1 + np.abs(there.values))))
        if conservative:
            break
        bend = _more_bent(bend, excess, _distance(at.x, x, box, low, high))
    moved = Iterate(x, at.x, at.previous, low, high, multipliers, bend, at.count + 1, np.array([conservative]))
    return moved, there


def kkt_residual(at: Iterate, here: Functions, box: Box, slopes: Array) -> float:
    """How far x is from the conditions of Karush, Kuhn and Tucker, whatever the units of the objective.

    The largest of: how far the projected gradient of the Lagrangian leads, as a part of the box; a constraint's excess;
    and what a constraint with a multiplier leaves free. The unit of the first is the steepest of the given slopes (n,)
    of the objective, those at the start for instance; that of the last is the sum of them. Without a slope there is
    no unit, and the residual is infinite.
    """
    steep = np.abs(slopes * box.width)
    if not steep.any():
        return float("inf")
    width, multipliers = box.width, at.multipliers
    lagrangian = (here.gradients[0] + multipliers @ here.gradients[1:]) * width / steep.max()
    ahead = np.clip(at.x - lagrangian * width, box.lower, box.upper)
    slack = np.abs(multipliers * here.values[1:]) / steep.sum()
    return float(max(np.max(np.abs(ahead - at.x) / width), here.values[1:].max(initial=0.0), slack.max(initial=0.0)))


def _asymptotes(at: Iterate, box: Box) -> tuple[Array, Array]:
    width = box.width
    if at.count[0] < 2:
        return at.x - _FIRST * width, at.x + _FIRST * width
    turned = (at.x - at.previous) * (at.previous - at.earlier)
    factor = np.where(turned > 0, _FARTHER, np.where(turned < 0, _NEARER, 1.0))
    below = np.clip(factor * (at.previous - at.low), _NEAREST * width, _FARTHEST * width)
    above = np.clip(factor * (at.high - at.previous), _NEAREST * width, _FARTHEST * width)
    return at.x - below, at.x + above


def _approximation(x: Array, here: Functions, box: Box, low: Array, high: Array, bend: Array) -> Separable:
    up, down = np.maximum(here.gradients, 0.0), np.maximum(-here.gradients, 0.0)
    extra = bend[:, None] / box.width
    above, below = high - x, x - low
    p = above**2 * ((1 + _BOTH) * up + _BOTH * down + extra)
    q = below**2 * ((1 + _BOTH) * down + _BOTH * up + extra)
    return Separable(
        lower=np.maximum(box.lower, low + _APART * below),
        upper=np.minimum(box.upper, high - _APART * above),
        low=low,
        high=high,
        p=p,
        q=q,
        r=here.values - p @ (1 / above) - q @ (1 / below),
    )


def _distance(x: Array, tried: Array, box: Box, low: Array, high: Array) -> float:
    """By how much one more unit of bending raises an approximation at the tried point."""
    return float(np.sum((high - low) * (tried - x) ** 2 / ((high - tried) * (tried - low) * box.width)))


def _more_bent(bend: Array, excess: Array, distance: float) -> Array:
    needed = np.minimum(10 * bend, 1.1 * (bend + excess / max(distance, np.finfo(np.float64).tiny)))
    return np.where(excess > 0, needed, bend)
