"""What every direct solver of the table has to do: one suite over all of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csc_array, csr_array

from models.base import Array
from models.fem.direct import SingularMatrix
from models.fem.direct_solvers import SOLVERS, analyse, solve
from models.fem.element import ELEMENTS, Element
from models.fem.mesh import Triangulation, unit_square
from models.fem.plan import plan
from tests.unit.models.fem.meshes import MESHES, boundary_points, distorted

every_solver = pytest.mark.parametrize("name", SOLVERS)
every_element = pytest.mark.parametrize("element", ELEMENTS.values(), ids=lambda element: element.name)
LARGE = [mesh for mesh in MESHES.values() if len(mesh.cells) > 8]


def systems(mesh: Triangulation, element: Element, count: int = 2) -> tuple[list[csc_array], Array]:
    """Matrices of one pattern, with k from 1e-3 to 1e3; and where their unknowns are."""
    rng = np.random.default_rng(0)
    made = plan(mesh, element, boundary_points(mesh, element.degree, lambda x, y: y == 0))
    fields = 10 ** rng.uniform(-3, 3, (count, len(mesh.cells)))
    return [made.matrix(field) for field in fields], mesh.points(element.degree)[made.free]


@every_solver
@every_element
def test_it_solves_as_a_dense_solver_does_whatever_the_mesh_and_for_every_matrix_of_a_pattern(
    name: str, element: Element
) -> None:
    for mesh in LARGE:
        matrices, positions = systems(mesh, element)
        analysis = SOLVERS[name](matrices[0], positions)
        for matrix in matrices:
            load = np.random.default_rng(1).standard_normal(len(positions))
            factor = analysis.factor(matrix)
            found = factor.solve(load)
            expected = np.linalg.solve(matrix.toarray(), load)
            np.testing.assert_allclose(found.x, expected, atol=1e-9 * np.abs(expected).max())
            assert found.residual == np.abs(load - factor.matrix @ found.x).max() / np.abs(load).max() < 1e-10
            assert found.method == name


@every_solver
@pytest.mark.parametrize("count", (1, 2, 3, 17))
def test_many_loads_have_the_solutions_of_each(name: str, count: int) -> None:
    [matrix], positions = systems(distorted(unit_square(14, 11)), ELEMENTS[1], 1)
    factor = SOLVERS[name](matrix, positions).factor(matrix)
    loads = list(np.random.default_rng(2).standard_normal((count, len(positions))))
    for load, found in zip(loads, factor.solve_all(loads), strict=True):
        one = factor.solve(load)
        np.testing.assert_allclose(found.x, one.x, atol=1e-12 * np.abs(one.x).max())
        assert found.residual < 1e-11


@every_solver
@pytest.mark.parametrize("scale", (1e-150, 1e150))
def test_units_do_not_matter(name: str, scale: float) -> None:
    [matrix], positions = systems(unit_square(9, 9), ELEMENTS[1], 1)
    load = np.ones(len(positions))
    expected = SOLVERS[name](matrix, positions).factor(matrix).solve(load).x
    found = SOLVERS[name](matrix, positions).factor(matrix * scale).solve(load).x * scale
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@every_solver
def test_a_zero_pivot_is_singular(name: str) -> None:
    matrix = csc_array((np.array([1.0, 0.0, 2.0]), np.arange(3), np.arange(4)), shape=(3, 3))
    with pytest.raises(SingularMatrix):
        SOLVERS[name](matrix, np.zeros((3, 1))).factor(matrix)


@every_solver
def test_a_matrix_that_is_not_definite_is_solved_all_the_same(name: str) -> None:
    matrix = csc_array(np.array([[1.0, 2.0], [2.0, 1.0]]))
    found = SOLVERS[name](matrix, np.array([[0.0], [1.0]])).factor(matrix).solve(np.array([3.0, 3.0]))
    np.testing.assert_allclose(found.x, (1.0, 1.0))


@every_solver
def test_one_unknown_and_unknowns_that_have_nothing_in_common(name: str) -> None:
    for size in (1, 5):
        matrix = csc_array(np.diag(np.arange(1.0, size + 1)))
        found = SOLVERS[name](matrix, np.zeros((size, 2))).factor(matrix).solve(np.ones(size))
        np.testing.assert_allclose(found.x, 1 / np.arange(1.0, size + 1))


def test_a_system_is_solved_once_and_no_load_needs_no_factors() -> None:
    [matrix], positions = systems(unit_square(5, 5), ELEMENTS[1], 1)
    load = np.ones(len(positions))
    np.testing.assert_allclose(matrix @ solve(matrix.tocsr(), load, positions).x, load)
    nothing = solve(csr_array(matrix.shape), np.zeros(len(positions)), positions)
    assert nothing.residual == 0 and not nothing.x.any()


def test_the_first_of_the_table_is_preferred() -> None:
    [matrix], positions = systems(unit_square(5, 5), ELEMENTS[1], 1)
    assert analyse(matrix, positions).factor(matrix).method == next(iter(SOLVERS))
    assert analyse(matrix, positions).size_bytes > 8 * matrix.nnz
