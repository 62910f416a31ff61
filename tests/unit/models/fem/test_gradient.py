"""Gradients against derivations that share nothing with the adjoint: differences, a complex step, Taylor."""

from __future__ import annotations

import dataclasses
import uuid
from typing import Any

import numpy as np
import pytest

from models.base import Array, Outcome, Refusal
from models.fem.adjoint import load
from models.fem.assembly import stiffness
from models.fem.gradient import GradientSolver
from models.fem.gradient_task import SPEC, GradientResult, GradientTask
from models.fem.mesh import Triangulation, unit_square
from models.fem.problem import problem
from models.fem.solve import DiffusionSolver
from models.fem.task import DiffusionResult, DiffusionTask
from tests.unit.models.fem.meshes import ONE, boundary_points, task_on
from tests.unit.models.fem.posing import MESHES, directions, posed_as, with_all_data

every_mesh = pytest.mark.parametrize("mesh", MESHES.values(), ids=MESHES)
both_degrees = pytest.mark.parametrize("degree", (1, 2))
every_flux = pytest.mark.parametrize("flux_size", (1, 2, 3))

# The gradient by each field of the task.
GRADIENTS = {
    "conductivity": "conductivity_gradient",
    "source": "source_gradient",
    "cell_source": "cell_source_gradient",
    "dirichlet_values": "dirichlet_gradient",
    "neumann_values": "neumann_gradient",
}


def posed(mesh: Triangulation, degree: int, flux_size: int = 2, **more: Any) -> GradientTask:
    """Data of every kind, a cotangent, and measurements of which two are at one point."""
    rng = np.random.default_rng(11)
    count = len(mesh.points(degree))
    points = np.append(rng.permutation(count)[: count // 2], [3, 3])
    functional = {
        "cotangent": rng.standard_normal(count),
        "measured_points": points,
        "measured_values": rng.standard_normal(len(points)),
        "measured_deviations": rng.uniform(0.5, 2, len(points)),
    }
    return posed_as(GradientTask, with_all_data(mesh, degree, flux_size), **{**functional, **more})


def answered(tasks: list[GradientTask]) -> list[GradientResult]:
    results = GradientSolver("cpu").run(tasks)
    for result in results:
        assert isinstance(result, GradientResult), result
    return results  # type: ignore[return-value]


def value(task: GradientTask) -> float:
    return float(answered([task])[0].functional[0])


def moved(task: GradientTask, name: str, by: Array) -> GradientTask:
    return dataclasses.replace(task, **{name: getattr(task, name) + by})


def diffused(task: DiffusionTask) -> Array:
    [result] = DiffusionSolver("cpu").run([task])
    assert isinstance(result, DiffusionResult), result
    return result.u


@every_mesh
@both_degrees
def test_the_field_is_that_of_the_diffusion_model(mesh: Triangulation, degree: int) -> None:
    u = diffused(with_all_data(mesh, degree, 2))
    np.testing.assert_allclose(answered([posed(mesh, degree)])[0].u, u, rtol=1e-11, atol=1e-12 * abs(u).max())


def complex_step(task: GradientTask, mesh: Triangulation, name: str, direction: Array) -> float:
    """dJ along a direction, by dense complex arithmetic: no differences are taken, and nothing is transposed.

    Squire & Trapp 1998, SIAM Review 40, 110-112.
    """
    step = 1e-30
    zero = {field: np.zeros_like(getattr(task, field)) for field in GRADIENTS}
    real, imaginary = problem(task, mesh), problem(dataclasses.replace(task, **{**zero, name: step * direction}), mesh)
    matrices = [stiffness(mesh, real.element, each.conductivity).toarray() for each in (real, imaginary)]
    matrix = matrices[0] + 1j * matrices[1]
    right = load(real) + 1j * load(imaginary)
    fixed = real.boundary.dirichlet_points
    u = np.zeros(len(right), dtype=complex)
    u[fixed] = real.boundary.dirichlet_values + 1j * imaginary.boundary.dirichlet_values
    free = np.setdiff1d(np.arange(len(u)), fixed)
    u[free] = np.linalg.solve(matrix[np.ix_(free, free)], (right - matrix @ u)[free])
    assert task.measured_points is not None and task.cotangent is not None
    misses = (u[task.measured_points] - task.measured_values) / task.measured_deviations
    return float((task.cotangent @ u + misses @ misses / 2).imag / step)


@every_mesh
@both_degrees
@every_flux
def test_every_gradient_is_that_of_a_complex_step(mesh: Triangulation, degree: int, flux_size: int) -> None:
    task = posed(mesh, degree, flux_size)
    [result] = answered([task])
    for name, direction in directions(with_all_data(mesh, degree, flux_size), seed=1).items():
        gradient = getattr(result, GRADIENTS[name])
        assert gradient.shape == direction.shape
        scale = np.linalg.norm(gradient) * np.linalg.norm(direction)
        assert np.sum(gradient * direction) == pytest.approx(
            complex_step(task, mesh, name, direction), rel=1e-11, abs=1e-12 * float(scale)
        )


@both_degrees
@pytest.mark.parametrize("name", GRADIENTS)
def test_every_entry_is_that_of_central_differences(name: str, degree: int) -> None:
    """To their own accuracy: h² of truncation and round-off over h are both about 1e-10."""
    task = posed(MESHES["square"], degree)
    [result] = answered([task])
    given = getattr(task, name)
    step = 1e-5
    steps = step * np.eye(given.size).reshape(-1, *given.shape)
    ahead = answered([moved(task, name, by) for by in steps])
    behind = answered([moved(task, name, -by) for by in steps])
    slopes = [(a.functional[0] - b.functional[0]) / (2 * step) for a, b in zip(ahead, behind, strict=True)]
    gradient = getattr(result, GRADIENTS[name])
    np.testing.assert_allclose(np.reshape(slopes, given.shape), gradient, rtol=1e-8, atol=1e-8 * abs(gradient).max())


@every_mesh
@both_degrees
@every_flux
def test_the_gradients_by_the_data_are_the_transpose_of_the_solution(
    mesh: Triangulation, degree: int, flux_size: int
) -> None:
    """u = S d is linear in the data d, and the model says Sᵀ w: then w·S d = Sᵀ w·d, here with S by `fem.diffusion`."""
    given = with_all_data(mesh, degree, flux_size)
    weights = np.random.default_rng(2).standard_normal(len(mesh.points(degree)))
    [result] = answered([posed_as(GradientTask, given, cotangent=weights)])
    data = directions(given, seed=3)
    del data["conductivity"]
    terms = [np.sum(getattr(result, GRADIENTS[name]) * direction) for name, direction in data.items()]
    u = diffused(posed_as(DiffusionTask, given, **data))
    scale = float(abs(weights) @ abs(u) + np.abs(terms).sum())
    assert weights @ u == pytest.approx(sum(terms), abs=1e-13 * scale)


@every_mesh
@both_degrees
@pytest.mark.parametrize("seed", range(3))
def test_the_remainder_of_taylor_falls_with_the_square_of_the_step(mesh: Triangulation, degree: int, seed: int) -> None:
    """In the conductivity and, together with it, in all data."""
    task = posed(mesh, degree)
    [result] = answered([task])
    along = directions(with_all_data(mesh, degree, 2), seed)
    slope = sum(float(np.sum(getattr(result, GRADIENTS[name]) * direction)) for name, direction in along.items())
    remainders = []
    for step in (2e-3, 1e-3, 5e-4):
        there = dataclasses.replace(task, **{name: getattr(task, name) + step * along[name] for name in along})
        remainders.append(abs(value(there) - result.functional[0] - step * slope))
    np.testing.assert_allclose(np.log2(np.array(remainders[:-1]) / remainders[1:]), 2, atol=0.05)


def test_one_value_for_all_has_the_sum_of_the_gradient_as_its_derivative() -> None:
    mesh = MESHES["distorted L"]
    task = posed(mesh, 1, conductivity=2 * ONE, source=3 * ONE)
    [result] = answered([task])
    step = 1e-5 * ONE
    for name in ("conductivity", "source"):
        slope = (value(moved(task, name, step)) - value(moved(task, name, -step))) / 2e-5
        assert getattr(result, GRADIENTS[name]).sum() == pytest.approx(slope, rel=1e-8)


def test_source_and_cell_source_gradients_are_there_where_no_source_is_sent() -> None:
    task = posed(MESHES["square"], 2)
    [with_source] = answered([task])
    [without] = answered([dataclasses.replace(task, source=None, cell_source=None, measured_points=None,
                                              measured_values=None, measured_deviations=None)])  # fmt: skip
    assert without.source_gradient.shape == with_source.source_gradient.shape
    assert without.source_gradient.sum() == pytest.approx(without.cell_source_gradient.sum(), rel=1e-12)


def test_the_functional_is_the_cotangent_and_the_misfit() -> None:
    task = posed(MESHES["square"], 1)
    [result] = answered([task])
    assert task.measured_points is not None and task.cotangent is not None
    misses = (result.u[task.measured_points] - task.measured_values) / task.measured_deviations
    assert result.functional[0] == pytest.approx(task.cotangent @ result.u + 0.5 * np.sum(misses**2), rel=1e-13)


def test_where_everything_is_fixed_only_the_given_values_matter() -> None:
    mesh = unit_square(1, 1)
    [result] = answered([posed_as(GradientTask, task_on(mesh, 1, source=ONE), cotangent=np.arange(4.0))])
    assert not result.adjoint.any()
    assert not result.conductivity_gradient.any()
    np.testing.assert_array_equal(result.dirichlet_gradient, np.arange(4.0))
    assert result.neumann_gradient.shape == (0, 1)


def test_the_answer_carries_the_residuals_of_both_solves() -> None:
    evidence = answered([SPEC.example()])[0].evidence  # type: ignore[list-item]
    assert evidence.outcome is Outcome.CONVERGED
    assert evidence.residual is not None
    assert evidence.residual < 1e-8
    assert "residual forward" in evidence.method
    assert evidence.error_bound is None  # the derivative is that of the discrete solution: nothing is said of the exact


def test_a_matrix_that_is_too_ill_conditioned_is_answered_with_advice() -> None:
    mesh = unit_square(8, 8)
    conductivity = 10 ** np.random.default_rng(0).uniform(-15, 15, len(mesh.cells))
    below = boundary_points(mesh, 1, lambda x, y: y == 0)
    task = task_on(mesh, 1, conductivity=conductivity, source=ONE, dirichlet_points=below)
    evidence = answered([posed_as(GradientTask, task, cotangent=np.ones(81))])[0].evidence
    assert evidence.outcome is Outcome.NOT_CONVERGED
    assert "contrast" in evidence.advice


@both_degrees
def test_tasks_of_a_session_are_answered_as_if_they_were_alone(degree: int) -> None:
    """Equal operators in one solve, first and later calls, other operators and bad tasks between them."""
    session = str(uuid.UUID(int=1, version=4))
    rng = np.random.default_rng(5)
    task = posed(MESHES["distorted L"], degree)
    tasks = [dataclasses.replace(task, cotangent=rng.standard_normal(task.cotangent.shape)) for _ in range(3)]  # type: ignore[union-attr]
    tasks.insert(1, dataclasses.replace(task, conductivity=2 * ONE))
    tasks.append(dataclasses.replace(task, neumann_edges=task.neumann_edges[:1], neumann_values=np.ones((1, 1))))  # type: ignore[index]
    assert task.measured_values is not None
    bad = dataclasses.replace(task, measured_points=np.full(task.measured_values.shape, 10**6))
    inner = dataclasses.replace(task, neumann_edges=np.array([[0, 10**3]]), neumann_values=np.ones((1, 1)))
    alone = answered(tasks)
    solver = GradientSolver("cpu")
    for _ in range(2):
        named = [dataclasses.replace(each, session=session) for each in (*tasks[:2], bad, inner, *tasks[2:])]
        together = solver.run(named)
        assert isinstance(together.pop(2), Refusal)
        assert isinstance(together.pop(2), Refusal)
        for one, other in zip(together, alone, strict=True):
            assert isinstance(one, GradientResult), one
            for name in (*GRADIENTS.values(), "u", "adjoint", "functional"):
                expected = getattr(other, name)
                atol = 1e-12 * np.max(abs(expected))
                np.testing.assert_allclose(getattr(one, name), expected, rtol=1e-11, atol=atol)


def test_an_empty_batch_has_no_answers() -> None:
    assert GradientSolver("cpu").run([]) == []


def test_on_a_large_square_multigrid_finds_the_gradients_of_the_direct_solver() -> None:
    mesh = unit_square(32, 32)
    own = posed(mesh, 1)
    square = dataclasses.replace(own, nodes=None, cells=None, divisions=np.array([32, 32]))
    fast, exact = answered([square])[0], answered([own])[0]
    assert fast.evidence.method.count("conjugate gradients with Galerkin multigrid (") == 2
    assert "conjugate gradients" not in exact.evidence.method
    for name in ("functional", "u", "adjoint", "source_gradient", "cell_source_gradient", *GRADIENTS.values()):
        reference = getattr(exact, name)
        np.testing.assert_allclose(getattr(fast, name), reference, atol=1e-8 * np.abs(reference).max(), err_msg=name)


def test_multigrid_answers_tasks_of_a_session_as_if_they_were_alone() -> None:
    own = posed(unit_square(32, 32), 1, session=str(uuid.UUID(int=3, version=4)))
    square = dataclasses.replace(own, nodes=None, cells=None, divisions=np.array([32, 32]))
    other = dataclasses.replace(square, cotangent=square.cotangent[::-1].copy())
    for together, task in zip(answered([square, other]), (square, other), strict=True):
        np.testing.assert_array_equal(together.adjoint, answered([task])[0].adjoint)
