from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base import Array
from models.fem.on_facets import distance_and_inset


def parameters(corners: int, rng: np.random.Generator) -> tuple[Array, float]:
    """Weights of the corners at a point of the facet's line, plane or surface, and its smallest parameter."""
    s, t = rng.uniform(-0.2, 1.2, 2)
    if corners == 2:
        return np.array([1 - s, s]), min(s, 1 - s)
    if corners == 3:
        return np.array([1 - s - t, s, t]), min(s, t, 1 - s - t)
    return np.array([(1 - s) * (1 - t), s * (1 - t), s * t, (1 - s) * t]), min(s, 1 - s, t, 1 - t)


def facet(corners: int, rng: np.random.Generator) -> Array:
    """(corners, d), warped by up to a third of its side where it can be."""
    if corners < 4:
        return rng.normal(size=(corners, corners)) + 2 * np.eye(corners)
    square = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    return np.asarray((square + rng.uniform(-0.15, 0.15, (4, 3))) @ np.linalg.qr(rng.normal(size=(3, 3)))[0])


@settings(deadline=None)
@given(corners=st.sampled_from((2, 3, 4)), seed=st.integers(0, 2**32 - 1))
def test_a_point_made_by_its_parameters_is_found_where_it_is(corners: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = facet(corners, rng)
    weights, inset = parameters(corners, rng)
    distance, found = distance_and_inset(places[None], (weights @ places)[None])
    assert distance[0] < 1e-12
    assert found[0] == pytest.approx(inset, abs=1e-10)


@settings(deadline=None)
@given(corners=st.sampled_from((2, 3, 4)), seed=st.integers(0, 2**32 - 1))
def test_no_sampled_point_of_a_facet_is_nearer_than_its_distance(corners: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = facet(corners, rng)
    point = places.mean(axis=0) + rng.uniform(-0.1, 0.1, places.shape[1])
    distance, _ = distance_and_inset(places[None], point[None])
    s, t = (axis.ravel() for axis in np.meshgrid(*[np.linspace(-0.5, 1.5, 201)] * 2))
    weights = {2: [1 - s, s], 3: [1 - s - t, s, t], 4: [(1 - s) * (1 - t), s * (1 - t), s * t, (1 - s) * t]}[corners]
    sampled = np.linalg.norm(np.stack(weights, axis=1) @ places - point, axis=1).min()
    assert distance[0] <= sampled + 1e-12
    assert sampled < distance[0] + 0.03  # samples are that far apart


def test_facets_without_a_size_are_nowhere() -> None:
    for corners, d in ((2, 2), (3, 3), (4, 3)):
        distance, inset = distance_and_inset(np.zeros((1, corners, d)), np.zeros((1, d)))
        assert not (distance[0] < 1) or not inset[0] > -1
