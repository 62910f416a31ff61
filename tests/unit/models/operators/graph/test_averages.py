"""Averages over balls, against integrals that are known, and their order of convergence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from models.base import Array
from models.operators.graph.averages import Averages, over_balls, over_nearest
from models.operators.points.volumes import volumes

CENTRE = np.full((1, 2), 0.5)


def grid(count: int) -> Array:
    line = np.linspace(0, 1, count)
    return np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)


def cloud(count: int) -> Array:
    """Scattered without order, and evenly: a grid whose inner nodes were shaken."""
    x = grid(count)
    inner = ((x > 0) & (x < 1)).all(axis=1)
    x[inner] += np.random.default_rng(1).uniform(-0.3, 0.3, (int(inner.sum()), 2)) / count
    return x


def applied(averages: Averages, f: Array) -> Array:
    weighted = averages.weights * f[averages.neighbours.indices]
    return np.bincount(averages.neighbours.queries, weights=weighted, minlength=len(averages.coverage))


def test_the_average_of_a_square_is_its_integral_against_the_window() -> None:
    """f = |x − c|²; in polar coordinates all is one integral over the radius."""
    r = 0.3
    mass, _ = quad(lambda s: (1 - s**2) ** 2 * s, 0, 1)
    moment, _ = quad(lambda s: (1 - s**2) ** 2 * s * (r * s) ** 2, 0, 1)
    x = grid(161)
    found = applied(over_balls(x, volumes(x, (161, 161)), CENTRE, r), np.sum((x - 0.5) ** 2, axis=1))
    assert found == pytest.approx(moment / mass, rel=1e-5)


@pytest.mark.parametrize("scattered", [False, True])
def test_averages_converge_with_the_square_of_the_spacing(scattered: bool) -> None:
    places = np.random.default_rng(0).random((60, 2))  # some of the balls reach over the boundary

    def found(x: Array, shape: tuple[int, ...]) -> Array:
        f = np.sin(3 * x[:, 0]) * np.exp(x[:, 1])
        return applied(over_balls(x, volumes(x, shape), places, 0.2), f)

    exact = found(grid(401), (401, 401))
    coarse, fine = (
        np.linalg.norm(found(cloud(count), ()) - exact)
        if scattered
        else np.linalg.norm(found(grid(count), (count, count)) - exact)
        for count in (21, 81)
    )
    assert np.log(coarse / fine) / np.log(4) > 1.8


def test_where_points_crowd_the_average_does_not_follow_them() -> None:
    """The half x < ½ has four times as many points each way; f is 1 there and 0 elsewhere."""
    left, right = grid(81) * (0.5, 1), grid(21) * (0.5, 1) + (0.5, 0)
    x = np.concatenate((left, right[right[:, 0] > 0.5]))
    found = over_balls(x, volumes(x), CENTRE, 0.25)
    assert applied(found, (x[:, 0] < 0.5).astype(float)) == pytest.approx(0.5, abs=0.02)


def test_coverage_is_one_inside_a_half_on_a_side_and_a_quarter_in_a_corner() -> None:
    x = grid(101)
    places = np.array([[0.5, 0.5], [0.0, 0.5], [0.0, 0.0]])
    found = over_balls(x, volumes(x, (101, 101)), places, 0.2)
    assert found.coverage == pytest.approx(np.array([1, 0.5, 0.25]), abs=1e-3)


@pytest.mark.parametrize(("dim", "count"), [(1, 401), (3, 25)])
def test_coverage_is_one_inside_in_one_and_in_three_dimensions(dim: int, count: int) -> None:
    lines = [np.linspace(0, 1, count)] * dim
    x = np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1).reshape(-1, dim)
    found = over_balls(x, volumes(x, (count,) * dim), np.full((1, dim), 0.5), 0.3)
    assert found.coverage == pytest.approx(1, abs=2e-3)


def test_a_query_without_neighbours_has_an_average_of_zero() -> None:
    x = grid(5)
    found = over_balls(x, volumes(x, (5, 5)), np.array([[9.0, 9.0]]), 0.3)
    assert applied(found, np.ones(25)).tolist() == [0.0]
    assert found.coverage.tolist() == [0.0]


def test_neighbours_that_stand_for_nothing_count_alike() -> None:
    x = np.array([[0.0, 0.0], [0.1, 0.0]])
    found = over_balls(x, np.zeros(2), x, 1.0)
    assert found.weights.tolist() == [0.5] * 4


def test_the_nearest_are_averaged_by_what_they_stand_for() -> None:
    x = np.array([[0.0, 0.0], [1.0, 0.0], [5.0, 0.0]])
    found = over_nearest(x, np.array([1.0, 3.0, 9.0]), np.array([[0.2, 0.0]]), 2)
    assert applied(found, np.array([0.0, 1.0, 100.0])) == pytest.approx(0.75)
