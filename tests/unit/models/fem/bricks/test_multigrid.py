"""Boxes by geometric multigrid: the solution of a direct solver in few steps, lattices, and what takes over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import numpy as np
import pytest
from scipy.sparse.linalg import spsolve

from models.base import Array
from models.fem.block_pattern import block_pattern
from models.fem.bricks import sweeps
from models.fem.bricks.body import Body, body
from models.fem.bricks.held import empty, held
from models.fem.bricks.lattice import Lattice, coarser, interpolation
from models.fem.bricks.multigrid import hierarchy, solve
from models.fem.bricks.pattern import fill, pattern
from models.fem.bricks.stiffness import add, invert, stiffness, tables
from models.fem.bricks.system import assembled, balance
from models.fem.domain.build import mesh_of
from tests.unit.models.fem.bricks.bodies import brick


def bent(degree: int, divisions: tuple[int, int, int], contrast: float = 1.0, **more: object) -> Body:
    young = np.exp(np.log(contrast) * np.random.default_rng(1).random(int(np.prod(divisions))))
    task = brick(
        "hexahedron",
        degree,
        "left: u = 0, 0, 0.1*y; bottom: u.z = 0; right: traction = 0, 1, 1",
        divisions=np.array(divisions),
        young_modulus=young,
        force="0, 0, -1",
        **more,
    )
    return body(task, mesh_of(task))


@pytest.mark.parametrize(
    ("degree", "divisions", "contrast", "lengths", "steps"),
    [
        (1, (7, 7, 7), 1.0, (1.0, 1.0, 1.0), 18),
        (1, (9, 4, 3), 100.0, (2.0, 1.0, 1.0), 35),
        (1, (8, 8, 8), 1.0, (4.0, 1.0, 1.0), 24),
        (2, (4, 3, 5), 1.0, (1.0, 1.0, 1.0), 30),
        (1, (1, 1, 1), 1.0, (1.0, 1.0, 1.0), 3),
    ],
)
def test_multigrid_finds_the_solution_of_the_matrix_in_few_steps(
    degree: int, divisions: tuple[int, int, int], contrast: float, lengths: tuple[float, ...], steps: int
) -> None:
    given = bent(degree, divisions, contrast, lengths=np.array(lengths))
    found = balance(given)
    assert "geometric multigrid" in found.method
    assert int(found.method.split(", ")[1].split()[0]) <= steps
    direct = balance(replace(given, box=None))
    assert "Cholesky" in direct.method
    np.testing.assert_allclose(found.u, direct.u, atol=1e-8 * np.abs(direct.u).max())


def test_what_multigrid_cannot_solve_is_solved_otherwise_and_said() -> None:
    """Plates of bricks so flat that sweeps reach nowhere."""
    given = bent(1, (12, 12, 1), 1e8, lengths=np.array([100.0, 100.0, 0.05]))
    found = balance(given)
    assert "geometric multigrid had not converged" in found.method
    assert "Cholesky" in found.method


def test_other_meshes_above_the_limit_are_solved_by_aggregation() -> None:
    given = replace(bent(1, (4, 4, 4)), box=None)
    direct, other = balance(given), balance(given, {3: 0})
    assert "smoothed aggregation" in other.method
    np.testing.assert_allclose(other.u, direct.u, atol=1e-8 * np.abs(direct.u).max())


def test_nothing_to_do_takes_no_steps() -> None:
    given = bent(1, (3, 3, 3))
    matrix = held(assembled(given), given.is_free)
    assert given.box is not None
    made = hierarchy(matrix, given.is_free, *given.box)
    assert solve(made, np.zeros(matrix.shape[0])).steps == 0


def test_the_cycle_is_symmetric() -> None:
    """As conjugate gradients ask."""
    given = bent(2, (3, 5, 4), 10.0)
    assert given.box is not None
    made = hierarchy(held(assembled(given), given.is_free), given.is_free, *given.box)
    rng = np.random.default_rng(2)
    a, b = (np.where(given.is_free, rng.standard_normal(given.points.shape), 0.0) for _ in range(2))
    assert np.sum(a * made.cycle(b)) == pytest.approx(np.sum(b * made.cycle(a)))
    assert np.sum(a * made.cycle(a)) > 0


def lattice(counts: tuple[int, ...]) -> Lattice:
    moduli = np.random.default_rng(0).uniform(1, 2, counts[::-1])
    return Lattice(counts, np.array([3.0, 1.0, 2.0]), moduli, 2 * moduli, np.zeros((3, 2, 3), dtype=bool))


def test_a_coarser_lattice_keeps_the_means_of_moduli_and_interpolates_linear_fields() -> None:
    fine = lattice((9, 4, 5))
    coarse = coarser(fine)
    assert coarse.counts == (5, 2, 3)
    assert coarse.lame.mean() == pytest.approx(fine.lame.mean())
    np.testing.assert_allclose(coarse.shear, 2 * coarse.lame)
    up = interpolation(fine.counts, coarse.counts)
    np.testing.assert_allclose(up @ coarse.points, fine.points, atol=1e-14)


def test_long_sides_are_not_halved() -> None:
    fine = Lattice(
        (4, 4, 4), np.array([4.0, 1.0, 1.0]), *(np.ones((4, 4, 4)) for _ in range(2)), np.zeros((3, 2, 3), bool)
    )
    assert coarser(fine).counts == (4, 2, 2)


def test_the_pattern_is_that_of_sorting() -> None:
    given = bent(2, (2, 3, 2))
    cells = given.basis.element_dofs.T
    found, wanted = pattern(cells, given.basis.N), block_pattern(cells)
    np.testing.assert_array_equal(found.starts, wanted.starts)
    np.testing.assert_array_equal(found.columns, wanted.columns)
    np.testing.assert_array_equal(found.places.ravel(), wanted.places)


def test_the_loops_compute_the_same_where_they_are_not_compiled() -> None:
    given = bent(1, (2, 1, 2))
    basis, mesh = given.basis, given.basis.mesh
    cells = np.ascontiguousarray(basis.element_dofs.T, np.int32)
    where = pattern(cells, basis.N)
    first = np.concatenate(([0], np.cumsum(np.bincount(cells.ravel()))))
    starts, places = np.zeros(basis.N + 1, np.int32), np.empty_like(where.places)
    columns = np.empty(cells.size * 8, np.int32)
    used = source(fill)(cells, first, np.argsort(cells.ravel(), kind="stable"), starts, columns, places)
    np.testing.assert_array_equal(columns[:used], where.columns)
    np.testing.assert_array_equal(places, where.places)

    table = tables(basis.elem, mesh.elem())
    matrix = stiffness(table, where, mesh.t.T, mesh.p.T, given.material.lame, given.material.shear)
    blocks = np.zeros_like(matrix.data)
    moduli = given.material.lame, given.material.shear
    source(add)(blocks, places, mesh.t.T, mesh.p.T, table.slopes, table.bends, table.weights, *moduli)
    np.testing.assert_allclose(blocks, matrix.data, atol=1e-13)
    source(empty)(starts, where.columns, blocks, given.is_free)
    K = held(matrix, given.is_free)
    np.testing.assert_allclose(blocks, K.data, atol=1e-13)

    load = np.where(given.is_free, given.outer, 0.0)
    rows = np.repeat(np.arange(basis.N), np.diff(K.indptr))
    inverses = np.linalg.inv(K.data[rows == K.indices])
    x, left = np.empty_like(load), np.empty_like(load)
    source(sweeps.forward)(K.indptr, K.indices, K.data, inverses, load, x)
    source(sweeps.rest)(K.indptr, K.indices, K.data, x, left)
    np.testing.assert_allclose(left.ravel(), load.ravel() - K @ x.ravel(), atol=1e-13)
    exact = spsolve(K.tocsc(), load.ravel()).reshape(load.shape)
    source(sweeps.backward)(K.indptr, K.indices, K.data, inverses, load, exact_copy := exact.copy())
    np.testing.assert_allclose(exact_copy, exact, atol=1e-12)


@pytest.mark.parametrize("d", [2, 3])
def test_small_matrices_are_inverted(d: int) -> None:
    matrix = np.random.default_rng(d).standard_normal((d, d))
    for inverted in (invert, source(invert)):
        inverse = np.empty((d, d))
        assert inverted(matrix, inverse) == pytest.approx(np.linalg.det(matrix))
        np.testing.assert_allclose(inverse, np.linalg.inv(matrix))


def source(loop: object) -> Callable[..., Array]:
    return cast("Callable[..., Array]", loop.py_func)  # type: ignore[attr-defined]
