"""The subproblem of the method of moving asymptotes: a convex separable program, solved by its dual.

    minimise  f₀(x) + Σ (c y_i + ½ y_i²)   over α ≤ x ≤ β, y ≥ 0,   where f_i(x) ≤ y_i for i = 1 … m,
    f_i(x) = r_i + Σ_j p_ij / (U_j − x_j) + q_ij / (x_j − L_j).

The y make it feasible whatever the f_i are. For multipliers λ the least x has a closed form, cell by cell, so that the
dual is a concave function of m numbers (Svanberg 1987, Int. J. Numer. Methods Eng. 24, 359-373, section 5). m is small
here: Newton's method in the free multipliers, with a search along the arc that is projected on λ ≥ 0 (Bertsekas 1982,
SIAM J. Control Optim. 20, 221-246).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array

# c: a constraint is broken rather than paid with a multiplier above it. Objectives are scaled to about 1 to 10.
PENALTY = 1000.0

_STEPS = 100  # 5 to 15 are usual
_ACCURACY = 1e-10  # of the constraints
_SLOPE = 1e-4  # of the decrease that the gradient promises, how much a step must have: Armijo's rule
_ROUND_OFF = 1e-13  # of the dual's value
_SHORTEST = 1e-12
_LEAP = 10.0  # how many times itself, or 1, a multiplier may grow by: where all x are at bounds nothing else says


@dataclass(frozen=True, eq=False)
class Separable:
    """Row 0 is the objective, the others are constraints."""

    lower: Array  # (n,): α
    upper: Array  # (n,): β
    low: Array  # (n,): L < α
    high: Array  # (n,): U > β
    p: Array  # (1 + m, n) ≥ 0
    q: Array  # (1 + m, n) ≥ 0
    r: Array  # (1 + m,)

    def values(self, x: Array) -> Array:
        """(1 + m,)"""
        return np.asarray(self.r + self.p @ (1 / (self.high - x)) + self.q @ (1 / (x - self.low)))

    def least(self, multipliers: Array) -> Array:
        """(n,): the x of the least f₀ + λ·f."""
        weights = np.concatenate(([1.0], multipliers))
        root_p, root_q = np.sqrt(weights @ self.p), np.sqrt(weights @ self.q)
        inner = (root_p * self.low + root_q * self.high) / (root_p + root_q)
        return np.asarray(np.clip(inner, self.lower, self.upper))


def solve(program: Separable, multipliers: Array) -> tuple[Array, Array]:
    """x (n,) and λ (m,), sought from the given multipliers on. p + q > 0 in row 0."""
    best, here = multipliers, _dual(program, multipliers)
    for _ in range(_STEPS):
        if _distance(best, here.slope) <= _ACCURACY:
            break
        found = _searched(program, best, here)
        if found is None:  # round-off is all that is left
            break
        best, here = found
    return program.least(best), best


@dataclass(frozen=True, eq=False)
class _Dual:
    value: float
    slope: Array  # (m,)
    curvature: Array  # (m, m): minus the second derivative, positive definite


def _searched(program: Separable, best: Array, here: _Dual) -> tuple[Array, _Dual] | None:
    """The next multipliers: higher by Armijo's rule, or as high within round-off and nearer to stationary."""
    direction = _newton(best, here, (best <= 0.0) & (here.slope <= 0.0))
    length = 1.0
    while length >= _SHORTEST:
        tried = np.maximum(best + length * direction, 0.0)
        there = _dual(program, tried)
        gain = there.value - here.value
        level = abs(gain) <= _ROUND_OFF * (1 + abs(here.value))
        if gain >= _SLOPE * here.slope @ (tried - best) and not level:
            return tried, there
        if level and _distance(tried, there.slope) < 0.5 * _distance(best, here.slope):
            return tried, there
        length /= 2
    return None


def _distance(multipliers: Array, slope: Array) -> float:
    """From a stationary point: of the projected slope."""
    return float(np.max(np.abs(multipliers - np.maximum(multipliers + slope, 0.0)), initial=0.0))


def _newton(best: Array, here: _Dual, held: Array) -> Array:
    """The step of the free multipliers: the curvature couples them with no held one."""
    coupled = np.where(held[:, None] | held[None, :], np.diag(np.diag(here.curvature)), here.curvature)
    direction = np.where(held, 0.0, np.linalg.solve(coupled, here.slope))
    return np.asarray(direction / max(1.0, np.max(np.abs(direction) / (1 + best), initial=0.0) / _LEAP))


def _dual(program: Separable, multipliers: Array) -> _Dual:
    x = program.least(multipliers)
    y = np.maximum(multipliers - PENALTY, 0.0)
    values = program.values(x)
    slope = values[1:] - y
    value = float(values[0] + multipliers @ slope + np.sum(PENALTY * y + y**2 / 2))

    weights = np.concatenate(([1.0], multipliers))
    above, below = program.high - x, x - program.low
    bend = 2 * (weights @ program.p) / above**3 + 2 * (weights @ program.q) / below**3
    is_free = (x > program.lower) & (x < program.upper)
    rows = program.p[1:] / above**2 - program.q[1:] / below**2
    curvature = (rows * (is_free / bend)) @ rows.T + np.diag((multipliers > PENALTY).astype(float))
    size = float(np.max(np.diag(curvature), initial=0.0))
    return _Dual(value, slope, curvature + np.eye(len(slope)) * max(1e-12 * size, 1e-12))
