"""The factor itself: L Lᵀ is the matrix in the order of elimination, and fill grows as theory says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array, csc_array
from scipy.spatial import cKDTree

from models.base import Array
from models.fem.cholesky.dissection import dissection
from models.fem.cholesky.multifrontal import factorise
from models.fem.cholesky.symbolic import Symbolic, symbolic
from models.fem.element import ELEMENTS
from models.fem.mesh import unit_square
from models.fem.plan import plan
from tests.unit.models.fem.meshes import boundary_points


def neighbours(count: int, dimension: int, seed: int) -> tuple[csc_array, Array]:
    """A symmetric, diagonally dominant matrix that couples random points with those around them."""
    rng = np.random.default_rng(seed)
    # On a coarse lattice, so that many have the same coordinates.
    positions = rng.integers(0, 6, (count, dimension)) / 5.0
    pairs = cKDTree(positions).query_pairs(0.3, output_type="ndarray")
    values = rng.uniform(-1, 1, len(pairs))
    half = coo_array((values, (pairs[:, 0], pairs[:, 1])), shape=(count, count)).tocsc()
    matrix = half + half.T
    return csc_array(matrix + csc_array(np.diag(abs(matrix).sum(axis=0) + 1))), positions


def analysed(matrix: csc_array, positions: Array) -> Symbolic:
    return symbolic(matrix.indptr, matrix.indices, dissection(matrix.indptr, matrix.indices, positions))


def values_of(plan: Symbolic, matrix: csc_array) -> tuple[Array, int]:
    values = np.zeros(int(plan.panel_starts[-1]))
    bad = factorise(
        values, matrix.data, plan.entries, plan.targets,
        plan.firsts, plan.row_starts, plan.panel_starts, plan.parents, plan.places, np.empty(plan.stack),
    )  # fmt: skip
    return values, bad


def lower(plan: Symbolic, values: Array) -> Array:
    """(n, n), dense."""
    found = np.zeros((len(plan.order),) * 2)
    for s in range(len(plan.parents)):
        begin, end = plan.firsts[s : s + 2]
        rows = plan.rows[plan.row_starts[s] : plan.row_starts[s + 1]]
        panel = values[plan.panel_starts[s] : plan.panel_starts[s + 1]].reshape(end - begin, len(rows)).T
        found[rows, begin:end] = panel
    return np.tril(found)


@given(count=st.integers(1, 60), dimension=st.integers(1, 3), seed=st.integers(0, 1000))
def test_the_factor_times_its_transpose_is_the_matrix_in_the_order_of_elimination(
    count: int, dimension: int, seed: int
) -> None:
    matrix, positions = neighbours(count, dimension, seed)
    found = analysed(matrix, positions)
    np.testing.assert_array_equal(np.sort(found.order), np.arange(count))
    values, bad = values_of(found, matrix)
    assert bad == -1
    product = lower(found, values) @ lower(found, values).T
    expected = matrix.toarray()[np.ix_(found.order, found.order)]
    np.testing.assert_allclose(product, expected, atol=1e-12 * abs(expected).max())


@given(count=st.integers(1, 60), seed=st.integers(0, 1000))
def test_every_entry_that_fill_may_reach_is_stored(count: int, seed: int) -> None:
    """Elimination on the pattern alone, by sets, as in George & Liu 1981, section 5.1."""
    matrix, positions = neighbours(count, 2, seed)
    found = analysed(matrix, positions)
    filled = matrix.toarray()[np.ix_(found.order, found.order)] != 0
    for j in range(count):
        below = j + 1 + np.flatnonzero(filled[j + 1 :, j])
        filled[np.ix_(below, below)] = True
    stored = np.zeros((count, count), dtype=bool)
    for s in range(len(found.parents)):
        rows = found.rows[found.row_starts[s] : found.row_starts[s + 1]]
        stored[np.ix_(rows, np.arange(*found.firsts[s : s + 2]))] = True
    assert not (np.tril(filled) & ~stored).any()
    assert found.nonzeros == np.tril(stored).sum()


def test_a_bad_pivot_is_told_and_not_a_number_is_one() -> None:
    matrix, positions = neighbours(20, 2, 0)
    found = analysed(matrix, positions)
    for bad in (np.nan, -1e6):
        broken = matrix.copy()
        broken[7, 7] = bad
        assert values_of(found, csc_array(broken))[1] == np.flatnonzero(found.order == 7)[0]


@pytest.mark.parametrize("degree", (1, 2))
def test_fill_grows_as_n_log_n(degree: int) -> None:
    """George 1973: nested dissection of a square of n nodes leaves 31/4 n log2 n entries for bilinear elements.

    So four times the nodes have 4 (1 + 2 / log2 n) times the entries and lower orders, about 5; a band would have 8.
    """

    def nonzeros(count: int) -> int:
        mesh, element = unit_square(count, count), ELEMENTS[degree]
        made = plan(mesh, element, boundary_points(mesh, degree))
        matrix = made.matrix(np.ones(len(mesh.cells)))
        return analysed(matrix, mesh.points(degree)[made.free]).nonzeros

    small, large = nonzeros(48 // degree), nonzeros(96 // degree)
    assert 4.0 < large / small < 6.0
    nodes = 96**2
    assert large < 31 / 4 * nodes * np.log2(nodes)
