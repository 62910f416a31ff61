from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import Refusal
from models.fem.domain.expression import parse
from models.fem.domain.formula import FUNCTIONS, MAX_LENGTH, OPERATIONS, Name, derivative, evaluate, names_of, read

X = np.array([0.0, 0.25, 1.0])


def value(text: str) -> np.ndarray:
    return parse(text, ("x",), "source")({"x": X}, X.shape)


def test_formulas_mean_what_they_mean_on_paper() -> None:
    np.testing.assert_allclose(value("1 + sin(pi*x)*x**2 - -x/2"), 1 + np.sin(math.pi * X) * X**2 + X / 2)
    np.testing.assert_allclose(value("where(x < 0.5, 3, max(x, e))"), [3, 3, math.e])
    np.testing.assert_allclose(value("2"), [2, 2, 2])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_takes_what_it_says_and_nothing_else(name: str) -> None:
    count = OPERATIONS[name].count
    assert value(f"{name}({', '.join(['x + 1'] * count)})").shape == X.shape
    with pytest.raises(Refusal, match="arguments"):
        value(f"{name}({', '.join(['x'] * (count + 1))})")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x +",
        "y",
        "__import__('os').system('true')",
        "().__class__",
        "[x for x in (1,)]",
        "lambda: 1",
        "x.real",
        "x if x else 1",
        "'text'",
        "True",
        "1j",
        "x < 1 < 2",
        "x and 1",
        "sin",
        "sin(x=1)",
        "sin(*x)",
        "x := 1",
        "f'{x}'",
        "x @ x",
        "x // 2",
        "1" + "0" * 400,
        "(" * 150 + "x" + ")" * 150 + "+" + "-" * 100 + "x",
        "+".join(["x"] * 500),
        "x" * (MAX_LENGTH + 1),
        "x\0",
    ],
)
def test_whatever_is_no_formula_is_refused_and_never_run(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        value(text)
    assert refused.value.reason == "MALFORMED_EXPRESSION"
    assert refused.value.field == "source"
    assert len(refused.value.message) < 500


def test_powers_of_powers_are_floats_and_end_at_once() -> None:
    with pytest.raises(Refusal, match="inf") as refused:
        value("9**9**9**9")
    assert refused.value.reason == "NOT_FINITE"


def test_a_value_that_is_not_finite_is_refused_with_its_place() -> None:
    with pytest.raises(Refusal, match="x = 0") as refused:
        value("1/x")
    assert refused.value.reason == "NOT_FINITE"


@given(st.text(max_size=60))
def test_any_text_is_a_formula_or_a_refusal(text: str) -> None:
    try:
        made = value(text)
    except Refusal:
        return
    assert np.isfinite(made).all()


FORMULAS = [
    *(f"{name}({', '.join(['2 + x*y', 'x - y', '1 + x'][: OPERATIONS[name].count])})" for name in FUNCTIONS),
    "x**3 - 2*x/y + -x + +y",
    "(1 + x)**y",
    "where(x < y, x**2, 3*y)",
    "x*exp(-x*y) / (1 + tanh(x)**2)",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_derivatives_agree_with_central_differences(text: str) -> None:
    node = read(text, ("x", "y"), "source")
    places = {"x": np.array([0.3, 1.7]), "y": np.array([0.9, 0.4])}
    step = 1e-6
    for name in places:
        ahead, behind = ({**places, name: places[name] + sign * step} for sign in (1, -1))
        expected = (evaluate(node, ahead) - evaluate(node, behind)) / (2 * step)
        found = np.broadcast_to(evaluate(derivative(node, {name: read("1", (), "")}), places), (2,))
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-8)


def test_a_derivative_takes_its_direction_from_the_seeds() -> None:
    node = read("dot(grad(u), grad(u)) * u", ("u", "grad(u)"), "form", ("dot",))
    assert names_of(node) == {"u", "grad(u)"}
    slope = derivative(node, {"u": Name("w"), "grad(u)": Name("grad(w)")})
    rng = np.random.default_rng(3)
    values = {"u": rng.normal(size=5), "grad(u)": rng.normal(size=(2, 5))}
    move = {"w": rng.normal(size=5), "grad(w)": rng.normal(size=(2, 5))}
    step = 1e-6
    ahead = {"u": values["u"] + step * move["w"], "grad(u)": values["grad(u)"] + step * move["grad(w)"]}
    expected = (evaluate(node, ahead) - evaluate(node, values)) / step
    np.testing.assert_allclose(evaluate(slope, values | move), expected, rtol=1e-4, atol=1e-4)


def test_a_constant_power_of_zero_or_less_has_its_derivative() -> None:
    slope = parse("x**2 + 3**2*x", ("x",), "source").derivative("x")
    np.testing.assert_allclose(slope({"x": np.array([0.0, -2.0])}, (2,)), [9, 5])


def test_what_does_not_move_has_no_derivative() -> None:
    assert derivative(read("sin(x)*2", ("x",), "source"), {"y": Name("w")}) == read("0", (), "source")
