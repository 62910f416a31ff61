from __future__ import annotations

from math import factorial

import numpy as np
import pytest

from models.fem.quadrature import RULES, Quadrature, quadrature


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"degree {rule.degree}")
def test_a_rule_integrates_every_monomial_up_to_its_degree(rule: Quadrature) -> None:
    a, b, c = rule.points.T
    for i in range(rule.degree + 1):
        for j in range(rule.degree + 1 - i):
            k = rule.degree - i - j
            exact = 2 * factorial(i) * factorial(j) * factorial(k) / factorial(rule.degree + 2)
            assert rule.weights @ (a**i * b**j * c**k) == pytest.approx(exact, rel=2e-13)  # points have 15 digits


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"degree {rule.degree}")
def test_points_are_inside_and_weights_positive_so_that_nothing_cancels(rule: Quadrature) -> None:
    assert (rule.points > 0).all()
    assert (rule.weights > 0).all()
    np.testing.assert_allclose(rule.points.sum(axis=1), 1, rtol=1e-15)


@pytest.mark.parametrize("degree", range(7))
def test_the_cheapest_rule_of_sufficient_degree_is_chosen(degree: int) -> None:
    assert quadrature(degree).degree >= degree
    assert not any(rule.degree >= degree and len(rule.weights) < len(quadrature(degree).weights) for rule in RULES)
