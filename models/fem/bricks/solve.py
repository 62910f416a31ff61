"""The model: tasks in, displacements, stresses and reactions with an error estimate out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from skfem import Mesh

from models.base import Array, Evidence, Outcome, Refusal
from models.fem.bricks.body import Body, body
from models.fem.bricks.recovery import energy_estimate
from models.fem.bricks.stress import mean_and_energy, stress
from models.fem.bricks.system import Balance, balance
from models.fem.bricks.task import BricksResult, BricksTask
from models.fem.direct import SingularMatrix
from models.fem.domain.asked import value
from models.fem.domain.batch import in_order
from models.fem.domain.elements import cell_points, element_name
from models.fem.domain.posed import named_facets
from models.fem.elasticity.solve import RESIDUAL_LIMIT


class BricksSolver:
    """On the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[BricksTask]) -> list[BricksResult | Refusal]:
        """One result or refusal for each task, in order."""
        return in_order(tasks, answer)


def answer(task: BricksTask, mesh: Mesh) -> BricksResult:
    """Raises `Refusal`."""
    given = body(task, mesh)
    supported = _support(given, task.support) if task.support else None
    try:
        found = balance(given)
        at_quadrature = stress(given, given.basis, found.u)
        estimate, shares, node_stress = energy_estimate(given, task.degree, found.u, at_quadrature, found.energy_norm)
    except (SingularMatrix, np.linalg.LinAlgError):  # a zero pivot; a number that is not one
        raise _out_of_scale() from None
    mean, energy = mean_and_energy(given, at_quadrature)
    if not np.isfinite(energy.sum() + estimate.value + found.energy_norm):
        raise _out_of_scale()
    moduli = {"young_modulus": task.young_modulus, "poisson_ratio": task.poisson_ratio}
    return BricksResult(
        displacement=found.u,
        functional=value(task, mesh, found.u, moduli),
        points=given.points,
        cells=cell_points(given.basis),
        stress=mean,
        node_stress=node_stress,
        strain_energy=energy,
        reaction=None if supported is None else found.reactions[supported].sum(axis=0),
        imbalance=found.imbalance,
        cell_estimate=shares,
        evidence=Evidence(
            outcome=Outcome.CONVERGED if _holds(found) else Outcome.NOT_CONVERGED,
            advice=""
            if _holds(found)
            else "the system is very ill conditioned: improve flat cells, or lower the contrast of E or a Poisson's "
            "ratio near 1/2",
            method=f"{element_name(task.cell_kind, task.degree)} Lagrange elements, {found.method}; error estimate by "
            "patch recovery",
            residual=found.residual,
            error_bound=estimate,
        ),
    )


def _holds(found: Balance) -> bool:
    return bool(max(found.residual, np.abs(found.imbalance).max()) <= RESIDUAL_LIMIT)


def _support(given: Body, name: str) -> Array:
    """The points of the boundary. Raises `Refusal` UNKNOWN_BOUNDARY."""
    facets = named_facets(given.basis.mesh, name, "support")
    return np.asarray(given.basis.get_dofs(facets).all())


def _out_of_scale() -> Refusal:
    return Refusal(
        "OUT_OF_RANGE",
        "the problem is beyond floating point; choose units in which moduli and data are nearer to 1",
        "young_modulus",
    )
