from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, diags_array, lil_array

from models.base import Array
from models.fem.assembly import stiffness
from models.fem.element import ELEMENTS
from models.fem.mesh import unit_square
from models.fem.structured.colours import joined, split_into
from models.fem.structured.hierarchy import Hierarchy, hierarchy
from models.fem.structured.levels import Levels, levels
from models.fem.structured.network import network
from tests.unit.models.fem.structured.squares import Square, random_square

SQUARES = {
    "all fixed": random_square((16, 24)),
    "one edge fixed": random_square((24, 16), first=3, count=2),
    "uneven stretches fixed": random_square((40, 24), first=5, count=33),
    "odd coarsest": random_square((20, 12), first=1, count=7),
}
every_square = pytest.mark.parametrize("square", SQUARES.values(), ids=SQUARES)


def grids_of(square: Square) -> Hierarchy:
    return hierarchy(*square.sides, square.dirichlet)


def levels_of(square: Square) -> Levels:
    return levels(grids_of(square), square.conductivity)


def is_free(grids: Hierarchy, level: int) -> Array:
    x_count, y_count = grids.sides[level]
    free = np.ones((y_count + 1, x_count + 1), dtype=bool)
    free[grids.fixed[level][:, 1], grids.fixed[level][:, 0]] = False
    return free.ravel()


def matrix_on(found: Levels, level: int) -> csr_array:
    """(nodes, nodes), read from the arrays of two colours edge by edge."""
    grids = found.grids
    x_count, y_count = grids.sides[level].tolist()
    shape = y_count + 3, x_count // 2 + 3
    start, end = grids.starts[level : level + 2]
    edges = found.stencils[6 * start : 6 * end].reshape(6, *shape)
    inverse = joined(edges[4:])
    matrix = lil_array((inverse.size, inverse.size))
    for j in range(y_count + 1):
        for i in range(x_count + 1):
            own = i + j * (x_count + 1)
            matrix[own, own] = 1 / inverse[j, i] if inverse[j, i] else 1
            if i < x_count:
                matrix[own, own + 1] = matrix[own + 1, own] = -edges[i % 2, j + 1, i // 2 + 1]
            if j < y_count:
                above = own + x_count + 1
                matrix[own, above] = matrix[above, own] = -edges[2 + i % 2, j + 1, i // 2 + 1]
    return matrix.tocsr()


def prolongation(grids: Hierarchy, level: int) -> csr_array:
    """(fine, coarse): linear interpolation along edges, the diagonal ones rising, to `level` from the next."""
    x_count, y_count = grids.sides[level].tolist()
    matrix = lil_array(((x_count + 1) * (y_count + 1), (x_count // 2 + 1) * (y_count // 2 + 1)))
    for j in range(y_count + 1):
        for i in range(x_count + 1):
            for column, row in ((i // 2, j // 2), ((i + 1) // 2, (j + 1) // 2)):
                matrix[i + j * (x_count + 1), column + row * (x_count // 2 + 1)] += 0.5
    return matrix.tocsr()


@every_square
def test_the_finest_level_is_the_assembled_stiffness(square: Square) -> None:
    found = levels_of(square)
    whole = stiffness(unit_square(*square.sides), ELEMENTS[1], square.conductivity) / found.scale
    free = is_free(found.grids, 0)
    held = matrix_on(found, 0)
    np.testing.assert_allclose(held[free][:, free].toarray(), whole[free][:, free].toarray(), atol=1e-6)
    np.testing.assert_array_equal(held[~free][:, ~free].toarray(), np.eye(np.count_nonzero(~free)))
    assert not held[free][:, ~free].count_nonzero()


@every_square
def test_the_network_is_the_assembled_stiffness(square: Square) -> None:
    whole = stiffness(unit_square(*square.sides), ELEMENTS[1], square.conductivity)
    grids = grids_of(square)
    made = network(square.conductivity.reshape(square.sides[1], square.sides[0], 2), *grids.weights, grids.fixed[0])
    free = is_free(grids, 0)
    np.testing.assert_allclose(made.matrix().toarray(), whole[free][:, free].toarray(), atol=1e-13 * abs(whole).max())


@every_square
def test_coarse_operators_are_those_of_galerkin(square: Square) -> None:
    """PᵀKP, with P the interpolation of coarse fields that are 0 at the fixed nodes; single precision has 7 digits."""
    found = levels_of(square)
    for level in range(found.grids.levels - 2):
        free, coarse_free = is_free(found.grids, level), is_free(found.grids, level + 1)
        p = prolongation(found.grids, level) @ diags_array(coarse_free.astype(float))
        assert not p[~free].count_nonzero()  # the spaces are nested, fixed nodes included
        product = (p.T @ matrix_on(found, level) @ p)[coarse_free][:, coarse_free]
        coarse = matrix_on(found, level + 1)[coarse_free][:, coarse_free]
        np.testing.assert_allclose(product.toarray(), coarse.toarray(), atol=2e-6 * abs(coarse).max())


@every_square
def test_the_last_level_is_factorised(square: Square) -> None:
    found = levels_of(square)
    x_count, y_count = found.grids.sides[-1]
    band = found.lower.shape[1] - 1
    lower = np.zeros((len(found.lower), len(found.lower)))
    for p, row in enumerate(found.lower):
        for q in range(max(0, p - band), p + 1):
            lower[p, q] = row[q - p + band] if q < p else 1 / row[band]
    level = found.grids.levels - 2
    free, coarse_free = is_free(found.grids, level), is_free(found.grids, level + 1)
    p = (prolongation(found.grids, level) @ diags_array(coarse_free.astype(float)))[free]
    expected = (p.T @ matrix_on(found, level)[free][:, free] @ p).toarray() + np.diag(1.0 - coarse_free)
    if x_count > y_count:  # the factor numbers along the shorter side
        order = np.arange(expected.shape[0]).reshape(y_count + 1, x_count + 1).T.ravel()
        expected = expected[np.ix_(order, order)]
    np.testing.assert_allclose(lower @ lower.T, expected, atol=2e-6 * abs(expected).max())


def test_nodes_are_put_together_from_their_colours() -> None:
    nodes = np.random.default_rng(0).standard_normal((7, 9))
    red, black = colours = np.zeros((2, 9, 7))
    split_into(colours, nodes)
    np.testing.assert_array_equal(joined(colours), nodes)
    assert np.count_nonzero(red) + np.count_nonzero(black) == nodes.size
    assert red[1, 1] == nodes[0, 0]
    assert black[1, 1] == nodes[0, 1]


def test_the_size_of_levels_counts_their_arrays() -> None:
    found = levels_of(SQUARES["all fixed"])
    assert found.size_bytes > found.fine.nbytes + found.stencils.nbytes + found.lower.nbytes


def test_shares_are_those_of_the_conductances() -> None:
    """Constant fields are interpolated to themselves; without conductances to the left, only the right counts."""
    square = random_square((16, 16))
    found = levels_of(square)
    shares = found.shares[: 16 * 16].reshape(4, 8, 8)
    np.testing.assert_allclose(shares.sum(axis=0), 1, rtol=1e-6)
    even = levels(grids_of(square), np.ones(1))
    np.testing.assert_array_equal(even.shares[: 16 * 16], 0.25)
    right_half = np.where(np.arange(16) % 2 == 1, 1.0, 1e-9)[:, None] * np.ones(2)
    left_out = levels(grids_of(square), np.broadcast_to(right_half, (16, 16, 2)).ravel())
    np.testing.assert_allclose(left_out.shares[: 16 * 16].reshape(4, 8, 8)[[0, 2]], 0, atol=1e-6)
