from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import skfem
from skfem.models.poisson import laplace, unit_load

from models.base import Array, BoundKind, Outcome, Refusal
from models.fem.element import ELEMENTS
from models.fem.mesh import Triangulation, unit_square
from models.fem.quadrature import quadrature
from models.fem.solve import DiffusionSolver
from models.fem.task import SPEC, DiffusionResult, DiffusionTask
from tests.unit.models.fem.meshes import (
    MESHES,
    ONE,
    boundary_edges,
    boundary_points,
    distorted,
    l_shape,
    on_edges,
    task_on,
)

both_degrees = pytest.mark.parametrize("degree", (1, 2))


def solved(task: DiffusionTask) -> DiffusionResult:
    [result] = DiffusionSolver("cpu").run([task])
    assert isinstance(result, DiffusionResult), result
    return result


def bound(result: DiffusionResult) -> float:
    assert result.evidence.error_bound is not None
    return result.evidence.error_bound.value


@both_degrees
@pytest.mark.parametrize("mesh", MESHES.values(), ids=MESHES)
def test_polynomials_of_the_degree_are_solved_to_round_off(mesh: Triangulation, degree: int) -> None:
    """The patch test: u = (1 + 2x − y)^degree with k = 3, Dirichlet below and Neumann elsewhere, on any mesh."""
    mesh_x, mesh_y = mesh.nodes[:, 0].max(), mesh.nodes[:, 1].max()

    def u(x: Array, y: Array) -> Array:
        return np.asarray((1 + 2 * x - y) ** degree)

    def right_flux(x: Array, y: Array) -> Array:
        return np.asarray(3 * 2 * degree * (1 + 2 * x - y) ** (degree - 1))

    right = boundary_edges(mesh, lambda x, y: (x == mesh_x) & (y < mesh_y))
    values = on_edges(mesh, right, right_flux)[:, : max(1, 2 * degree - 1)]
    points = boundary_points(mesh, degree, lambda x, y: ~((x == mesh_x) & (y < mesh_y)))
    task = task_on(
        mesh,
        degree,
        conductivity=np.array([3.0]),
        source=np.array([-3 * 5.0 * degree * (degree - 1)]),
        dirichlet_points=points,
        dirichlet_values=u(*mesh.points(degree)[points].T),
        neumann_edges=right,
        neumann_values=values,
    )
    result = solved(task)
    np.testing.assert_allclose(result.u, u(*result.points.T), atol=1e-12)
    # The energy norm is about 10, and the minimiser watches its square: it sees half of the digits.
    assert bound(result) < 1e-7


@dataclass(frozen=True)
class Manufactured:
    """An exact solution u, its gradient, k and f; u is given where `dirichlet`, the flux elsewhere."""

    u: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], tuple[Array, Array]]
    source: Callable[[Array, Array], Array]
    conductivity: Callable[[Array, Array], Array] = lambda x, y: np.ones_like(x)
    dirichlet: Callable[[Array, Array], Array] = lambda x, y: np.ones_like(x, dtype=bool)

    def task(self, mesh: Triangulation, degree: int) -> DiffusionTask:
        points = boundary_points(mesh, degree, self.dirichlet)
        edges = boundary_edges(mesh, lambda x, y: ~self.dirichlet(x, y))
        return task_on(
            mesh,
            degree,
            conductivity=self.conductivity(*mesh.nodes[mesh.cells].mean(axis=1).T),
            source=self.source(*mesh.points(degree).T),
            dirichlet_points=points,
            dirichlet_values=self.u(*mesh.points(degree)[points].T),
            neumann_edges=edges,
            neumann_values=self._outer_flux(mesh, edges),
        )

    def _outer_flux(self, mesh: Triangulation, edges: Array) -> Array:
        """k ∂u/∂n on sides of the unit square, k taken a little inside."""
        x, y = mesh.nodes[edges].mean(axis=1).T
        normal = np.stack((np.where(x == 1, 1.0, np.where(x == 0, -1.0, 0.0)), np.zeros_like(x)), axis=1)
        normal[:, 1] = np.where(normal[:, 0] == 0, np.where(y == 1, 1.0, -1.0), 0.0)
        k = self.conductivity(*((x, y) - 1e-3 * normal.T))
        slope = np.stack([on_edges(mesh, edges, lambda x, y, i=i: self.gradient(x, y)[i]) for i in (0, 1)])  # type: ignore[misc]
        return np.asarray(k[:, None] * np.einsum("iep,ei->ep", slope, normal))

    def errors(self, mesh: Triangulation, result: DiffusionResult, degree: int) -> tuple[float, float]:
        """‖u − u_h‖ and ‖∇(u − u_h)‖ in L²."""
        element = ELEMENTS[degree]
        values = result.u[mesh.cell_points(degree)]
        squares = np.zeros(2)
        rule = quadrature(6)
        for point, weight in zip(rule.points, rule.weights, strict=True):
            x, y = (point @ mesh.nodes[mesh.cells]).T
            slope = np.einsum("ca,cad->dc", values @ element.derivatives(point), mesh.gradients)
            squares[0] += weight * mesh.areas @ (values @ element.shapes(point) - self.u(x, y)) ** 2
            squares[1] += weight * mesh.areas @ np.sum((slope - np.stack(self.gradient(x, y))) ** 2, axis=0)
        return float(squares[0] ** 0.5), float(squares[1] ** 0.5)


def layered(x: Array) -> Array:
    return np.where(x < 0.5, 1.0, 10.0)


MANUFACTURED = {
    "Dirichlet": Manufactured(
        u=lambda x, y: np.sin(2 * x) * np.exp(y),
        gradient=lambda x, y: (2 * np.cos(2 * x) * np.exp(y), np.sin(2 * x) * np.exp(y)),
        source=lambda x, y: 3 * np.sin(2 * x) * np.exp(y),
    ),
    "mixed": Manufactured(
        u=lambda x, y: np.sin(2 * x) * np.exp(y),
        gradient=lambda x, y: (2 * np.cos(2 * x) * np.exp(y), np.sin(2 * x) * np.exp(y)),
        source=lambda x, y: 3 * np.sin(2 * x) * np.exp(y),
        dirichlet=lambda x, y: (x == 0) | (y == 0),
    ),
    "layered": Manufactured(
        u=lambda x, y: (x - 0.5) / layered(x) * np.cos(3 * y),
        gradient=lambda x, y: (np.cos(3 * y) / layered(x), -3 * (x - 0.5) / layered(x) * np.sin(3 * y)),
        source=lambda x, y: 9 * (x - 0.5) * np.cos(3 * y),
        conductivity=lambda x, y: layered(x),
        dirichlet=lambda x, y: x == 0,
    ),
}


@both_degrees
@pytest.mark.parametrize("problem", MANUFACTURED.values(), ids=MANUFACTURED)
def test_errors_fall_at_the_optimal_rates(problem: Manufactured, degree: int) -> None:
    errors = []
    for count in (16, 32):
        mesh = unit_square(count, count)
        errors.append(problem.errors(mesh, solved(problem.task(mesh, degree)), degree))
    rates = np.log2(np.array(errors[0]) / np.array(errors[1]))
    np.testing.assert_allclose(rates, [degree + 1, degree], atol=0.1)


@both_degrees
def test_the_bound_falls_at_the_rate_of_the_error(degree: int) -> None:
    bounds = [bound(solved(MANUFACTURED["mixed"].task(unit_square(n, n), degree))) for n in (16, 32)]
    assert np.log2(bounds[0] / bounds[1]) == pytest.approx(degree, abs=0.1)


@both_degrees
def test_the_field_is_that_of_scikit_fem(degree: int) -> None:
    mesh = distorted(l_shape(4), seed=3)
    result = solved(task_on(mesh, degree, source=ONE))
    peer = skfem.MeshTri(mesh.nodes.T.copy(), mesh.cells.T.copy())
    basis = skfem.Basis(peer, {1: skfem.ElementTriP1, 2: skfem.ElementTriP2}[degree]())
    u = skfem.solve(*skfem.condense(laplace.assemble(basis), unit_load.assemble(basis), D=basis.get_dofs()))
    np.testing.assert_allclose(result.u[: len(mesh.nodes)], u[basis.nodal_dofs[0]], atol=1e-14)
    if degree == 2:
        midpoints = len(mesh.nodes) + mesh.find_edges(peer.facets.T)
        np.testing.assert_allclose(result.u[midpoints], u[basis.facet_dofs[0]], atol=1e-14)


def test_the_unit_square_is_the_same_mesh_as_its_own_triangles() -> None:
    mesh = unit_square(5, 3)
    own = task_on(mesh, 2, source=ONE)
    square = dataclasses.replace(own, nodes=None, cells=None, divisions=np.array([5, 3]))
    np.testing.assert_array_equal(solved(own).u, solved(square).u)


@both_degrees
def test_cell_source_is_added_to_source(degree: int) -> None:
    mesh = MESHES["distorted square"]
    both = solved(task_on(mesh, degree, source=2 * ONE, cell_source=np.ones(len(mesh.cells))))
    np.testing.assert_allclose(both.u, solved(task_on(mesh, degree, source=3 * ONE)).u, rtol=1e-12)


@both_degrees
def test_a_flux_may_be_given_in_either_direction_of_its_edge(degree: int) -> None:
    mesh = MESHES["distorted square"]
    edges = boundary_edges(mesh, lambda x, y: x == 1)
    values = on_edges(mesh, edges, lambda x, y: np.sin(y))
    points = boundary_points(mesh, degree, lambda x, y: x == 0)
    forward = task_on(mesh, degree, dirichlet_points=points, neumann_edges=edges, neumann_values=values)
    backward = dataclasses.replace(forward, neumann_edges=edges[:, ::-1], neumann_values=values[:, [1, 0, 2]])
    np.testing.assert_allclose(solved(forward).u, solved(backward).u, rtol=1e-12)
    assert bound(solved(forward)) == pytest.approx(bound(solved(backward)))


@both_degrees
def test_no_data_has_the_zero_field_with_a_zero_bound(degree: int) -> None:
    result = solved(task_on(MESHES["ring"], degree))
    assert not result.u.any()
    assert bound(result) == 0
    assert result.cell_bound is not None
    assert not result.cell_bound.any()
    assert result.evidence.error_bound is not None
    assert result.evidence.error_bound.relative == np.inf


def test_the_answer_carries_its_evidence() -> None:
    evidence = solved(SPEC.example()).evidence  # type: ignore[arg-type]
    assert evidence.outcome is Outcome.CONVERGED
    assert evidence.residual is not None
    assert evidence.residual < 1e-8
    assert evidence.error_bound is not None
    assert evidence.error_bound.kind is BoundKind.GUARANTEED
    assert 0 < evidence.error_bound.relative < 1


def test_a_matrix_that_is_too_ill_conditioned_is_answered_with_advice() -> None:
    """Conductivities over thirty decades leave few digits in double precision: the residual shows it."""
    mesh = unit_square(8, 8)
    conductivity = 10 ** np.random.default_rng(0).uniform(-15, 15, len(mesh.cells))
    below = boundary_points(mesh, 1, lambda x, y: y == 0)
    evidence = solved(task_on(mesh, 1, conductivity=conductivity, source=ONE, dirichlet_points=below)).evidence
    assert evidence.outcome is Outcome.NOT_CONVERGED
    assert "contrast" in evidence.advice
    assert evidence.error_bound is not None
    assert evidence.error_bound.kind is BoundKind.GUARANTEED  # it holds for whatever field was found


def test_a_bad_task_does_not_spoil_its_batch() -> None:
    good = task_on(MESHES["square"], 1, source=ONE)
    unsolvable = dataclasses.replace(good, nodes=np.zeros_like(good.nodes))
    wrong = dataclasses.replace(good, conductivity=-ONE)
    first, second, third, fourth = DiffusionSolver("cpu").run([good, unsolvable, wrong, good])
    assert isinstance(first, DiffusionResult)
    assert isinstance(second, Refusal)
    assert isinstance(third, Refusal)
    assert isinstance(fourth, DiffusionResult)
    np.testing.assert_array_equal(first.u, fourth.u)


def test_a_batch_answers_each_task_as_if_it_were_alone() -> None:
    tasks = [task_on(mesh, degree, source=ONE) for mesh in MESHES.values() for degree in (1, 2)]
    for result, task in zip(DiffusionSolver("cpu").run(tasks), tasks, strict=True):
        assert isinstance(result, DiffusionResult)
        np.testing.assert_array_equal(result.u, solved(task).u)


def test_an_empty_batch_has_no_answers() -> None:
    assert DiffusionSolver("cpu").run([]) == []


def random_square(seed: int = 0, spread: float = 1.0) -> DiffusionTask:
    """Data of every kind on 32 × 32 squares, named by its divisions; its right side has no given flux."""
    mesh, rng = unit_square(32, 32), np.random.default_rng(seed)
    edges = boundary_edges(mesh, lambda x, y: y == 1)
    points = boundary_points(mesh, 1, lambda x, y: (y == 0) | (x == 0))
    task = task_on(
        mesh,
        1,
        conductivity=np.exp(spread * rng.standard_normal(len(mesh.cells))),
        source=rng.standard_normal(len(mesh.nodes)),
        cell_source=rng.standard_normal(len(mesh.cells)),
        dirichlet_points=points,
        dirichlet_values=rng.standard_normal(len(points)),
        neumann_edges=edges,
        neumann_values=rng.standard_normal((len(edges), 2)),
    )
    return dataclasses.replace(task, nodes=None, cells=None, divisions=np.array([32, 32]))


def as_triangles(task: DiffusionTask) -> DiffusionTask:
    mesh = unit_square(32, 32)
    return dataclasses.replace(task, divisions=None, nodes=mesh.nodes, cells=mesh.cells)


def test_a_large_square_is_solved_by_multigrid_as_its_own_triangles_are_directly() -> None:
    square, own = (solved(task) for task in (random_square(), as_triangles(random_square())))
    assert "conjugate gradients with Galerkin multigrid (" in square.evidence.method
    assert "sparse Cholesky" in own.evidence.method
    np.testing.assert_allclose(square.u, own.u, atol=1e-8 * np.abs(own.u).max())
    assert bound(square) == pytest.approx(bound(own), rel=1e-6)
    assert square.evidence.outcome is Outcome.CONVERGED


def test_a_square_that_is_too_hard_for_multigrid_is_solved_directly_and_says_so() -> None:
    task = random_square(spread=6)
    square, own = (solved(each) for each in (task, as_triangles(task)))
    assert "sparse LU, as conjugate gradients with Galerkin multigrid had not converged" in square.evidence.method
    np.testing.assert_allclose(square.u, own.u, atol=1e-8 * np.abs(own.u).max())


@both_degrees
def test_a_caller_may_do_without_the_bound(degree: int) -> None:
    task = task_on(MESHES["ring"], degree, source=ONE)
    result = solved(dataclasses.replace(task, error_bound="none"))
    np.testing.assert_array_equal(result.u, solved(task).u)
    assert result.cell_bound is None
    assert result.evidence.error_bound is None
    assert "bound" not in result.evidence.method


def test_without_the_bound_what_leaves_floating_point_is_refused_too() -> None:
    task = dataclasses.replace(
        task_on(MESHES["square"], 1, source=1e300 * ONE, conductivity=1e-300 * ONE), error_bound="none"
    )
    [answer] = DiffusionSolver("cpu").run([task])
    assert isinstance(answer, Refusal)
    assert answer.reason == "OUT_OF_RANGE"
