"""The transient Navier–Stokes model: steps from the initial velocity, with the force on the body at each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from skfem import Mesh

from models.base import Array, Evidence, Outcome, Refusal
from models.fem.domain.batch import in_order
from models.fem.domain.linear import RESIDUAL_LIMIT
from models.fem.domain.posed import coordinates
from models.fem.domain.vector_loads import read_vector
from models.fem.flow.asked import integrals
from models.fem.flow.body import body_functions
from models.fem.flow.factor import out_of_scale
from models.fem.flow.problem import Flow, flow
from models.fem.flow.space import element_names
from models.fem.flow.stepping import initial, steps
from models.fem.flow.transient_task import TransientFlowResult, TransientFlowTask

MAX_WORK = 100_000_000  # unknowns times steps: some hours at most, in the plane
MAX_SAVED = 20_000_000  # numbers in an answer


class TransientFlowSolver:
    """Sparse direct on the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[TransientFlowTask]) -> list[TransientFlowResult | Refusal]:
        """One result or refusal for each task, in order."""
        return in_order(tasks, answer)


def answer(task: TransientFlowTask, mesh: Mesh) -> TransientFlowResult:
    """Raises `Refusal`."""
    given = flow(task, mesh, {"t": 0.0})
    _refuse_work(task, given.space.size)
    tested = body_functions(given.space, task.body) if task.body else None
    saved = set(task.saved)
    frames, forces, residual = [], [], 0.0
    for number, step in enumerate(steps(given, task.density, _start(task, given), task.duration, task.steps), 1):
        if not np.isfinite(step.x.sum()):
            raise out_of_scale()
        residual = max(residual, step.residual)
        if tested is not None:
            forces.append(-tested.T @ step.stress)
        if number in saved:
            frames.append((step.time, *given.space.split(given.normalised(step.x)), _outflow(given, step.x)))
    times, velocity, pressure, outflow = zip(*frames, strict=True)
    found = integrals(task, given, velocity[-1], pressure[-1])
    return TransientFlowResult(
        functional=None if found is None else np.array([found.value]),
        times=np.array(times),
        velocity=np.stack(velocity),
        pressure=np.stack(pressure),
        points=given.space.points,
        cells=given.space.cells,
        body_force=None if tested is None else np.stack(forces),
        net_outflow=np.array(outflow),
        evidence=Evidence(
            outcome=Outcome.CONVERGED if residual <= RESIDUAL_LIMIT else Outcome.NOT_CONVERGED,
            advice=""
            if residual <= RESIDUAL_LIMIT
            else "the systems are very ill conditioned: improve flat cells or lower the contrast of μ",
            method=f"{element_names(task.cell_kind)} Taylor–Hood elements, BDF2, extrapolated convection, sparse LU",
            residual=residual,
        ),
    )


def _start(task: TransientFlowTask, given: Flow) -> Array:
    places = given.space.points.T
    formulas = read_vector(task.initial, task.dimension, task.formula_names, "initial")
    values = [formula(coordinates(places, {"t": 0.0}), places.shape[1:]) for formula in formulas]
    return initial(given, np.stack(values) if values else np.zeros_like(places))


def _outflow(given: Flow, x: Array) -> float:
    return float(given.flux @ x[: given.space.velocity.N])


def _refuse_work(task: TransientFlowTask, unknowns: int) -> None:
    for what, count, limit in (("steps", task.steps, MAX_WORK), ("frames", len(task.saved), MAX_SAVED)):
        if count * unknowns > limit:
            raise Refusal(
                "OUT_OF_RANGE",
                f"make {count} {what} of {unknowns} unknowns; at most {limit} in all are computed here",
                "steps" if what == "steps" else "every",
                {"count": str(count), "unknowns": str(unknowns), "limit": str(limit)},
            )
