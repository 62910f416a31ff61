from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import bsr_array

from models.fem import direct, multigrid
from models.fem.direct import SingularMatrix
from models.fem.elasticity.form import stiffness
from models.fem.elasticity.rigid import rigid_modes
from models.fem.tetrahedra import box
from tests.unit.models.fem.elasticity.bodies import posed, task_on


def system(count: int) -> tuple[bsr_array, np.ndarray, np.ndarray]:
    """A box on springs: positive definite without prescribed values."""
    mesh = box(count, count, count)
    problem = posed(
        task_on(mesh, 1, fixed_points=np.array([0]), fixed_axes=np.array([0]), fixed_values=np.zeros(1)), mesh
    )
    matrix = stiffness(mesh, problem.element, problem.material)
    blocks = matrix.data.copy()
    rows = np.repeat(np.arange(len(mesh.nodes)), np.diff(matrix.indptr))
    blocks[rows == matrix.indices] += 1e-3 * np.eye(3)
    springs = bsr_array((blocks, matrix.indices, matrix.indptr), shape=matrix.shape)
    load = np.random.default_rng(0).standard_normal(matrix.shape[0])
    return springs, load, rigid_modes(mesh.nodes).reshape(len(load), -1)


def test_it_finds_what_the_direct_solver_finds() -> None:
    matrix, load, modes = system(8)
    found = multigrid.solve(matrix, load, modes)
    exact = direct.solve(matrix.tocsr(), load).x
    assert found.solution.residual < 1e-9
    np.testing.assert_allclose(found.solution.x, exact, atol=1e-8 * np.abs(exact).max())


def test_steps_hardly_grow_with_the_mesh() -> None:
    few, many = (multigrid.solve(*system(count)).steps for count in (8, 16))
    assert many <= 1.5 * few


def test_the_same_system_has_the_same_answer_to_the_bit() -> None:
    first, second = (multigrid.solve(*system(8)).solution.x for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_no_load_has_the_zero_solution() -> None:
    matrix, load, modes = system(2)
    found = multigrid.solve(matrix, np.zeros_like(load), modes)
    assert (found.steps, found.solution.residual) == (0, 0.0)
    assert not found.solution.x.any()


def test_a_matrix_beyond_floating_point_is_singular() -> None:
    matrix, load, modes = system(2)
    for factor in (0.0, np.inf):
        beyond = bsr_array((np.full_like(matrix.data, factor), matrix.indices, matrix.indptr), shape=matrix.shape)
        with pytest.raises(SingularMatrix):
            multigrid.solve(beyond, load, modes)


def test_units_do_not_matter() -> None:
    matrix, load, modes = system(8)
    small, large = multigrid.solve(matrix * 2.0**-600, load, modes), multigrid.solve(matrix * 2.0**600, load, modes)
    np.testing.assert_array_equal(small.solution.x * 2.0**-600, large.solution.x * 2.0**600)
