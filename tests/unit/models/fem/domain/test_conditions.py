from __future__ import annotations

import numpy as np
import pytest

from models.base import Refusal
from models.fem.domain.conditions import read_conditions

QUANTITIES = {"u": 2, "p": 1}


def test_each_statement_names_a_boundary_a_quantity_and_its_formulas() -> None:
    first, second, third = read_conditions("left: u = 0, max(x, y)\nright: p = x; \n top : u.y = 3", QUANTITIES, "xy")
    assert (first.boundary, first.quantity, first.axis, len(first.values)) == ("left", "u", None, 2)
    assert (second.boundary, second.quantity, second.axis) == ("right", "p", None)
    assert (third.boundary, third.quantity, third.axis) == ("top", "u", 1)
    places = {"x": np.array([1.0, 5.0]), "y": np.array([2.0, 3.0])}
    np.testing.assert_array_equal(first.values[1](places, (2,)), [2, 5])


def test_a_quantity_without_components_is_named_alone() -> None:
    (said,) = read_conditions("outer: absorb", {"u": 1, "absorb": 0}, "xy")
    assert (said.boundary, said.quantity, said.values) == ("outer", "absorb", ())
    for text in ("outer: absorb = 1", ": absorb", "outer: u"):
        with pytest.raises(Refusal):
            read_conditions(text, {"u": 1, "absorb": 0}, "xy")


def test_nothing_said_is_no_condition() -> None:
    assert read_conditions(" ; \n", QUANTITIES, "xy") == ()


@pytest.mark.parametrize(
    ("text", "field", "says"),
    [
        ("left u = 0", "conditions[0]", "no condition"),
        ("left: u", "conditions[0]", "no condition"),
        (": u = 0, 0", "conditions[0]", "no condition"),
        ("left: u = 0, 0; right: q = 0", "conditions[1]", "there are u, p"),
        ("left: u = 0", "conditions[0]", "takes 2 formulas, not 1"),
        ("left: u.z = 0", "conditions[0]", "no component 'z'"),
        ("left: p = z", "conditions[0]", "not understood"),
        ("left: p = ", "conditions[0]", "no formula"),
        ("a: p = 1;" * 201, "conditions", "201 statements"),
    ],
)
def test_a_statement_that_cannot_be_read_is_refused_with_its_place(text: str, field: str, says: str) -> None:
    with pytest.raises(Refusal, match=says) as refused:
        read_conditions(text, QUANTITIES, "xy")
    assert refused.value.field == field
