"""Time steps of the second backward difference formula with extrapolated convection, BDF2: for n ≥ 1

    ρ (3 uⁿ⁺¹ − 4 uⁿ + uⁿ⁻¹) / 2Δt + ρ (w·∇) uⁿ⁺¹ − ∇·(2μ ε(uⁿ⁺¹)) + ∇pⁿ⁺¹ = fⁿ⁺¹,   ∇·uⁿ⁺¹ = 0,   w = 2uⁿ − uⁿ⁻¹.

Each step is linear and takes one factorisation; u and p are of second order (Baker, Dougalis & Karakashian 1982,
Math. Comp. 39, 339-375, for such extrapolations). The first step is backward Euler with w = u⁰: one step of a local
error Δt² costs no order. L-stable, unlike the midpoint rule, so that data which do not fit each other at t = 0 are
forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from models.base import Array
from models.fem.flow.factor import factorised
from models.fem.flow.inertia import convection, mass
from models.fem.flow.problem import Flow


@dataclass(frozen=True, eq=False)
class Step:
    time: float
    x: Array  # (n,)
    stress: Array  # (n,): what the inner stresses balance in each equation, tractions being no part of it
    residual: float  # relative


def steps(flow: Flow, density: float, start: Array, duration: float, count: int) -> Iterator[Step]:
    """From the unknowns start (n,). Raises `Refusal`, also in a later step."""
    velocities = flow.space.velocity.N
    inertia = _widened(density * mass(flow.space), flow)
    dt = duration / count
    older = old = start
    for number in range(1, count + 1):
        if number == 1:
            rate, history, wind = 1 / dt, inertia @ old / dt, old
        else:
            rate, history, wind = 1.5 / dt, inertia @ (4 * old - older) / (2 * dt), 2 * old - older
        time = number * dt
        operator = flow.linear + rate * inertia + _widened(density * convection(flow.space, wind[:velocities]), flow)
        data = flow.data({"t": time})
        solution = factorised(operator, flow.fixed).solve(data.load + history, data.values)
        yield Step(time, solution.x, operator @ solution.x - history - data.body, solution.residual)
        older, old = old, solution.x


def _widened(matrix: csr_matrix, flow: Flow) -> csr_matrix:
    """Of velocities, to all unknowns."""
    matrix.resize(flow.linear.shape)
    return matrix


def initial(flow: Flow, values: Array) -> Array:
    """(n,): of u⁰ (d, points)."""
    start = np.zeros(flow.space.size)
    start[: flow.space.velocity.N] = values.T.ravel()
    return start
