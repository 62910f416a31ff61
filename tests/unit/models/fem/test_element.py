from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import Array
from models.fem.element import ELEMENTS, Element

every_element = pytest.mark.parametrize("element", ELEMENTS.values(), ids=lambda element: element.name)
barycentric = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(lambda p: np.array([p[0], p[1], 1 - p[0] - p[1]]))


@every_element
def test_a_shape_is_one_at_its_point_and_zero_at_the_others(element: Element) -> None:
    np.testing.assert_allclose(element.shapes(element.points), np.eye(len(element.points)), atol=1e-15)


@every_element
@given(point=barycentric)
def test_shapes_sum_to_one(element: Element, point: Array) -> None:
    assert element.shapes(point).sum() == pytest.approx(1, abs=1e-14)


@every_element
@given(point=barycentric)
def test_derivatives_are_those_of_the_shapes(element: Element, point: Array) -> None:
    step = 1e-6
    for axis in range(3):
        ahead, behind = point + step * np.eye(3)[axis], point - step * np.eye(3)[axis]
        slope = (element.shapes(ahead) - element.shapes(behind)) / (2 * step)
        np.testing.assert_allclose(element.derivatives(point)[:, axis], slope, atol=1e-8)  # round-off over the step


@every_element
def test_shapes_and_derivatives_take_many_points_at_once(element: Element) -> None:
    points = np.random.default_rng(0).dirichlet((1, 1, 1), size=(2, 5))
    shapes, derivatives = element.shapes(points), element.derivatives(points)
    assert shapes.shape == (2, 5, len(element.points))
    assert derivatives.shape == (2, 5, len(element.points), 3)
    np.testing.assert_array_equal(shapes[1, 3], element.shapes(points[1, 3]))
    np.testing.assert_array_equal(derivatives[1, 3], element.derivatives(points[1, 3]))


@every_element
def test_polynomials_of_the_degree_are_reproduced(element: Element) -> None:
    points = np.random.default_rng(1).dirichlet((1, 1, 1), size=20)

    def polynomial(at: Array) -> Array:
        return np.asarray((1 + at @ [2.0, -1.0, 0.5]) ** element.degree)

    np.testing.assert_allclose(element.shapes(points) @ polynomial(element.points), polynomial(points), rtol=1e-13)
