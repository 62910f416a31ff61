from __future__ import annotations

import numpy as np
import pytest

from models.base import Refusal
from models.fem.domain.derivative import derivative
from models.fem.domain.expression import FUNCTIONS, parse

X, Y = np.array([0.3, 0.7, 1.6]), np.array([0.9, 0.4, 2.0])
NAMES = ("x", "y")


@pytest.mark.parametrize(
    "text",
    [
        "3",
        "y",
        "-x + y - 2*x*y + +x",
        "x/y + y/(1 + x**2)",
        "x**3 + 2**x + x**y + (y - x)**2",
        "where(x < 0.5, x**2, sin(x*y))",
        "abs(x - 1) + max(x, y**2) - min(x*x, y)",
        *(f"{name}({', '.join(['x*y + 0.1', 'x + y', 'x**2'][-count:])})" for name, (count, _) in FUNCTIONS.items()),
    ],
)
@pytest.mark.parametrize("by", NAMES)
def test_it_is_what_central_differences_come_to(text: str, by: str) -> None:
    values = {"x": X, "y": Y}
    h = 1e-5
    ahead, behind = (parse(text, NAMES, "c")(values | {by: values[by] + step}, X.shape) for step in (h, -h))
    found = derivative(text, NAMES, by, "c")(values, X.shape)
    np.testing.assert_allclose(found, (ahead - behind) / (2 * h), rtol=1e-7, atol=1e-8)


def test_a_constant_power_of_zero_or_less_has_its_derivative() -> None:
    values = {"x": np.array([0.0, -2.0])}
    np.testing.assert_allclose(derivative("x**2 + 3**2*x", ("x",), "x", "c")(values, (2,)), [9, 5])


def test_what_is_no_formula_is_refused() -> None:
    with pytest.raises(Refusal, match="not understood"):
        derivative("x.real", NAMES, "x", "c")
