"""Total variation of what has one in closed form, and the quadratic that touches it."""

from __future__ import annotations

import numpy as np
import pytest

from models.fem.mesh import Triangulation, unit_square
from models.fem.optimize.variation import variation
from tests.unit.models.fem.meshes import MESHES

SQUARE = unit_square(8, 8)


def test_a_block_counts_its_perimeter_times_its_jump() -> None:
    x, y = SQUARE.nodes[SQUARE.cells].mean(axis=1).T
    block = 3.0 * ((x > 0.25) & (x < 0.75) & (y > 0.5) & (y < 0.75))
    found = variation(SQUARE, np.arange(len(block)), 1e-9).value(block)
    assert found == pytest.approx(3.0 * 1.5, rel=1e-7)


@pytest.mark.parametrize("count", (4, 8, 16))
def test_what_jumps_counts_alike_on_every_mesh(count: int) -> None:
    mesh = unit_square(count, count)
    half = (mesh.nodes[mesh.cells].mean(axis=1)[:, 0] > 0.5) * 2.0
    assert variation(mesh, np.arange(len(half)), 1e-9).value(half) == pytest.approx(2.0, rel=1e-7)


def test_patches_count_as_their_cells_do() -> None:
    patches = np.arange(len(SQUARE.cells)) // 4
    m = np.random.default_rng(0).normal(size=patches.max() + 1)
    by_patch, by_cell = variation(SQUARE, patches, 0.1), variation(SQUARE, np.arange(len(patches)), 0.1)
    assert by_patch.value(m) == pytest.approx(by_cell.value(m[patches]), rel=1e-12)


@pytest.mark.parametrize("mesh", MESHES.values(), ids=MESHES)
def test_constants_have_none_and_the_gradient_is_that_of_differences(mesh: Triangulation) -> None:
    count = len(mesh.cells)
    found = variation(mesh, np.arange(count), 0.05)
    assert found.value(np.full(count, 7.0)) == 0
    rng = np.random.default_rng(0)
    m, direction = rng.normal(size=(2, count))
    slope = (found.value(m + 1e-6 * direction) - found.value(m - 1e-6 * direction)) / 2e-6
    assert found.gradient(m) @ direction == pytest.approx(slope, rel=1e-6, abs=1e-9)


def test_the_lagged_quadratic_is_above_and_touches() -> None:
    found = variation(SQUARE, np.arange(len(SQUARE.cells)), 0.05)
    rng = np.random.default_rng(0)
    m = rng.normal(size=len(SQUARE.cells))
    lagged = found.lagged(m)
    for size in (1e-3, 1.0, 100.0):
        other = m + size * rng.normal(size=len(m))
        above = found.value(m) + (other @ (lagged @ other) - m @ (lagged @ m)) / 2
        assert found.value(other) <= above + 1e-12 * abs(above)
