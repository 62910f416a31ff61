"""The gradient through all steps, backwards: states are kept at some, and computed again between these.

With λⁿ the adjoint of step n and B = M/dt − (1 − θ) K,

    Aᵀ λⁿ = ∂J/∂uⁿ + Bᵀ λⁿ⁺¹,     dJ = −Σ_n λⁿ·(dM (uⁿ − uⁿ⁻¹)/dt + dK (θ uⁿ + (1 − θ) uⁿ⁻¹)) + λ¹·B du⁰.

Keeping every m-th of N states and computing a stretch of m again when it is its turn takes room for N/m + m states,
least for m = √N, and one more forward run (Griewank 1992, Optim. Methods Softw. 1, 35-54, has more levels).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, isqrt

import numpy as np

from models.base import Array
from models.fem.heat import form
from models.fem.heat.scheme import Scheme


@dataclass(frozen=True, eq=False)
class Gradient:
    conductivity: Array  # (cells,)
    capacity: Array  # (cells,)
    source: Array  # (points,)
    initial: Array  # (points,)


def stride(steps: int) -> int:
    """Between the states that are kept."""
    return max(1, isqrt(steps))


def gradient(scheme: Scheme, kept: Mapping[int, Array], steps: int, slopes: Mapping[int, Array]) -> Gradient:
    """kept holds the state after every `stride`-th step, the initial one included; slopes ∂J/∂uⁿ where it is not 0."""
    basis, theta = scheme.data.basis, scheme.theta
    conductivity, capacity = np.zeros(basis.mesh.nelements), np.zeros(basis.mesh.nelements)
    carried, duals = np.zeros(basis.N), np.zeros(basis.N)
    length = stride(steps)
    for start in range((ceil(steps / length) - 1) * length, -1, -length):
        end = min(start + length, steps)
        states = [kept[start], *(u for u, _ in scheme.march(kept[start], start, end))]
        for n in range(end, start, -1):
            before, after = states[n - 1 - start], states[n - start]
            dual = scheme.step_back(carried + slopes.get(n, 0.0))
            field = basis.interpolate(dual)
            middle = basis.interpolate(theta * after + (1 - theta) * before)
            rate = basis.interpolate((after - before) / scheme.dt)
            conductivity += form.by_conductivity.elemental(basis, u=middle, dual=field)
            capacity += form.by_capacity.elemental(basis, rate=rate, dual=field)
            carried = scheme.explicit.T @ dual
            duals += dual
    carried[scheme.system.fixed] = 0.0  # what is prescribed goes over the initial values
    return Gradient(conductivity, capacity, form.load.assemble(basis, f=basis.interpolate(duals)), carried)
