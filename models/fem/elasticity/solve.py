"""The elasticity model: tasks in, displacements, stresses and reactions with an error estimate out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.base import Array, Evidence, Outcome, Refusal
from models.fem.direct import SingularMatrix
from models.fem.domain.asked import value
from models.fem.domain.simplices import simplex_mesh
from models.fem.elasticity.field import mean_stress, strain_energy
from models.fem.elasticity.problem import Problem, mesh_of, problem
from models.fem.elasticity.recovery import energy_estimate
from models.fem.elasticity.rigid import refuse_free_motions
from models.fem.elasticity.system import balance
from models.fem.elasticity.task import ElasticityResult, ElasticityTask
from models.fem.simplicial import Simplicial

# Of the system and of the balance of forces. Round-off alone leaves eps |K| |u| / |f|, which grows with the unknowns
# and the slenderness of the body: 7e-9 for 400,000 unknowns in a beam of two by one. Beyond this digits of u are in
# doubt.
RESIDUAL_LIMIT = 1e-6


class ElasticitySolver:
    """On the CPU, whatever the device: neither SuperLU nor PyAMG has a GPU version."""

    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[ElasticityTask]) -> list[ElasticityResult | Refusal]:
        """One result or refusal for each task, in order."""
        return [_answer_or_refusal(task) for task in tasks]


def _answer_or_refusal(task: ElasticityTask) -> ElasticityResult | Refusal:
    try:
        task.check()
        with np.errstate(all="ignore"):  # numbers that overflow are refused at the end
            mesh = mesh_of(task)
            result = answer(problem(task, mesh))
            return replace(result, functional=_functional(task, mesh, result.displacement))
    except Refusal as refusal:
        return refusal


def _functional(task: ElasticityTask, mesh: Simplicial, u: Array) -> Array | None:
    """(1,); None where no integral is sent, so that no other mesh is made."""
    if not task.integrals.strip():
        return None
    moduli = {"young_modulus": task.young_modulus, "poisson_ratio": task.poisson_ratio}
    return value(task, simplex_mesh(mesh, is_box=task.divisions is not None), u, moduli)


def answer(given: Problem) -> ElasticityResult:
    """Raises `Refusal` SINGULAR_PROBLEM, or OUT_OF_RANGE where the numbers do not fit into floating point."""
    refuse_free_motions(given)
    try:
        found = balance(given)
        energy = strain_energy(given, found.u)
        estimate, shares = energy_estimate(given, found.u, found.energy_norm)
    except (SingularMatrix, np.linalg.LinAlgError):  # a zero pivot; a number that is not one
        raise _out_of_scale() from None
    if not np.isfinite(energy.sum() + estimate.value + found.energy_norm):
        raise _out_of_scale()
    converged = max(found.residual, np.abs(found.imbalance).max()) <= RESIDUAL_LIMIT
    degree = given.element.degree
    evidence = Evidence(
        outcome=Outcome.CONVERGED if converged else Outcome.NOT_CONVERGED,
        advice=""
        if converged
        else "the system is very ill conditioned: improve flat cells, or "
        "lower the contrast of E or a Poisson's ratio near 1/2",
        method=f"{given.element.name} Lagrange elements, {found.method}; error estimate by patch recovery",
        residual=found.residual,
        error_bound=estimate,
    )
    return ElasticityResult(
        displacement=found.u,
        points=given.mesh.points(degree),
        cells=given.mesh.cell_points(degree),
        stress=mean_stress(given, found.u),
        strain_energy=energy,
        reaction=found.reactions,
        imbalance=found.imbalance,
        cell_estimate=shares,
        evidence=evidence,
    )


def _out_of_scale() -> Refusal:
    return Refusal(
        "OUT_OF_RANGE",
        "the problem is beyond floating point; choose units in which moduli and data are nearer to 1",
        "young_modulus",
    )
