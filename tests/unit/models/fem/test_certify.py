from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.base import Array, BoundKind, Refusal
from models.fem.bound import energy_bound
from models.fem.certify import Certifier
from models.fem.certify_task import SPEC, CertifyResult, CertifyTask
from models.fem.problem import problem
from models.fem.solve import solve_field
from models.fem.task import DiffusionTask
from tests.unit.models.fem.meshes import ONE, boundary_points, distorted, l_shape, task_on
from tests.unit.models.fem.posing import posed_as
from tests.unit.models.fem.reference import enclose_error

both_degrees = pytest.mark.parametrize("degree", (1, 2))
MESH = distorted(l_shape(6), seed=2)


def certified(task: DiffusionTask, field: Array, **more: Any) -> CertifyResult:
    [result] = Certifier("cpu").run([posed_as(CertifyTask, task, field=field, **more)])
    assert isinstance(result, CertifyResult), result
    return result


def bound(result: CertifyResult) -> float:
    assert result.evidence.error_bound is not None
    assert result.evidence.error_bound.kind is BoundKind.GUARANTEED
    return result.evidence.error_bound.value


@both_degrees
def test_a_solution_is_certified_as_by_its_solver(degree: int) -> None:
    task = task_on(MESH, degree, source=ONE)
    given = problem(task, MESH)
    u = solve_field(given).x
    result = certified(task, u)
    assert bound(result) == energy_bound(given, u)[0].value
    assert result.cell_bound.sum() == pytest.approx(bound(result) ** 2)
    assert "the field itself" in result.evidence.method
    assert bound(certified(task, u, bound="sharp")) <= bound(result)


@both_degrees
@pytest.mark.parametrize("size", (1e-2, 10.0))
def test_any_field_is_certified_nearly_sharply(size: float, degree: int) -> None:
    task = task_on(MESH, degree, source=ONE)
    given = problem(task, MESH)
    noise = size * np.random.default_rng(1).standard_normal(len(MESH.points(degree)))
    noise[given.boundary.dirichlet_points] = 0
    field = solve_field(given).x + noise
    result = certified(task, field)
    below, above = enclose_error(given, field, 2)
    assert below <= bound(result) <= 1.2 * above
    assert size < 1 or "solution" in result.evidence.method
    assert bound(result) <= 1.05 * bound(certified(task, field, bound="sharp"))


def test_data_too_rough_for_the_mesh_are_left_to_the_sharp_flux() -> None:
    rough = 10 ** np.random.default_rng(2).uniform(-3, 3, len(MESH.cells))  # six decades from cell to cell
    task = task_on(MESH, 1, source=ONE, conductivity=rough)
    result = certified(task, solve_field(problem(task, MESH)).x)
    assert "nearest" in result.evidence.method
    assert bound(result) == bound(certified(task, solve_field(problem(task, MESH)).x, bound="sharp"))


def test_flat_cells_are_left_to_the_sharp_flux() -> None:
    task = DiffusionTask(
        nodes=MESH.nodes * [1.0, 1e-2],
        cells=MESH.cells,
        conductivity=ONE,
        source=ONE,
        dirichlet_points=boundary_points(MESH, 1),
        dirichlet_values=np.zeros(len(boundary_points(MESH, 1))),
    )
    result = certified(task, np.zeros(len(MESH.nodes)))
    assert "nearest" in result.evidence.method


def test_fields_without_the_given_values_are_refused() -> None:
    task = task_on(MESH, 1, source=ONE)
    assert task.dirichlet_points is not None
    field, at = np.zeros(len(MESH.nodes)), int(task.dirichlet_points[3])
    field[at] = 1e-30
    [refusal] = Certifier("cpu").run([posed_as(CertifyTask, task, field=field)])
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.field) == ("OUT_OF_RANGE", f"field[{at}]")


@both_degrees
def test_fields_of_another_size_are_refused(degree: int) -> None:
    task = posed_as(CertifyTask, task_on(MESH, degree), field=np.zeros(3))
    [refusal] = Certifier("cpu").run([task])
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.field) == ("WRONG_SIZE", "field")


@pytest.mark.parametrize("conductivity", (1e-310, 1e300))
@pytest.mark.parametrize("method", ("fast", "sharp"))
def test_numbers_beyond_floating_point_are_refused(conductivity: float, method: str) -> None:
    task = task_on(MESH, 1, source=ONE, conductivity=conductivity * ONE)
    [refusal] = Certifier("cpu").run([posed_as(CertifyTask, task, field=np.zeros(len(MESH.nodes)), bound=method)])
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "OUT_OF_RANGE"


def test_the_example_is_certified_within_its_size() -> None:
    [result] = SPEC.load("cpu").run([SPEC.example()])
    assert isinstance(result, CertifyResult)
    # Its error is that of interpolating y (2 − y) / 2 on four layers: h / √12.
    assert 0.25 / 12**0.5 <= bound(result) <= 1.05 * 0.25 / 12**0.5
