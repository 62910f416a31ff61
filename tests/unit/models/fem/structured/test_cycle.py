from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from models.base import Array
from models.fem.structured import conductances, cycle
from models.fem.structured.coarsest import _factorise
from models.fem.structured.colours import colours_of
from models.fem.structured.hierarchy import hierarchy
from models.fem.structured.levels import levels
from tests.unit.models.fem.structured.squares import random_square

SQUARE = random_square((24, 16), first=5, count=20)
LEVELS = levels(hierarchy(*SQUARE.sides, SQUARE.dirichlet), SQUARE.conductivity)


def corrected(load: Array) -> Array:
    """A V-cycle from a load on the nodes of level 1 to a field there."""
    grids = LEVELS.grids
    nodes, room = np.zeros(2 * grids.starts[-1], np.float32), np.zeros(4 * grids.starts[-1], np.float32)
    on_one = cycle.nodes_of(nodes, grids.sides, grids.starts, 1)
    on_one[:] = load.reshape(on_one.shape)
    cycle.v_cycle(nodes, room, grids.sides, grids.starts, LEVELS.edges, LEVELS.inverse, LEVELS.lower)
    return on_one.ravel().astype(float)


def test_a_v_cycle_is_symmetric_and_positive_definite_on_free_nodes() -> None:
    x_count, y_count = LEVELS.grids.sides[1].tolist()
    free = np.ones((y_count + 1, x_count + 1), dtype=bool)
    free[LEVELS.grids.fixed[1][:, 1], LEVELS.grids.fixed[1][:, 0]] = False
    units = np.eye(free.size)[free.ravel()]
    matrix = np.stack([corrected(unit) for unit in units])[:, free.ravel()]
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-6 * abs(matrix).max())
    assert np.linalg.eigvalsh((matrix + matrix.T) / 2)[0] > 0


def test_a_v_cycle_leaves_fixed_nodes_at_zero() -> None:
    columns, rows = LEVELS.grids.fixed[1].T
    x_count, y_count = LEVELS.grids.sides[1].tolist()
    field = corrected(np.ones((x_count + 1) * (y_count + 1))).reshape(y_count + 1, x_count + 1)
    assert not field[rows, columns].any()


def compiled_and_interpreted(kernel: Any, *arguments: Any) -> tuple[list[Any], list[Any]]:
    """What a kernel returns and leaves in its arguments: as it is compiled, and as Python reads it."""
    found = []
    for function in (kernel, kernel.py_func):
        own = [value.copy() if isinstance(value, np.ndarray) else value for value in arguments]
        found.append([function(*own), *own])
    return found[0], found[1]


def rows(*kinds: int, dtype: Any = np.float32) -> Array:
    """Arrays of one colour of level 0 with a rim of zeros."""
    values = np.zeros((*kinds, *LEVELS.fine_diagonal.shape), dtype)
    values[..., 1:-1, 1:-2] = np.random.default_rng(0).standard_normal(values[..., 1:-1, 1:-2].shape)
    return values


def nodes(level: int, dtype: Any = np.float32) -> Array:
    x_count, y_count = LEVELS.grids.sides[level].tolist()
    return np.random.default_rng(1).standard_normal((y_count + 1, x_count + 1)).astype(dtype)


def kernels() -> dict[str, Callable[[], tuple[Any, ...]]]:
    grids, edges, inverse = LEVELS.grids, LEVELS.fine_edges, LEVELS.fine_inverse
    single = edges.astype(np.float32), inverse.astype(np.float32)
    total = np.zeros(edges.shape[2])
    low_total = total.astype(np.float32)
    x_count, y_count = grids.sides[0].tolist()
    k = SQUARE.conductivity.reshape(y_count, x_count, 2)
    spd = np.column_stack((-np.ones((9, 2)), np.full(9, 5.0)))
    size = int(grids.starts[-1])
    load = colours_of(SQUARE.load.reshape(grids.shape))
    return {
        "assemble": lambda: (
            conductances.assemble, k, 0.5, 2.0, np.zeros_like(edges), np.zeros_like(inverse), rows(dtype=float),
        ),
        "coarsen": lambda: (conductances.coarsen, k, np.zeros((y_count // 2, x_count // 2, 2))),
        "fix": lambda: (conductances.fix, grids.fixed[0], edges, inverse, np.zeros((len(grids.fixed[0]), 4))),
        "factorise": lambda: (_factorise, spd),
        "neighbours, even": lambda: (cycle.neighbours, low_total, single[0], rows(), 3, True),
        "neighbours, odd": lambda: (cycle.neighbours, low_total, single[0], rows(), 3, False),
        "sweep": lambda: (cycle.sweep, rows(), single[0], single[1][0], rows(), rows(), True, low_total),
        "restrict": lambda: (cycle.restrict, nodes(1), single[0], rows(), low_total),
        "prolong": lambda: (cycle.prolong, rows(), single[1][0], rows(), nodes(1)),
        "split": lambda: (cycle.split, rows(), rows(), nodes(0)),
        "join": lambda: (cycle.join, nodes(0), rows(), rows()),
        "coarsest": lambda: (
            cycle.solve_coarsest, nodes(grids.levels - 1), LEVELS.lower, np.zeros(len(LEVELS.lower)),
        ),
        "colours": lambda: (cycle.colours, LEVELS.edges, 4, grids.sides, grids.starts, 1),
        "nodes": lambda: (cycle.nodes_of, np.arange(2.0 * size, dtype=np.float32), grids.sides, grids.starts, 1),
        "v-cycle": lambda: (
            cycle.v_cycle, np.ones(2 * size, np.float32), np.zeros(4 * size, np.float32), grids.sides, grids.starts,
            LEVELS.edges, LEVELS.inverse, LEVELS.lower,
        ),
        "schur": lambda: (
            cycle.schur, rows(dtype=float), rows(dtype=float), edges, inverse[0], LEVELS.fine_diagonal,
            rows(dtype=float), rows(dtype=float), total,
        ),
        "largest": lambda: (cycle.largest, rows(dtype=float)),
        "largest term": lambda: (cycle.largest_term, rows(dtype=float), rows(dtype=float)),
        "conjugate gradients": lambda: (
            cycle.conjugate_gradients, np.zeros_like(load[0]), np.zeros_like(load[0]), load[0], load[1], grids.sides,
            grids.starts, edges, inverse, LEVELS.fine_diagonal, LEVELS.edges, LEVELS.inverse, LEVELS.lower, 1e-10, 1e-8,
            1e-15, 50,
        ),
    }  # fmt: skip


@pytest.mark.parametrize("name", kernels())
def test_a_kernel_does_what_its_text_says(name: str) -> None:
    """Compiled with sums reordered, it agrees to round-off with its text read by Python."""
    fast, read = compiled_and_interpreted(*kernels()[name]())
    for one, other in zip(fast, read, strict=True):
        if one is not None:
            largest = np.max(np.abs(np.asarray(other, float)))
            np.testing.assert_allclose(one, other, atol=1e-4 * largest)


def test_a_residual_that_is_no_number_is_no_convergence() -> None:
    load = colours_of(SQUARE.load.reshape(LEVELS.grids.shape))
    load[1, 3, 3] = np.nan
    red, black = np.zeros((2, *load.shape[1:]))
    steps, residual, converged = cycle.conjugate_gradients(
        red, black, load[0], load[1], LEVELS.grids.sides, LEVELS.grids.starts, LEVELS.fine_edges, LEVELS.fine_inverse,
        LEVELS.fine_diagonal, LEVELS.edges, LEVELS.inverse, LEVELS.lower, 1e-10, 1e-8, 1e-15, 50,
    )  # fmt: skip
    assert (steps, converged) == (0, False)
    assert np.isnan(residual)
