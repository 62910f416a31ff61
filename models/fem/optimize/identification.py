"""What identification minimises: misfit + ½ m·Q m + TV(m), with its derivatives, as a function of scaled unknowns.

The unknowns are x_p = m_p √share_p, where a patch's share is its part of the area: their plain scalar product is the
mean over the domain, so that the search does not depend on how finely a part of it is meshed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, diags_array

from models.base import Array, Refusal
from models.fem.adjoint import fixed_values, load
from models.fem.log_conductivity import precision
from models.fem.measured import Measurements, measurements
from models.fem.optimize.identify_task import IdentifyTask
from models.fem.optimize.lbfgs import Bounds
from models.fem.optimize.variation import Variation, variation
from models.fem.problem import problem
from models.fem.sessions import AnyOperator, AnyPlan


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The objective at one x, and what it is made of."""

    system: AnyOperator
    m: Array  # (patches,)
    u: Array
    residuals: Array
    misfit: float
    quadratic: float  # ½ m·Q m
    variation: float  # with its weight
    gradient: Array  # (patches,): by x
    algebraic: float  # the larger of the relative residuals of the two solves
    solver: str  # what found them

    @property
    def value(self) -> float:
        return self.misfit + self.quadratic + self.variation

    @property
    def is_finite(self) -> bool:
        return bool(np.isfinite(self.value) and np.isfinite(self.gradient).all() and np.isfinite(self.u).all())


@dataclass(frozen=True, eq=False)
class Identification:
    """Made by `identification`."""

    plan: AnyPlan
    load: Array  # (points,)
    fixed: Array  # (points,)
    measured: Measurements
    prior: Array  # (cells,)
    patches: Array  # (cells,)
    shares: Array  # (patches,), sum 1
    quadratic: csr_array  # (patches, patches): Q
    magnitude: float
    variation: Variation
    weight: float  # of the variation
    bounds: Bounds  # of x

    def at(self, x: Array) -> Evaluation:
        """Raises `SingularMatrix`."""
        m = x / np.sqrt(self.shares)
        conductivity = self._conductivity(m)
        system = self.plan.operator(conductivity)
        [forward] = system.solve([self.load], [self.fixed])
        [adjoint] = system.solve([self.measured.misfit_gradient(forward.x)], [np.zeros_like(self.fixed)])
        slope = self._by_patch(-self.plan.conductivity_gradient(forward.x, adjoint.x) * conductivity)
        smooth = self.quadratic @ m
        return Evaluation(
            system=system,
            m=m,
            u=forward.x,
            residuals=self.measured.residuals(forward.x),
            misfit=self.measured.misfit(forward.x),
            quadratic=float(m @ smooth) / 2,
            variation=self.weight * self.variation.value(m),
            gradient=(slope + smooth + self.weight * self.variation.gradient(m)) / np.sqrt(self.shares),
            algebraic=max(forward.residual, adjoint.residual),
            solver=forward.method,
        )

    def curvature(self, here: Evaluation, direction: Array) -> Array:
        """(patches,): (JᵀJ + R) direction, J being the residuals' derivative by x, and R the `penalty`."""
        nothing = np.zeros_like(self.fixed)
        conductivity = self._conductivity(here.m)
        by_conductivity = conductivity * (direction / np.sqrt(self.shares))[self.patches]
        [tangent] = here.system.solve([-self.plan.apply(by_conductivity, here.u)], [nothing])
        [adjoint] = here.system.solve([self.measured.curvature(tangent.x)], [nothing])
        slope = self._by_patch(-self.plan.conductivity_gradient(here.u, adjoint.x) * conductivity)
        return np.asarray(slope / np.sqrt(self.shares) + self.penalty(here) @ direction)

    def penalty(self, here: Evaluation) -> csr_array:
        """(patches, patches): R, of a quadratic in x that touches the penalty from above, but for a constant."""
        scale = diags_array(1 / np.sqrt(self.shares))
        return csr_array(scale @ (self.quadratic + self.weight * self.variation.lagged(here.m)) @ scale)

    def gap(self, x: Array, gradient: Array) -> float:
        """By how much the objective can fall within the bounds at most, where the misfit is convex.

        It is above value + gradient·d + ½ magnitude |d|² then, for any step d: the minimum of this over the box is a
        sum over the unknowns.
        """
        d = np.clip(-gradient / self.magnitude, self.bounds.lower - x, self.bounds.upper - x)
        return float(-gradient @ d - self.magnitude * (d @ d) / 2)

    def conductivity(self, here: Evaluation) -> Array:
        """(cells,)"""
        return self._conductivity(here.m)

    def _conductivity(self, m: Array) -> Array:
        return np.asarray(self.prior * np.exp(m[self.patches]))

    def _by_patch(self, by_cell: Array) -> Array:
        return np.bincount(self.patches, weights=by_cell)


def identification(task: IdentifyTask, plan: AnyPlan) -> Identification:
    """Raises `Refusal` WRONG_SIZE, OUT_OF_RANGE, NOT_BOUNDARY or SINGULAR_PROBLEM."""
    given = problem(task, plan.mesh)
    areas = given.mesh.areas
    patches = np.arange(len(areas))
    if task.patches is not None:
        _, patches = np.unique(task.patches, return_inverse=True)
    shares = np.bincount(patches, weights=areas) / areas.sum()
    return Identification(
        plan=plan,
        load=load(given),
        fixed=fixed_values(given, plan.point_count),
        measured=measurements(task),
        prior=given.conductivity,
        patches=patches,
        shares=shares,
        quadratic=precision(given.mesh, patches, task.magnitude, task.roughness),
        magnitude=task.magnitude,
        variation=variation(given.mesh, patches, task.rounding),
        weight=task.variation,
        bounds=_bounds(task, given.conductivity, patches, np.sqrt(shares)),
    )


def _bounds(task: IdentifyTask, prior: Array, patches: Array, scale: Array) -> Bounds:
    """What all cells of a patch allow."""
    lower, upper = np.full(len(scale), -np.inf), np.full(len(scale), np.inf)
    np.maximum.at(lower, patches, np.log(task.lowest_conductivity) - np.log(prior))
    np.minimum.at(upper, patches, np.log(task.highest_conductivity) - np.log(prior))
    empty = ~(lower < upper)
    if empty.any():
        cell = str(np.argmax(empty[patches]))
        raise Refusal(
            "OUT_OF_RANGE",
            f"leaves the patch of cell {cell} nothing: no factor of the prior is within the bounds of all of its cells",
            "highest_conductivity",
            {"cell": cell},
        )
    return Bounds(lower * scale, upper * scale)
