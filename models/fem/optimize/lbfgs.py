"""Quasi-Newton minimisation in a box: limited-memory BFGS on the free unknowns, projected search on all.

An unknown is held where it is at its bound, or near to it, and the gradient pushes outwards; the others go along the
quasi-Newton direction of their own (Nocedal 1980, Math. Comp. 35, 773-782, restricted to them), and the whole is
projected into the box for each length that is tried. That the two parts do not mix is what makes the projected arc
descend (Bertsekas 1982, SIAM J. Control Optim. 20, 221-246, propositions 1 and 2).

An iterate is arrays alone, so that a search may stop after any step and go on in another process. SciPy's L-BFGS-B
(Zhu, Byrd, Lu & Nocedal 1997) keeps its state inside a routine that no public function can leave.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.base import Array

PAIRS = 20  # of steps and changes of the gradient; an objective here costs far more than a product with them

_SLOPE = 1e-4  # Armijo's rule: the part of the promised decrease that a step must have
_HALVINGS = 40
_CURVED = 1e-10  # a pair whose curvature is less than this part of |s| |y| tells nothing
_NEAR = 1e-3  # how near to a bound is "at" it, as a part of the box, at most

Objective = Callable[[Array], tuple[float, Array]]


@dataclass(frozen=True, eq=False)
class Bounds:
    lower: Array  # (n,)
    upper: Array  # (n,) ≥ lower

    def project(self, x: Array) -> Array:
        return np.clip(x, self.lower, self.upper)

    def projected_gradient(self, x: Array, gradient: Array) -> Array:
        """(n,): x − P(x − gradient); 0 just where no feasible direction descends."""
        return np.asarray(x - self.project(x - gradient))


@dataclass(frozen=True, eq=False)
class Iterate:
    """Where the search is. All that the next step needs."""

    x: Array  # (n,)
    value: Array  # (1,)
    gradient: Array  # (n,)
    steps: Array  # (pairs, n): the latest x − x before, oldest first
    changes: Array  # (pairs, n): of the gradient along them
    count: Array  # (1,): steps so far
    calls: Array  # (1,): of the objective so far
    stuck: Array  # (1,): whether no length along the last direction was better: round-off is all that is left


def start(x: Array, objective: Objective, bounds: Bounds) -> Iterate:
    x = bounds.project(x)
    value, gradient = objective(x)
    none = np.zeros((0, len(x)))
    one = np.ones(1, dtype=np.int64)
    return Iterate(x, np.array([value]), gradient, none, none, 0 * one, one, np.zeros(1, dtype=np.bool_))


def step(at: Iterate, objective: Objective, bounds: Bounds, direction: Array | None = None) -> Iterate:
    """The next iterate: never above this one. A direction of your own has to descend, and to be 0 but at `free`."""
    if direction is None:
        direction = -_inverse(at, free(at, bounds))
    length, calls, value = 1.0, int(at.calls[0]), float(at.value[0])
    for _ in range(_HALVINGS):
        x = bounds.project(at.x + length * direction)
        if np.array_equal(x, at.x):
            break
        found, gradient = objective(x)
        calls += 1
        if found <= value + _SLOPE * min(0.0, float(at.gradient @ (x - at.x))):  # not a number is no descent
            return _moved(at, x, found, gradient, calls)
        length /= 2
    return Iterate(
        *(at.x, at.value, at.gradient, at.steps[:0], at.changes[:0]),
        *(at.count + 1, np.array([calls]), np.array([True])),
    )


def free(at: Iterate, bounds: Bounds) -> Array:
    """(n,) bool: not held. The margin goes to 0 with the projected gradient, so that in the end the right ones are."""
    size = float(np.max(np.abs(bounds.projected_gradient(at.x, at.gradient)), initial=0.0))
    margin = np.minimum(_NEAR * (bounds.upper - bounds.lower), size)
    below = (at.x <= bounds.lower + margin) & (at.gradient > 0)
    above = (at.x >= bounds.upper - margin) & (at.gradient < 0)
    return np.asarray(~(below | above))


def _inverse(at: Iterate, free: Array) -> Array:
    """(n,): the approximate inverse Hessian of the free unknowns on their gradient, a multiple of 1 on the others."""
    pairs = [(s * free, y * free) for s, y in zip(at.steps, at.changes, strict=True)]
    curvatures = [float(s @ y) for s, y in pairs]
    kept = [
        (s, y, c)
        for (s, y), c in zip(pairs, curvatures, strict=True)
        if c > _CURVED * float(np.linalg.norm(s) * np.linalg.norm(y))
    ]
    scale = kept[-1][2] / float(kept[-1][1] @ kept[-1][1]) if kept else _first_scale(at)
    rest = at.gradient * free
    parts = []
    for s, y, c in reversed(kept):
        parts.append(float(s @ rest) / c)
        rest = rest - parts[-1] * y
    ahead = scale * rest
    for (s, y, c), part in zip(kept, reversed(parts), strict=True):
        ahead = ahead + (part - float(y @ ahead) / c) * s
    return np.where(free, ahead, scale * at.gradient)


def _first_scale(at: Iterate) -> float:
    """Without a pair: a step of length 1 at most."""
    return 1.0 / max(1.0, float(np.linalg.norm(at.gradient)))


def _moved(at: Iterate, x: Array, value: float, gradient: Array, calls: int) -> Iterate:
    s, y = x - at.x, gradient - at.gradient
    keep = 0 if len(at.steps) < PAIRS else 1
    return Iterate(
        x=x,
        value=np.array([value]),
        gradient=gradient,
        steps=np.vstack((at.steps[keep:], s)),
        changes=np.vstack((at.changes[keep:], y)),
        count=at.count + 1,
        calls=np.array([calls]),
        stuck=np.zeros(1, dtype=np.bool_),
    )
