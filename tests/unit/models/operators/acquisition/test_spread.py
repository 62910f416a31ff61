"""Seeding by k-means++, and LCMD's cover."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base import Array
from models.operators.acquisition.lcmd import cover
from models.operators.acquisition.spread import spread, squared_distances

NONE = np.zeros((0, 2))


def clusters(count: int = 6, each: int = 20) -> tuple[Array, Array]:
    """Tight clusters far apart: vectors and the cluster of each."""
    rng = np.random.default_rng(1)
    owner = np.repeat(np.arange(count), each)
    angle = 2 * np.pi * np.arange(count) / count
    centres = 100 * np.stack((np.cos(angle), np.sin(angle)), axis=1)
    return centres[owner] + 0.01 * rng.standard_normal((count * each, 2)), owner


@pytest.mark.parametrize("seed", range(5))
def test_one_of_each_cluster_is_chosen_before_a_second_of_any(seed: int) -> None:
    vectors, owner = clusters()
    chosen = spread(vectors, np.ones(len(vectors)), 6, NONE, np.random.default_rng(seed))
    assert set(owner[chosen]) == set(range(6))
    assert set(owner[cover(vectors, 6, NONE)]) == set(range(6))


def test_clusters_that_hold_a_centre_are_left_for_last() -> None:
    vectors, owner = clusters()
    centres = vectors[[0, 20, 40]]
    assert set(owner[cover(vectors, 3, centres)]) == {3, 4, 5}
    assert set(owner[spread(vectors, np.ones(len(vectors)), 3, centres, np.random.default_rng(0))]) == {3, 4, 5}


def test_what_weighs_nothing_is_chosen_last() -> None:
    vectors, owner = clusters()
    weights = (owner == 2).astype(float)
    chosen = spread(vectors, weights, 25, NONE, np.random.default_rng(0))
    assert set(owner[chosen[:20]]) == {2}
    assert not (owner[chosen[20:]] == 2).any()


def test_draws_follow_weight_times_squared_distance() -> None:
    """Frequencies of 4000 draws are within 4 standard deviations (0.032) of the probabilities."""
    vectors, weights = np.array([[0.0], [1.0], [2.0], [4.0]]), np.array([1.0, 4.0, 1.0, 0.5])
    rng = np.random.default_rng(0)
    found = np.bincount([spread(vectors, weights, 1, np.zeros((1, 1)), rng)[0] for _ in range(4000)], minlength=4)
    expected = weights * vectors[:, 0] ** 2
    assert np.abs(found / 4000 - expected / expected.sum()).max() < 0.032


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(0, 4))
def test_the_cover_is_what_its_definition_says_when_followed_word_by_word(seed: int, count: int, held: int) -> None:
    rng = np.random.default_rng(seed)
    vectors, centres = rng.standard_normal((count, 2)), rng.standard_normal((held, 2))
    chosen = cover(vectors, count, centres).tolist()
    if not held:
        assert chosen[0] == np.argmax(np.linalg.norm(vectors, axis=1))
    for place in range(0 if held else 1, count):
        known = np.concatenate((centres, vectors[chosen[:place]]))
        distances = squared_distances(vectors, known)
        left = [i for i in range(count) if i not in chosen[:place]]
        owner = {i: int(distances[i].argmin()) for i in left}
        size = {c: sum(distances[i].min() for i in left if owner[i] == c) for c in owner.values()}
        farthest = [i for i in left if size[owner[i]] >= max(size.values()) - 1e-9]
        assert chosen[place] in farthest
        assert (
            distances[chosen[place]].min()
            >= max(distances[i].min() for i in farthest if owner[i] == owner[chosen[place]]) - 1e-9
        )


def test_distances_are_those_of_numpy() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.standard_normal((7, 3)), rng.standard_normal((4, 3))
    expected = ((one[:, None] - other) ** 2).sum(axis=2)
    assert np.allclose(squared_distances(one, other), expected, rtol=1e-12, atol=1e-12)
