"""The neighbour search, against looking at every pair."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.base import Array
from models.operators.graph.neighbours import Neighbours, nearest, within


def cloud(count: int, dim: int, seed: int) -> Array:
    return np.random.default_rng(seed).random((count, dim)).astype(np.float32)


def distances(sources: Array, queries: Array) -> Array:
    """(queries, sources)"""
    return np.linalg.norm(queries[:, None].astype(float) - sources[None].astype(float), axis=2)


def rows(found: Neighbours) -> list[list[int]]:
    return [sorted(found.indices[a:b].tolist()) for a, b in zip(found.splits, found.splits[1:], strict=False)]


def every_pair(sources: Array, queries: Array, radius: float) -> list[list[int]]:
    return [np.flatnonzero(near).tolist() for near in distances(sources, queries) <= radius]


@given(st.integers(1, 40), st.integers(0, 20), st.integers(1, 3), st.floats(0.01, 2.0), st.integers(0, 2**32 - 1))
def test_a_radius_finds_what_looking_at_every_pair_finds(m: int, n: int, dim: int, radius: float, seed: int) -> None:
    sources, queries = cloud(m, dim, seed), cloud(n, dim, seed + 1)
    gaps = np.abs(distances(sources, np.concatenate((sources, queries))) / radius - 1)
    if gaps.min() < 1e-5:
        return  # the answer is a matter of rounding
    assert rows(within(sources, queries, radius)) == every_pair(sources, queries, radius)
    assert rows(within(sources, sources, radius)) == every_pair(sources, sources, radius)


def test_the_same_points_in_another_array_have_the_same_neighbours() -> None:
    points = cloud(300, 2, 0)
    assert rows(within(points, points, 0.1)) == rows(within(points, points.copy(), 0.1))


def test_on_a_grid_whose_step_the_radius_is_a_multiple_of_no_side_is_left_out() -> None:
    line = np.linspace(0, 1, 11, dtype=np.float32)
    grid = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    counts = within(grid, grid, 0.3).counts.reshape(11, 11)
    assert (counts[3:-3, 3:-3] == 29).all()  # lattice points in a circle of radius 3


@given(st.integers(1, 30), st.integers(1, 10), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_the_nearest_are_nearer_than_all_others(m: int, n: int, count: int, seed: int) -> None:
    sources, queries = cloud(m, 2, seed), cloud(n, 2, seed + 1)
    found = nearest(sources, queries, count)
    apart = distances(sources, queries)
    assert (found.counts == min(count, m)).all()
    for query, row in enumerate(rows(found)):
        assert len(set(row)) == len(row)
        others = np.delete(apart[query], row)
        assert others.size == 0 or apart[query][row].max() <= others.min()


def test_each_neighbour_knows_its_query() -> None:
    sources, queries = cloud(50, 3, 1), cloud(20, 3, 2)
    found = within(sources, queries, 0.4)
    gaps = np.linalg.norm(queries[found.queries] - sources[found.indices], axis=1)
    assert len(gaps) == found.splits[-1]
    assert (gaps <= 0.4 + 1e-6).all()


def test_a_query_may_have_no_neighbour() -> None:
    found = within(np.zeros((3, 2)), np.array([[0.0, 0.0], [5.0, 5.0]]), 1.0)
    assert found.counts.tolist() == [3, 0]
