"""Lagrange elements and quadrature on segments, triangles and tetrahedra: what holds in every dimension."""

from __future__ import annotations

from itertools import product
from math import factorial, prod

import numpy as np
import pytest

from models.base import Array
from models.fem.element import EDGES, LAGRANGE, Element
from models.fem.quadrature import BY_DIMENSION, Quadrature, quadrature

ELEMENTS = [(d, element) for d, by_degree in LAGRANGE.items() for element in by_degree.values()]
every_element = pytest.mark.parametrize(("dimension", "element"), ELEMENTS, ids=lambda x: getattr(x, "name", str(x)))
RULES = [(d, rule) for d, rules in BY_DIMENSION.items() for rule in rules]
every_rule = pytest.mark.parametrize(("dimension", "rule"), RULES, ids=lambda x: str(getattr(x, "degree", x)))


def inner_points(dimension: int, count: int = 20) -> Array:
    return np.random.default_rng(0).dirichlet(np.ones(dimension + 1), size=count)


@every_element
def test_a_shape_is_one_at_its_point_and_zero_at_the_others(dimension: int, element: Element) -> None:
    np.testing.assert_allclose(element.shapes(element.points), np.eye(len(element.points)), atol=1e-15)


@every_element
def test_polynomials_of_the_degree_are_reproduced(dimension: int, element: Element) -> None:
    points = inner_points(dimension)

    def polynomial(at: Array) -> Array:
        return np.asarray((1 + at @ np.array([2.0, -1.0, 0.5, 3.0])[: dimension + 1]) ** element.degree)

    np.testing.assert_allclose(element.shapes(points) @ polynomial(element.points), polynomial(points), rtol=1e-13)


@every_element
def test_derivatives_are_those_of_the_shapes(dimension: int, element: Element) -> None:
    """A complex step has no cancellation: the derivative is right to round-off."""
    points = inner_points(dimension)
    for axis in range(dimension + 1):
        ahead = element.shapes(points + 1e-30j * np.eye(dimension + 1)[axis])
        np.testing.assert_allclose(element.derivatives(points)[..., axis], ahead.imag / 1e-30, atol=1e-14)


@pytest.mark.parametrize("dimension", EDGES)
def test_every_pair_of_corners_is_an_edge_once(dimension: int) -> None:
    pairs = sorted(tuple(sorted(edge)) for edge in EDGES[dimension])
    assert pairs == [(i, j) for i in range(dimension + 1) for j in range(i + 1, dimension + 1)]


@every_rule
def test_a_rule_integrates_every_monomial_up_to_its_degree(dimension: int, rule: Quadrature) -> None:
    """∫ λ0^a λ1^b … = |T| d! a! b! … / (a + b + … + d)!"""
    for powers in product(range(rule.degree + 1), repeat=dimension + 1):
        if sum(powers) == rule.degree:
            exact = factorial(dimension) * prod(map(factorial, powers)) / factorial(rule.degree + dimension)
            got = rule.weights @ np.prod(rule.points ** np.array(powers), axis=1)
            assert got == pytest.approx(exact, rel=1e-12)  # tabulated points have 15 digits


@every_rule
def test_points_are_inside_and_weights_positive_so_that_nothing_cancels(dimension: int, rule: Quadrature) -> None:
    assert (rule.points > 0).all()
    assert (rule.weights > 0).all()
    np.testing.assert_allclose(rule.points.sum(axis=1), 1, rtol=1e-14)
    assert rule.weights.sum() == pytest.approx(1, rel=1e-14)


@pytest.mark.parametrize("dimension", BY_DIMENSION)
def test_the_cheapest_rule_of_sufficient_degree_is_chosen(dimension: int) -> None:
    for degree in range(6):
        chosen = quadrature(degree, dimension)
        assert chosen.degree >= degree
        assert not any(r.degree >= degree and len(r.weights) < len(chosen.weights) for r in BY_DIMENSION[dimension])
