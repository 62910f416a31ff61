"""The eigenproblem model: tasks in, modes out, with the residual of each and a count that none is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_matrix
from scipy.sparse.linalg import ArpackError
from skfem import Mesh

from models.base import Array, Evidence, Outcome, Refusal
from models.fem.direct import SingularMatrix
from models.fem.domain.batch import in_order
from models.fem.domain.elements import cell_points, element_name, points
from models.fem.modes.buckling import Prestress, prestress
from models.fem.modes.gradient import gradients
from models.fem.modes.pencil import Pairs, critical_loads, residuals, starts, vibrations
from models.fem.modes.problem import Problem, load, problem
from models.fem.modes.task import ModesResult, ModesTask

# Backward errors beyond which digits are in doubt.
RESIDUAL_LIMIT = 1e-10
# Of `scale`, which is about λ of a body as thick as it is long: the shift below 0 that makes K − σM definite ...
SHIFT = 1e-2
# ... and the λ below which a mode is a motion without strain: a free body of 1000 to 1 bends at 5e-5, and its rigid
# motions have 2e-8 by round-off.
RIGID = 1e-7
# Eigenvalues nearer than this part are one: their modes are mixed by round-off.
SAME = 1e-6


class ModesSolver:
    """Sparse direct and Lanczos on the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[ModesTask]) -> list[ModesResult | Refusal]:
        """One result or refusal for each task, in order."""
        return in_order(tasks, answer)


@dataclass(frozen=True, eq=False)
class Spectrum:
    """More pairs than were asked for, of the pencil K x = λ B x."""

    pairs: Pairs
    other: csc_matrix  # B
    loaded: Prestress | None  # of buckling

    def multiplicity(self, given: Problem) -> Array:
        """(pairs,)"""
        values = self.pairs.values
        if self.loaded is None:
            values = np.where(np.abs(values) < RIGID * given.scale, 0.0, values)
        return np.asarray((np.abs(values[:, None] - values) <= SAME * np.abs(values)[:, None]).sum(axis=1))


def answer(task: ModesTask, mesh: Mesh) -> ModesResult:
    """Raises `Refusal`."""
    given = problem(task, mesh)
    found = _spectrum(task, given)
    values = found.pairs.values[: task.count]
    if not np.isfinite(values.sum()):
        raise _out_of_scale(task)
    chosen = Pairs(values, found.pairs.vectors[:, : task.count], found.pairs.is_complete)
    errors = residuals(given.stiffness, found.other, chosen)
    multiplicity = found.multiplicity(given)[: task.count]
    full = given.widened(chosen.vectors)
    return ModesResult(
        eigenvalues=values,
        functional=None if task.cotangent is None else np.array([task.cotangent[: len(values)] @ values]),
        modes=np.ascontiguousarray(full.T).reshape(len(values), given.scalar.N, task.components),
        residuals=errors,
        multiplicity=multiplicity,
        points=points(given.scalar),
        cells=cell_points(given.scalar),
        frequencies=None if found.loaded else np.sqrt(np.maximum(values, 0.0)) / (2 * np.pi),
        displacement=found.loaded.u.reshape(-1, task.components) if found.loaded else None,
        evidence=_evidence(task, given, chosen, errors, found.loaded),
        **gradients(task.cotangent, given, found.loaded, chosen, multiplicity),
    )


def _spectrum(task: ModesTask, given: Problem) -> Spectrum:
    if not np.isfinite(given.stiffness.data.sum() + given.mass.data.sum()):
        raise _out_of_scale(task)
    # Equal tasks have equal answers: the first vectors are the same for all.
    first = starts(len(given.free), np.random.default_rng(0))
    try:
        if task.problem == "buckling":
            loaded = prestress(given, load(task, given))
            if not np.isfinite(loaded.softening.data.sum()):
                raise _out_of_scale(task)
            pairs = critical_loads(given.stiffness, loaded.softening, task.count, first)
            return Spectrum(pairs, loaded.softening, loaded)
        pairs = vibrations(given.stiffness, given.mass, -SHIFT * given.scale, task.count, first)
        return Spectrum(pairs, given.mass, None)
    except (SingularMatrix, np.linalg.LinAlgError, ArpackError):  # a zero pivot; numbers that are none
        raise _out_of_scale(task) from None


def _evidence(task: ModesTask, given: Problem, pairs: Pairs, errors: Array, loaded: Prestress | None) -> Evidence:
    residual = max(float(errors.max(initial=0.0)), loaded.residual if loaded else 0.0)
    advice = ""
    if not pairs.is_complete:
        advice = "modes may be missing: ask for another count, or perturb the symmetry of the mesh"
    elif residual > RESIDUAL_LIMIT:
        advice = "the problem is very ill conditioned: improve flat cells or lower the contrast of the coefficients"
    elif len(pairs.values) < task.count:
        advice = (
            f"no more than {len(pairs.values)} positive multiples of the load buckle the body: turn it, or ask for less"
        )
    parts = [f"{element_name(task.cell_kind, task.degree)} Lagrange elements", "shift-invert Lanczos"]
    parts.append("counted by inertia" if pairs.is_complete else "not counted")
    rigid = int(np.sum(pairs.values < RIGID * given.scale)) if task.problem != "buckling" else 0
    if rigid:
        parts.append(f"the first {rigid} without strain")
    return Evidence(
        outcome=Outcome.NOT_CONVERGED if advice else Outcome.CONVERGED,
        advice=advice,
        method=", ".join(parts),
        residual=residual,
    )


def _out_of_scale(task: ModesTask) -> Refusal:
    return Refusal(
        "OUT_OF_RANGE",
        "the problem is beyond floating point; choose units in which coefficients and lengths are nearer to 1",
        "young_modulus" if task.is_body else "tension",
    )
