"""Tangents against the adjoint, whose transpose they are, and against differences of whole solves."""

from __future__ import annotations

import dataclasses
import uuid

import numpy as np
import pytest

from models.base import Array
from models.fem.gradient import GradientSolver
from models.fem.gradient_task import GradientResult, GradientTask
from models.fem.mesh import Triangulation
from models.fem.solve import DiffusionSolver
from models.fem.task import DiffusionResult, DiffusionTask
from tests.unit.models.fem.meshes import ONE, boundary_points, task_on
from tests.unit.models.fem.posing import MESHES, directions, posed_as, with_all_data

every_mesh = pytest.mark.parametrize("mesh", MESHES.values(), ids=MESHES)
both_degrees = pytest.mark.parametrize("degree", (1, 2))

# The tangent and the gradient of each of the task's data.
NAMES = {
    "conductivity": ("conductivity_tangent", "conductivity_gradient"),
    "source": ("source_tangent", "source_gradient"),
    "cell_source": ("cell_source_tangent", "cell_source_gradient"),
    "dirichlet_values": ("dirichlet_tangent", "dirichlet_gradient"),
    "neumann_values": ("neumann_tangent", "neumann_gradient"),
}


def answered(*tasks: GradientTask) -> list[GradientResult]:
    results = GradientSolver("cpu").run(tasks)
    for result in results:
        assert isinstance(result, GradientResult), result
    return results  # type: ignore[return-value]


def along(task: DiffusionTask, direction: dict[str, Array], **more: object) -> GradientTask:
    return posed_as(GradientTask, task, **{NAMES[name][0]: array for name, array in direction.items()}, **more)


def tangent_of(task: GradientTask) -> Array:
    [result] = answered(task)
    assert result.u_tangent is not None
    return result.u_tangent


def solved(task: DiffusionTask) -> Array:
    [result] = DiffusionSolver("cpu").run([task])
    assert isinstance(result, DiffusionResult), result
    return result.u


@every_mesh
@both_degrees
@pytest.mark.parametrize("flux_size", (1, 2, 3))
@pytest.mark.parametrize("only", [*NAMES, None])
def test_a_tangent_is_the_transpose_of_the_gradient(
    mesh: Triangulation, degree: int, flux_size: int, only: str | None
) -> None:
    """w·(J t) = (Jᵀ w)·t, for each of the data and for all together."""
    task = with_all_data(mesh, degree, flux_size)
    direction = {name: t for name, t in directions(task, seed=4).items() if only in (name, None)}
    weights = np.random.default_rng(5).standard_normal(len(mesh.points(degree)))
    [result] = answered(along(task, direction, cotangent=weights))
    terms = [np.sum(getattr(result, NAMES[name][1]) * t) for name, t in direction.items()]
    assert result.u_tangent is not None
    scale = float(abs(weights) @ abs(result.u_tangent) + np.abs(terms).sum())
    assert weights @ result.u_tangent == pytest.approx(sum(terms), abs=1e-12 * scale)


@every_mesh
@both_degrees
def test_the_remainder_of_taylor_falls_with_the_square_of_the_step(mesh: Triangulation, degree: int) -> None:
    """Of the whole field, along all data at once, the field being that of `fem.diffusion`."""
    task = with_all_data(mesh, degree, 2)
    direction = directions(task, seed=6)
    u, slope = solved(task), tangent_of(along(task, direction))
    remainders = []
    for step in (2e-3, 1e-3, 5e-4):
        there = {name: getattr(task, name) + step * t for name, t in direction.items()}
        remainders.append(np.linalg.norm(solved(dataclasses.replace(task, **there)) - u - step * slope))
    np.testing.assert_allclose(np.log2(np.array(remainders[:-1]) / remainders[1:]), 2, atol=0.05)


def test_one_value_changes_all_cells_and_points() -> None:
    mesh = MESHES["distorted L"]
    task = task_on(mesh, 1, source=ONE)
    short = tangent_of(along(task, {"conductivity": 2 * ONE, "source": -ONE}))
    cells, points = np.full(len(mesh.cells), 2.0), np.full(len(mesh.nodes), -1.0)
    np.testing.assert_allclose(tangent_of(along(task, {"conductivity": cells, "source": points})), short, rtol=1e-12)


def test_a_source_that_is_not_there_may_change() -> None:
    mesh = MESHES["square"]
    left = boundary_points(mesh, 1, lambda x, y: x == 0)
    nothing = task_on(mesh, 1, dirichlet_points=left)
    changed = tangent_of(along(nothing, {"source": ONE}))
    np.testing.assert_allclose(changed, solved(dataclasses.replace(nothing, source=ONE)), rtol=1e-12, atol=1e-15)


def test_a_tangent_alone_has_no_functional() -> None:
    task = with_all_data(MESHES["square"], 1, 1)
    [result] = answered(along(task, {"source": ONE}))
    assert result.functional[0] == 0.0
    assert not result.conductivity_gradient.any()
    assert "tangent" in result.evidence.method


def test_in_a_session_each_task_has_its_own_tangent_or_none() -> None:
    task = with_all_data(MESHES["square"], 2, 2)
    session = str(uuid.UUID(int=1, version=4))
    weights = np.ones(len(MESHES["square"].points(2)))
    ways = [directions(task, seed) for seed in range(2)]
    tasks = [
        along(task, ways[0], session=session),
        posed_as(GradientTask, task, cotangent=weights, session=session),
        along(task, ways[1], cotangent=weights, session=session),
    ]
    first, second, third = answered(*tasks)
    assert second.u_tangent is None
    for got, way in ((first, ways[0]), (third, ways[1])):
        np.testing.assert_allclose(got.u_tangent, tangent_of(along(task, way)), rtol=1e-11, atol=1e-13)
