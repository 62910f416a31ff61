from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from models.base import Array
from models.fem.bisection import bisect, longest_edges_first
from models.fem.hanging import refuse_hanging_nodes
from models.fem.mesh import Triangulation
from models.fem.problem import Problem, problem
from tests.unit.models.fem.meshes import MESHES, boundary_edges, boundary_points, on_edges, task_on

both_degrees = pytest.mark.parametrize("degree", (1, 2))


def polynomial(x: Array, y: Array, degree: int) -> Array:
    return np.asarray((1 + 2 * x - 3 * y) ** degree)


def with_polynomials(mesh: Triangulation, degree: int) -> Problem:
    """f and g are one polynomial of the degree, q is a quadratic on the right side."""
    right = mesh.nodes[:, 0].max()
    edges = boundary_edges(mesh, lambda x, y: x == right)
    points = boundary_points(mesh, degree, lambda x, y: x < right)
    task = task_on(
        mesh,
        degree,
        conductivity=1.0 + np.arange(len(mesh.cells)),
        source=polynomial(*mesh.points(degree).T, degree),
        dirichlet_points=points,
        dirichlet_values=polynomial(*mesh.points(degree)[points].T, degree),
        neumann_edges=edges,
        neumann_values=on_edges(mesh, edges, lambda x, y: polynomial(x, y, 2)),
    )
    return problem(task, mesh)


def refined(name: str, degree: int, seed: int, steps: int) -> tuple[Problem, Array]:
    given = longest_edges_first(with_polynomials(MESHES[name], degree))
    origins, rng = np.arange(len(given.mesh.cells)), np.random.default_rng(seed)
    for _ in range(steps):
        step = bisect(given, rng.random(len(given.mesh.cells)) < 0.3)
        given, origins = step.problem, origins[step.parents]
    return given, origins


anywhere = forall(name=st.sampled_from(sorted(MESHES)), degree=st.sampled_from((1, 2)), seed=st.integers(0, 99))


@settings(deadline=None, max_examples=25)
@anywhere
def test_meshes_conform_and_cells_fill_those_that_they_come_from(name: str, degree: int, seed: int) -> None:
    mesh = MESHES[name]
    fine, origins = refined(name, degree, seed, 4)
    refuse_hanging_nodes(fine.mesh.nodes, fine.mesh.facets[fine.mesh.is_boundary])
    lengths = [m.edge_lengths[m.is_boundary].sum() for m in (mesh, fine.mesh)]
    assert lengths[0] == pytest.approx(lengths[1])
    np.testing.assert_allclose(np.bincount(origins, weights=fine.mesh.areas), mesh.areas)
    np.testing.assert_array_equal(fine.conductivity, 1.0 + origins)


@settings(deadline=None, max_examples=25)
@anywhere
def test_children_inherit_polynomial_data_exactly(name: str, degree: int, seed: int) -> None:
    fine, _ = refined(name, degree, seed, 4)
    points = fine.mesh.points(degree)
    at_points = polynomial(*points.T, degree)
    np.testing.assert_allclose(fine.source, at_points[fine.mesh.cell_points(degree)], rtol=1e-12, atol=1e-12)
    held = fine.boundary.dirichlet_points
    np.testing.assert_allclose(fine.boundary.dirichlet_values, at_points[held], rtol=1e-12, atol=1e-12)
    edges = fine.mesh.edges[fine.boundary.neumann_edges]
    flux = on_edges(fine.mesh, edges, lambda x, y: polynomial(x, y, 2))
    np.testing.assert_allclose(fine.boundary.flux, flux, rtol=1e-12, atol=1e-12)
    sides = fine.boundary.dirichlet_edges.sum() + len(edges)
    assert sides == fine.mesh.is_boundary.sum()


def test_wanted_cells_are_halved_and_the_longest_edge_first() -> None:
    given = longest_edges_first(with_polynomials(MESHES["square"], 1))
    lengths = given.mesh.edge_lengths[given.mesh.cell_edges]
    assert (lengths[:, 0] >= lengths.max(axis=1) * (1 - 1e-9)).all()
    wanted = np.zeros(len(given.mesh.cells), dtype=bool)
    wanted[[0, 13]] = True
    step = bisect(given, wanted)
    assert (np.bincount(step.parents)[wanted] >= 2).all()
    assert len(step.parents) == len(wanted) + 4  # the diagonal of a square halves both its cells


def test_descendants_of_a_cell_have_at_most_four_shapes() -> None:
    fine, _ = refined("one triangle", 1, 0, 0)
    for _ in range(8):
        fine = bisect(fine, np.ones(len(fine.mesh.cells), dtype=bool)).problem
    lengths = np.sort(fine.mesh.edge_lengths[fine.mesh.cell_edges], axis=1)
    shapes = np.unique(np.round(lengths / lengths[:, :1], 8), axis=0)
    assert len(shapes) <= 4


@both_degrees
def test_nothing_wanted_leaves_all_as_it_was(degree: int) -> None:
    given = longest_edges_first(with_polynomials(MESHES["distorted L"], degree))
    same = bisect(given, np.zeros(len(given.mesh.cells), dtype=bool)).problem
    np.testing.assert_array_equal(same.mesh.cells, given.mesh.cells)
    np.testing.assert_array_equal(same.source, given.source)
    np.testing.assert_array_equal(same.boundary.flux, given.boundary.flux)
