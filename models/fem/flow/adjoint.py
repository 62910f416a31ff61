"""The discrete adjoint of a flow: the derivative of J = c·x + w·F, F being the force on the body.

With the residual R(x) = 0 on the free unknowns, F_i = −ψ_i·R⁰(x) (see `body`; R⁰ is R without tractions) and x given
on the fixed ones, the Lagrangian is c·x − (ψ w)·R⁰(x) + λ·R(x) with λ = 0 where x is prescribed. So z = λ − ψ w is
one vector with the values −ψ w there, Jᵀ z = −c on the free unknowns, and all derivatives are those of R by the data,
times z: also what the force itself depends on is in them (Giles et al. 1997 and Braack & Richter 2006 have it for
functionals of drag).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix

from models.base import Array
from models.fem.check import check_size
from models.fem.domain.linear import Constrained
from models.fem.flow.body import body_functions
from models.fem.flow.form import PER_VISCOSITY
from models.fem.flow.inertia import mass
from models.fem.flow.problem import Flow, check_rows
from models.fem.flow.task import GradientFlowTask


@dataclass(frozen=True, eq=False)
class Gradient:
    viscosity: Array  # (cells,)
    force: Array  # (points, d)
    boundary: Array  # (points, d)
    dual: Array  # (n,): z, for derivatives by whatever else is in the residual
    residual: float  # of the adjoint equations, relative


@dataclass(frozen=True, eq=False)
class Cotangent:
    """Made by `cotangent`."""

    state: Array  # c (n,)
    body: Array  # ψ w (n,)

    def __add__(self, other: Cotangent) -> Cotangent:
        return Cotangent(self.state + other.state, self.body + other.body)


def of_state(flow: Flow, velocity: Array, pressure: Array) -> Cotangent:
    """Of ∂J/∂u (points, d) and ∂J/∂p (nodes,)."""
    state = np.concatenate((velocity.ravel(), pressure))
    if flow.closed:  # J sees p less its mean
        inner = state[flow.space.velocity.N :]
        inner -= inner.sum() * flow.pressure_mass / flow.pressure_mass.sum()
    return Cotangent(state, np.zeros(flow.space.size))


def cotangent(task: GradientFlowTask, flow: Flow) -> Cotangent:
    """Raises `Refusal` WRONG_SIZE or UNKNOWN_BOUNDARY."""
    space = flow.space
    velocity, pressure = np.zeros(space.velocity.N), np.zeros(space.pressure.N)
    body = np.zeros(space.size)
    if task.velocity_cotangent is not None:
        check_rows("velocity_cotangent", task.velocity_cotangent, space)
        velocity = task.velocity_cotangent
    if task.pressure_cotangent is not None:
        check_size("pressure_cotangent", task.pressure_cotangent, (space.pressure.N,), "a value per node")
        pressure = task.pressure_cotangent
    if task.force_cotangent is not None:
        check_size("force_cotangent", task.force_cotangent, (space.dimension,), "a value per component")
        body = body_functions(space, task.body) @ task.force_cotangent
    return replace(of_state(flow, velocity, pressure), body=body)


def gradient(flow: Flow, x: Array, jacobian: csr_matrix, system: Constrained, given: Cotangent) -> Gradient:
    """`system` is the Jacobian with the flow's fixed unknowns prescribed, factorised."""
    count, space = flow.space.velocity.N, flow.space
    dual = np.zeros(space.size)
    dual[flow.fixed] = -given.body[flow.fixed]
    right = -(given.state + jacobian.T @ dual)[system.free]
    dual[system.free] = system.transposed(right)
    rest = right - system.inner.T @ dual[system.free]
    dual[system.free] += system.transposed(rest)  # one refinement, for what it costs
    rest = right - system.inner.T @ dual[system.free]
    scale = float(np.abs(right).max(initial=0.0))
    boundary = np.zeros(space.size)
    boundary[flow.fixed] = (jacobian.T @ dual + given.state)[flow.fixed]
    if flow.closed:  # the source of mass that balances the data
        boundary[:count] += (dual[count:] @ flow.pressure_mass) / flow.pressure_mass.sum() * flow.flux
    prescribed = np.zeros(count)
    velocities = flow.fixed[: flow.velocity_count]
    prescribed[velocities] = boundary[velocities]
    u, v = (space.velocity.interpolate(field[:count]) for field in (x, dual))
    return Gradient(
        viscosity=PER_VISCOSITY[flow.stress].elemental(space.velocity, u=u, dual=v),
        force=-(mass(space) @ dual[:count]).reshape(-1, space.dimension),
        boundary=prescribed.reshape(-1, space.dimension),
        dual=dual,
        residual=float(np.abs(rest).max(initial=0.0) / scale) if scale > 0 else 0.0,
    )
