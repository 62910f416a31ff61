from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.base import Array
from models.fem.structured import conductances, cycle
from models.fem.structured.coarsest import _factorise
from models.fem.structured.colours import split_into
from models.fem.structured.hierarchy import hierarchy
from models.fem.structured.levels import levels
from tests.unit.models.fem.structured.squares import random_square

SQUARE = random_square((24, 16), first=5, count=20)
LEVELS = levels(hierarchy(*SQUARE.sides, SQUARE.dirichlet), SQUARE.conductivity)


def corrected(load: Array) -> Array:
    """A V-cycle from a load on the black nodes of level 0 to a field there."""
    grids = LEVELS.grids
    nodes, room = np.zeros(2 * grids.starts[-1], np.float32), np.zeros(6 * grids.starts[-1], np.float32)
    held = cycle.colours(room, grids.sides, grids.starts, 0)
    held[3] = load
    cycle.v_cycle(nodes, room, grids.sides, grids.starts, LEVELS.stencils, LEVELS.shares, LEVELS.lower)
    return held[1].astype(float)


def test_a_v_cycle_is_symmetric_and_positive_definite_on_free_nodes() -> None:
    """The inverse diagonal is 0 at fixed nodes and on the rim."""
    places = np.argwhere(LEVELS.fine[5] > 0)
    columns = []
    for place in places:
        unit = np.zeros_like(LEVELS.fine[5])
        unit[tuple(place)] = 1
        columns.append(corrected(unit)[tuple(places.T)])
    matrix = np.stack(columns)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-6 * abs(matrix).max())
    assert np.linalg.eigvalsh((matrix + matrix.T) / 2)[0] > 0


def test_a_v_cycle_leaves_fixed_nodes_at_zero() -> None:
    assert not corrected(np.ones_like(LEVELS.fine[5]))[LEVELS.fine[5] == 0].any()


def compiled_and_interpreted(kernel: Any, *arguments: Any) -> tuple[list[Any], list[Any]]:
    """What a kernel returns and leaves in its arguments: as it is compiled, and as Python reads it."""
    found = []
    for function in (kernel, kernel.py_func):
        own = [value.copy() if isinstance(value, np.ndarray) else value for value in arguments]
        found.append([function(*own), *own])
    return found[0], found[1]


def rows(*kinds: int, dtype: Any = np.float32) -> Array:
    """Arrays of one colour of level 0 with a rim of zeros."""
    values = np.zeros((*kinds, *LEVELS.fine.shape[1:]), dtype)
    values[..., 1:-1, 1:-2] = np.random.default_rng(0).standard_normal(values[..., 1:-1, 1:-2].shape)
    return values


def nodes(level: int) -> Array:
    x_count, y_count = LEVELS.grids.sides[level].tolist()
    return np.random.default_rng(1).standard_normal((y_count + 1, x_count + 1)).astype(np.float32)


def kernels() -> dict[str, tuple[Any, ...]]:
    grids, fine, stencils, shares = LEVELS.grids, LEVELS.fine, LEVELS.stencils, LEVELS.shares
    places = grids.sides, grids.starts
    x_count, y_count = grids.sides[0].tolist()
    size, single = int(grids.starts[-1]), fine[:6].astype(np.float32)
    part, total = cycle.cells_of(shares, *places, 0), np.zeros(fine.shape[2], np.float32)
    k = SQUARE.conductivity.reshape(y_count, x_count, 2)
    return {
        "assemble": (conductances.assemble, k, 0.5, 2.0, np.zeros_like(fine)),
        "share": (conductances.share, fine + 1, np.zeros_like(part)),
        "coarsen": (conductances.coarsen, k, np.zeros((y_count // 2, x_count // 2, 2))),
        "fix": (conductances.fix, grids.fixed[0], fine, np.zeros((len(grids.fixed[0]), 4))),
        "factorise": (_factorise, np.column_stack((-np.ones((9, 2)), np.full(9, 5.0)))),
        "sweep, even": (cycle.sweep, rows(), single, rows(), rows(), 3, True),
        "sweep, odd": (cycle.sweep, rows(), single, rows(), rows(), 3, False),
        "remainder, even": (cycle.remainder, rows(dtype=float), fine, rows(dtype=float), rows(dtype=float), 4, True),
        "remainder, odd": (cycle.remainder, rows(dtype=float), fine, rows(dtype=float), rows(dtype=float), 3, False),
        "restrict, even": (cycle.restrict, nodes(1), part, single, rows(), 1, total),
        "restrict, odd": (cycle.restrict, nodes(1), part, single, rows(), 4, total),
        "prolong, even": (cycle.prolong, rows(), part, nodes(1), 3),
        "prolong, odd": (cycle.prolong, rows(), part, nodes(1), 4),
        "split": (cycle.split, rows(), rows(), nodes(0)),
        "join": (cycle.join, nodes(0), rows(), rows()),
        "coarsest": (cycle.solve_coarsest, nodes(grids.levels - 1), LEVELS.lower, np.zeros(len(LEVELS.lower))),
        "colours": (cycle.colours, stencils, *places, 1),
        "nodes": (cycle.nodes_of, shares, *places, 1),
        "cells": (cycle.cells_of, shares, *places, 1),
        "v-cycle": (
            cycle.v_cycle, np.ones(2 * size, np.float32), np.zeros(6 * size, np.float32), *places, stencils, shares,
            LEVELS.lower,
        ),
        "schur": (
            cycle.schur, rows(dtype=float), rows(dtype=float), rows(dtype=float), rows(), 0.5, fine, rows(dtype=float),
        ),
        "relax red": (
            cycle.relax_red, rows(dtype=float), fine, rows(dtype=float), rows(dtype=float),
        ),
        "largest": (cycle.largest, rows(dtype=float)),
        "largest term": (cycle.largest_term, rows(dtype=float), rows(dtype=float)),
    }  # fmt: skip


TOLERANCES = 1e-10, 1e-8, 1e-15, 50


def room_with(load: Array) -> tuple[Array, Array, Array]:
    double, single, nodes = (array.copy() for array in LEVELS.grids.room)
    on_free = load.copy()
    on_free[SQUARE.dirichlet] = 0
    split_into(double[:2], on_free.reshape(LEVELS.grids.shape))
    return double, single, nodes


def operator() -> tuple[Array, Array, Array, Array]:
    return LEVELS.fine, LEVELS.stencils, LEVELS.shares, LEVELS.lower


@pytest.mark.parametrize("name", kernels())
def test_a_kernel_does_what_its_text_says(name: str) -> None:
    """Compiled with sums reordered, it agrees to round-off with its text read by Python."""
    fast, read = compiled_and_interpreted(*kernels()[name])
    for one, other in zip(fast, read, strict=True):
        if one is not None:
            largest = np.max(np.abs(np.asarray(other, float)))
            np.testing.assert_allclose(one, other, atol=1e-4 * largest)


def test_conjugate_gradients_do_what_their_text_says() -> None:
    places = LEVELS.grids.sides, LEVELS.grids.starts
    fast, read = compiled_and_interpreted(
        cycle.conjugate_gradients, *room_with(SQUARE.load), *places, *operator(), *TOLERANCES, False, np.zeros(51)
    )
    assert fast[0][0] == read[0][0]
    assert fast[0][2]
    assert read[0][2]
    field = read[1][2:4]
    np.testing.assert_allclose(fast[1][2:4], field, atol=1e-8 * np.abs(field).max())


def test_conjugate_gradients_from_a_field_do_what_their_text_says() -> None:
    places, room = (LEVELS.grids.sides, LEVELS.grids.starts), room_with(SQUARE.load)
    room[0][2:4] = rows(2, dtype=float) * (LEVELS.fine[4:6] > 0) * np.abs(SQUARE.load).max()
    fast, read = compiled_and_interpreted(
        cycle.conjugate_gradients, *room, *places, *operator(), *TOLERANCES[:3], 2, True, np.zeros(3)
    )
    assert fast[0][0] == read[0][0] == 2
    np.testing.assert_allclose(fast[1][2:4], read[1][2:4], atol=1e-5 * np.abs(read[1][2:4]).max())
    np.testing.assert_allclose(fast[-1], read[-1], rtol=1e-4)


def test_a_residual_that_is_no_number_is_no_convergence() -> None:
    load = SQUARE.load.copy()
    load[150] = np.nan
    places = LEVELS.grids.sides, LEVELS.grids.starts
    steps, residual, converged = cycle.conjugate_gradients(
        *room_with(load), *places, *operator(), *TOLERANCES, False, np.zeros(51)
    )
    assert (steps, converged) == (0, False)
    assert np.isnan(residual)
