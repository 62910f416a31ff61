"""Tangents of problems on general meshes: the transposes of their gradients, and differences of their solutions."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from models.base import Array, Refusal, Task
from models.fem.form.solve import FormSolver
from models.fem.form.task import FormTask
from models.fem.nonlinear_diffusion.solve import NonlinearDiffusionSolver
from models.fem.nonlinear_diffusion.task import NonlinearDiffusionTask
from models.fem.transport.solve import TransportSolver
from models.fem.transport.task import TransportTask

SQUARE = np.array([3, 3])
RNG = np.random.default_rng(8)
HELD = "left: u = 1; bottom: u = 0"


def around(center: float, shape: tuple[int, ...] = (18,)) -> Array:
    return center * RNG.uniform(0.8, 1.2, shape)


WIND = TransportTask(
    divisions=SQUARE,
    diffusivity=around(0.01),
    reaction=around(1.0),
    velocity="1, 0.5",
    source="x",
    conditions=HELD,
    cotangent=RNG.standard_normal(16),
)
# By name: the model, the task, its coefficient, the input of the tangent, the output of the gradient.
CASES: dict[str, tuple[Any, Task, str, str, str]] = {
    "transport by k": (TransportSolver, WIND, "diffusivity", "diffusivity_tangent", "diffusivity_gradient"),
    "transport by c": (TransportSolver, WIND, "reaction", "reaction_tangent", "reaction_gradient"),
    "form": (
        FormSolver,
        FormTask(
            divisions=SQUARE,
            form="k*(1 + u**2)*dot(grad(u), grad(v)) - f*exp(-u)*v",
            coefficients="k, f",
            coefficient_values=around(1.0, (2, 18)),
            conditions=HELD,
            cotangent=RNG.standard_normal(16),
        ),
        "coefficient_values",
        "coefficient_tangent",
        "coefficient_gradient",
    ),
    "nonlinear diffusion": (
        NonlinearDiffusionSolver,
        NonlinearDiffusionTask(
            divisions=SQUARE,
            law="formula",
            coefficient="1 + u**2",
            conductivity=around(1.0),
            source="1",
            conditions=HELD,
            cotangent=RNG.standard_normal(16),
        ),
        "conductivity",
        "conductivity_tangent",
        "conductivity_gradient",
    ),
}
every_case = pytest.mark.parametrize("name", CASES)


def solved(solver: Any, task: Task) -> Any:
    (result,) = solver("cpu").run([task])
    assert not isinstance(result, Refusal), result
    return result


@every_case
def test_a_tangent_is_the_transpose_of_the_gradient(name: str) -> None:
    solver, task, coefficient, tangent, gradient = CASES[name]
    way = np.random.default_rng(1).standard_normal(getattr(task, coefficient).shape)
    found = solved(solver, dataclasses.replace(task, **{tangent: way}))
    slope = float(np.sum(getattr(found, gradient) * way))
    assert float(task.cotangent @ found.u_tangent) == pytest.approx(slope, rel=1e-8)  # type: ignore[attr-defined]


@every_case
def test_a_tangent_is_what_differences_come_near_to(name: str) -> None:
    """Central ones, of second order in the step. One number for all cells changes all of them."""
    solver, task, coefficient, tangent, _ = CASES[name]
    values, step = getattr(task, coefficient), 1e-4
    one = np.ones((*values.shape[:-1], 1))
    found = solved(solver, dataclasses.replace(task, **{tangent: one})).u_tangent
    ends = [solved(solver, dataclasses.replace(task, **{coefficient: values + h * one})).u for h in (step, -step)]
    np.testing.assert_allclose(found, (ends[0] - ends[1]) / (2 * step), atol=1e-4 * np.abs(found).max())


@every_case
def test_without_a_tangent_there_is_none(name: str) -> None:
    solver, task, *_ = CASES[name]
    assert solved(solver, task).u_tangent is None


@every_case
def test_a_tangent_of_another_size_is_refused(name: str) -> None:
    solver, task, coefficient, tangent, _ = CASES[name]
    rows = getattr(task, coefficient).shape[:-1]
    (refused,) = solver("cpu").run([dataclasses.replace(task, **{tangent: np.ones((*rows, 5))})])
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.field) == ("WRONG_SIZE", tangent)
