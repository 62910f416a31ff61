"""What each point stands for, against lengths, areas and volumes that are known."""

from __future__ import annotations

import numpy as np
import pytest

from models.base import Array, Refusal
from models.operators.points.volumes import circumradii, refuse_coarse, volumes


def lattice(counts: tuple[int, ...]) -> Array:
    lines = [np.linspace(0, 1, count) for count in counts]
    return np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1).reshape(-1, len(counts))


@pytest.mark.parametrize("counts", [(9,), (4, 7), (3, 4, 5)])
def test_on_a_grid_the_sum_is_the_trapezoidal_rule(counts: tuple[int, ...]) -> None:
    x = lattice(counts)
    found = volumes(x, counts)
    assert found.sum() == pytest.approx(1)
    assert found @ np.prod(1 + x, axis=1) == pytest.approx(1.5 ** len(counts))  # multilinear: exact


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_scattered_points_integrate_linear_functions_over_their_hull_exactly(dim: int) -> None:
    corners = lattice((2,) * dim)
    x = np.concatenate((corners, np.random.default_rng(dim).random((60, dim))))
    found = volumes(x)
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(1)
    assert found @ x == pytest.approx(np.full(dim, 0.5))


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_the_order_of_the_points_does_not_matter(dim: int) -> None:
    x = np.random.default_rng(dim).random((40, dim))
    order = np.random.default_rng(9).permutation(40)
    assert volumes(x[order]) == pytest.approx(volumes(x)[order])


def test_a_hole_wider_than_the_reach_is_left_out() -> None:
    x = lattice((41, 41))
    ring = np.stack([np.cos(a := np.linspace(0, 2 * np.pi, 80, endpoint=False)), np.sin(a)], axis=1) * 0.3 + 0.5
    x = np.concatenate((x[np.linalg.norm(x - 0.5, axis=1) > 0.31], ring))
    polygon = 80 / 2 * np.sin(2 * np.pi / 80) * 0.3**2
    assert volumes(x, reach=0.1).sum() == pytest.approx(1 - polygon, rel=1e-6)
    assert volumes(x).sum() == pytest.approx(1)


def test_a_gap_in_a_line_wider_than_twice_the_reach_is_left_out() -> None:
    x = np.array([[0.0], [0.1], [0.9], [1.0]])
    assert volumes(x, reach=0.2).tolist() == pytest.approx([0.05, 0.05, 0.05, 0.05])


def test_coincident_points_do_not_count_twice() -> None:
    x = np.concatenate((lattice((3, 3)), [[0.5, 0.5]]))
    assert volumes(x).sum() == pytest.approx(1)


@pytest.mark.parametrize("x", [np.zeros((2, 2)), np.linspace(0, 1, 12).repeat(2).reshape(-1, 2), np.zeros((0, 3))])
def test_points_that_span_no_volume_are_refused(x: Array) -> None:
    with pytest.raises(Refusal, match="general position") as refused:
        volumes(x)
    assert refused.value.reason == "WRONG_POINTS"


@pytest.mark.parametrize("dim", [2, 3])
def test_a_cell_inscribed_in_a_sphere_has_its_radius(dim: int) -> None:
    corners = np.random.default_rng(dim).standard_normal((50, dim + 1, dim))
    corners /= np.linalg.norm(corners, axis=2, keepdims=True)
    found = circumradii(0.7 * (corners[:, 1:] - corners[:, :1]))
    assert found == pytest.approx(np.full(50, 0.7), rel=1e-6)
    assert np.isinf(circumradii(np.ones((1, dim, dim)))).all()


def test_points_that_are_too_far_apart_are_refused() -> None:
    of_each = volumes(lattice((41, 41)), (41, 41))
    refuse_coarse(of_each, 2, 0.026, "")
    for too_coarse, most in ((of_each, 0.024), (np.zeros(3), 9.0)):
        with pytest.raises(Refusal, match="apart"):
            refuse_coarse(too_coarse, 2, most, "")
