"""A flow as a system of equations: operators, prescribed unknowns and loads, with what makes it singular refused.

Where nothing lets the fluid out, ∫ q div u = 0 cannot hold for q = 1 but by the data alone, and p is free up to a
constant. There the first node's pressure is prescribed, the data's imbalance (of their interpolation, hardly more
than round-off) is spread evenly as a source of mass, so that the equation left out holds, too; and p is shifted to
mean zero in the end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import bmat, csr_matrix
from skfem import Mesh

from models.base import Array, Refusal
from models.fem.check import check_size
from models.fem.domain.motions import refuse_parts, refuse_rigid_motions
from models.fem.domain.posed import Extra
from models.fem.flow.conditions import Said, body_load, read, traction_load, velocities
from models.fem.flow.form import VISCOUS, incompressibility, integral
from models.fem.flow.inertia import mass
from models.fem.flow.space import TaylorHood, taylor_hood
from models.fem.flow.task import FlowTask

# Of what is prescribed to flow through the boundary: beyond it the data are contradictory, and not just interpolated.
IMBALANCE_LIMIT = 1e-2

_STEADY: Extra = {}


@dataclass(frozen=True, eq=False)
class Data:
    """What may change with time: values (fixed,) of prescribed unknowns, and loads (n,)."""

    values: Array
    body: Array  # of forces per volume
    load: Array  # all of them, with tractions and the source of mass

    def start(self, flow: Flow) -> Array:
        """(n,): the prescribed values, and 0 inside."""
        x = np.zeros(flow.space.size)
        x[flow.fixed] = self.values
        return x


@dataclass(frozen=True, eq=False)
class Flow:
    """Made by `flow`."""

    space: TaylorHood
    said: Said
    stress: str
    linear: csr_matrix  # viscous stress and incompressibility, of all unknowns
    fixed: Array  # the prescribed unknowns, increasing
    velocity_count: int  # of those, velocities; at most one pressure follows
    point_load: Array  # (n,), of forces given at points
    flux: Array  # (velocity unknowns,): flux @ u = ∫ u·n over the whole boundary
    pressure_mass: Array  # (nodes,): ∫ q

    @property
    def closed(self) -> bool:
        return len(self.fixed) > self.velocity_count

    @property
    def free(self) -> Array:
        is_free = np.ones(self.space.size, dtype=bool)
        is_free[self.fixed] = False
        return np.flatnonzero(is_free)

    def data(self, extra: Extra = _STEADY) -> Data:
        """At a time. Raises `Refusal` NOT_FINITE, or INCOMPATIBLE where more flows in than out."""
        _, velocity = velocities(self.said, self.space, extra)
        body = body_load(self.said, self.space, extra) + self.point_load
        load = body + traction_load(self.said, self.space, extra)
        if not self.closed:
            return Data(velocity, body, load)
        load[self.space.velocity.N :] += self._mass_source(velocity)
        return Data(np.append(velocity, 0.0), body, load)

    def normalised(self, x: Array) -> Array:
        """With a pressure of mean zero where it is free up to a constant."""
        if self.closed:
            x = x.copy()
            pressure = x[self.space.velocity.N :]
            pressure -= self.pressure_mass @ pressure / self.pressure_mass.sum()
        return x

    def _mass_source(self, velocity: Array) -> Array:
        through = self.flux[self.fixed[: self.velocity_count]] * velocity
        net, gross = float(through.sum()), float(np.abs(through).sum())
        round_off = 1e-10 * np.abs(self.flux).max() * np.abs(velocity).sum()  # where all that moves is tangential
        if abs(net) > IMBALANCE_LIMIT * gross + round_off:
            raise Refusal(
                "INCOMPATIBLE",
                f"let {net:.3g} flow out in all, but the fluid is incompressible and the velocity "
                "prescribed everywhere; balance it, or leave a boundary open",
                "conditions",
                {"net": f"{net:.3g}"},
            )
        return np.asarray(-net * self.pressure_mass / self.pressure_mass.sum())


def flow(task: FlowTask, mesh: Mesh, extra: Extra = _STEADY) -> Flow:
    """`extra` is what formulas may speak of besides the coordinates, at any time. Raises `Refusal` for what is wrong
    with the mesh, the conditions or the sizes, SINGULAR_PROBLEM included."""
    said = read(task)
    check_size("viscosity", task.viscosity, (1, mesh.nelements), "one value, or one per cell")
    refuse_parts(mesh)
    space = taylor_hood(mesh, task.cell_kind)
    fixed, _ = velocities(said, space, extra)
    refuse_rigid_motions(space.velocity, fixed, rotations=task.stress == "symmetric")
    viscous = VISCOUS[task.stress].assemble(space.velocity, mu=space.at_quadrature(task.viscosity))
    divergence = incompressibility.assemble(space.velocity, space.pressure)
    flux = -np.asarray(divergence.sum(axis=0)).ravel()
    count = len(fixed)
    inside = np.delete(flux, fixed)
    if np.abs(inside).max(initial=0.0) <= 1e-9 * np.abs(flux).max():
        fixed = np.append(fixed, space.velocity.N)
    return Flow(
        space=space,
        said=said,
        stress=task.stress,
        linear=bmat([[viscous, divergence.T], [divergence, None]], format="csr"),
        fixed=fixed,
        velocity_count=count,
        point_load=_point_load(space, task.point_force),
        flux=flux,
        pressure_mass=integral.assemble(space.pressure),
    )


def _point_load(space: TaylorHood, force: Array | None) -> Array:
    load = np.zeros(space.size)
    if force is not None:
        check_rows("point_force", force, space)
        load[: space.velocity.N] = mass(space) @ force.ravel()
    return load


def check_rows(name: str, array: Array, space: TaylorHood) -> None:
    """Raises `Refusal` WRONG_SIZE where it has not a row per point, and a column per component."""
    check_size(name, array, (space.component.N,), "a row per point")
    check_size(name, array[0], (space.dimension,), "a column per component")
