from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.base import Outcome, Refusal
from models.fem.form.solve import FormSolver
from models.fem.form.task import SPEC, FormResult, FormTask
from models.fem.solve import DiffusionSolver
from models.fem.task import DiffusionResult, DiffusionTask

PLANE, SPACE = ("triangle", "quadrilateral"), ("tetrahedron", "hexahedron")


def solved(task: FormTask) -> FormResult:
    (result,) = FormSolver("cpu").run([task])
    assert isinstance(result, FormResult), result
    return result


def refused(task: FormTask) -> Refusal:
    (refusal,) = FormSolver("cpu").run([task])
    assert isinstance(refusal, Refusal), refusal
    return refusal


def cube(kind: str, count: int, **fields: object) -> FormTask:
    d = 2 if kind in PLANE else 3
    shape = "square" if d == 2 else "cube"
    return FormTask(shape=shape, divisions=np.full(d, count), cell_kind=kind, **fields)  # type: ignore[arg-type]


def test_poisson_is_what_the_diffusion_model_solves() -> None:
    rng = np.random.default_rng(1)
    k = rng.uniform(0.5, 2.0, 32)
    left = np.arange(5) * 5
    (expected,) = DiffusionSolver("cpu").run(
        [
            DiffusionTask(
                divisions=np.array([4, 4]),
                conductivity=k,
                source=np.ones(1),
                dirichlet_points=left,
                dirichlet_values=np.full(5, 3.0),
                neumann_edges=np.stack((left[:-1] + 4, left[1:] + 4), axis=1),
                neumann_values=np.full((4, 1), 0.7),
            )
        ]
    )
    assert isinstance(expected, DiffusionResult)
    task = cube("triangle", 4, form="k*dot(grad(u), grad(v)) - v", conditions="left: u = 3; right: q = 0.7")
    plain = solved(replace(task, coefficients="k", coefficient_values=np.ones((1, 1))))
    order = _cells_of(expected.points[expected.cells].mean(axis=1), plain.points[plain.cells].mean(axis=1))
    found = solved(replace(task, coefficients="k", coefficient_values=k[order][None]))
    at = _cells_of(expected.points, found.points)
    np.testing.assert_allclose(found.u, expected.u[at], rtol=1e-10)
    assert len(found.history) == 2  # a linear form takes one step


def _cells_of(places: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """For each wanted place which of the places it is."""
    return np.argmin(np.linalg.norm(wanted[:, None] - places[None], axis=2), axis=1)


@pytest.mark.parametrize(("kind", "degree"), [(kind, degree) for kind in (*PLANE, *SPACE) for degree in (1, 2)])
def test_a_nonlinear_form_converges_at_the_rate_of_its_element(kind: str, degree: int) -> None:
    """−∇·((1 + u²) ∇u) = f with u = sin x e^y made the solution by its own f."""
    form = "(1 + u**2)*dot(grad(u), grad(v)) - f*v".replace("f", "(-2*sin(x)*exp(y)*(cos(x)**2 + sin(x)**2)*exp(2*y))")
    errors = []
    for count in (2, 4) if degree == 2 else (4, 8):
        task = cube(kind, count, degree=degree, form=form, conditions="boundary: u = sin(x)*exp(y)")
        found = solved(task)
        assert found.evidence.outcome is Outcome.CONVERGED
        x, y = found.points[:, 0], found.points[:, 1]
        errors.append(np.abs(found.u - np.sin(x) * np.exp(y)).max())
    assert np.log2(errors[0] / errors[1]) > degree + 0.6


def test_newtons_method_ends_quadratically() -> None:
    task = replace(SPEC.example(), coefficient_values=np.full((1, 1), 0.05), tolerance=1e-13)  # type: ignore[type-var]
    history = solved(task).history  # type: ignore[arg-type]
    last = history[history > 1e-11]
    assert len(history) > 4
    assert last[-1] < 10 * last[-2] ** 2


def test_the_p_laplacian_has_its_radial_solution() -> None:
    """−∇·(|∇u|^(p−2) ∇u) = 2 in the plane: u = −c r^(p/(p−1)) with |u′|^(p−2) u′ r = −r², so u′ = −r^(1/(p−1))."""
    p = 3.0
    task = FormTask(
        shape="annulus",
        divisions=np.array([8, 48]),
        degree=2,
        form="(1e-12 + dot(grad(u), grad(u)))**(p/2 - 1)*dot(grad(u), grad(v)) - 2*v",
        coefficients="p",
        coefficient_values=np.full((1, 1), p),
        conditions="boundary: u = -(2/3)*(x**2 + y**2)**0.75",
        initial="-(x**2 + y**2)",
    )
    found = solved(task)
    exact = -(2 / 3) * np.sum(found.points**2, axis=1) ** 0.75
    np.testing.assert_allclose(found.u, exact, atol=2e-4)


def test_a_law_on_the_boundary_may_depend_on_u() -> None:
    """u″ = 0, u(0) = 0, u′(1) = 2 (20 − u) − u²/10 by hand: one quadratic equation."""
    task = cube(
        "quadrilateral", 2, form="dot(grad(u), grad(v))", conditions="left: u = 0; right: q = 2*(20 - u) - u**2/10"
    )
    slope = max(np.roots([0.1, 3.0, -40.0]))
    found = solved(task)
    np.testing.assert_allclose(found.u, slope * found.points[:, 0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", ["triangle", "hexahedron"])
def test_gradients_by_coefficients_have_a_remainder_of_second_order(kind: str) -> None:
    task = cube(
        kind,
        2,
        form="k*exp(c*u)*dot(grad(u), grad(v)) + dx(u)*v - (1 + c)*v",
        coefficients="k, c",
        conditions="left: u = y; right: q = 1 - u**2",
        tolerance=1e-14,
    )
    count = 8
    rng = np.random.default_rng(7)
    values = np.stack((rng.uniform(1, 2, count), rng.uniform(0.1, 0.5, count)))
    weights = rng.normal(size=len(solved(replace(task, coefficient_values=values)).u))
    moved = rng.normal(size=values.shape)
    gradient = solved(replace(task, coefficient_values=values, cotangent=weights)).coefficient_gradient
    assert gradient is not None
    slope = float(np.sum(gradient * moved))
    remainders = []
    for step in (1e-2, 5e-3, 2.5e-3):
        ahead = solved(replace(task, coefficient_values=values + step * moved)).u
        here = solved(replace(task, coefficient_values=values)).u
        remainders.append(abs(float(weights @ (ahead - here)) - step * slope))
    orders = np.log2(np.array(remainders[:-1]) / np.array(remainders[1:]))
    assert (orders > 1.9).all(), (remainders, orders)


def test_what_does_not_converge_says_so_with_its_history() -> None:
    task = cube("triangle", 2, form="dot(grad(u), grad(v)) - 50*exp(u)*v", conditions="boundary: u = 0")  # no solution
    found = solved(task)
    assert found.evidence.outcome is Outcome.NOT_CONVERGED
    assert "initial" in found.evidence.advice or "nearer" in found.evidence.advice
    assert found.history[-1] > 1e-10


@pytest.mark.parametrize(
    ("change", "reason", "field", "says"),
    [
        ({"form": "u*v + 1"}, "MALFORMED_EXPRESSION", "form", "linear in v"),
        ({"form": "v*v"}, "MALFORMED_EXPRESSION", "form", "linear in v"),
        ({"form": "u"}, "MALFORMED_EXPRESSION", "form", "linear in v"),
        ({"form": "sin(v)"}, "MALFORMED_EXPRESSION", "form", "sin of v"),
        ({"form": "u/v"}, "MALFORMED_EXPRESSION", "form", "divides by v"),
        ({"form": "where(v < 0, v, 2*v)"}, "MALFORMED_EXPRESSION", "form", "of v"),
        ({"form": "grad(v)"}, "MALFORMED_EXPRESSION", "form", "vector"),
        ({"form": "grad(u)*grad(v)"}, "MALFORMED_EXPRESSION", "form", "dot"),
        ({"form": "grad(u) + v"}, "MALFORMED_EXPRESSION", "form", "adds"),
        ({"form": "dot(u, grad(v))"}, "MALFORMED_EXPRESSION", "form", "no vector"),
        ({"form": "v/grad(u)"}, "MALFORMED_EXPRESSION", "form", "divides by a vector"),
        ({"form": "exp(grad(u))*v"}, "MALFORMED_EXPRESSION", "form", "exp of a vector"),
        ({"form": "dz(u)*v"}, "MALFORMED_EXPRESSION", "form", "not understood"),
        ({"form": "__import__('os')"}, "MALFORMED_EXPRESSION", "form", "not understood"),
        ({"form": "k*v"}, "MALFORMED_EXPRESSION", "form", "not understood"),
        ({"coefficients": "k"}, "MISSING_TENSOR", "coefficient_values", "required"),
        ({"coefficients": "u", "coefficient_values": np.ones((1, 1))}, "DUPLICATE", "coefficients", "already"),
        ({"coefficients": "a, a", "coefficient_values": np.ones((2, 1))}, "DUPLICATE", "coefficients", "once"),
        ({"coefficients": "a b", "coefficient_values": np.ones((1, 1))}, "OUT_OF_RANGE", "coefficients", "no name"),
        ({"coefficients": "a", "coefficient_values": np.ones((2, 1))}, "WRONG_SIZE", "coefficient_values", "row"),
        ({"coefficients": "a", "coefficient_values": np.ones((1, 7))}, "WRONG_SIZE", "coefficient_values", "per cell"),
        ({"conditions": "left: u = u"}, "MALFORMED_CONDITION", "conditions[0]", "by u"),
        ({"conditions": ""}, "SINGULAR_PROBLEM", "form", "singular"),
        (
            {"form": "dot(grad(u), grad(u))*dot(grad(u), grad(v)) - v"},
            "SINGULAR_PROBLEM",
            "form",
            "an initial u that determine it",
        ),
        ({"initial": "1/x"}, "NOT_FINITE", "initial", "inf"),
        ({"form": "log(u - 1)*v"}, "NOT_FINITE", "initial", "not finite"),
        ({"tolerance": 0.0}, "OUT_OF_RANGE", "tolerance", "tolerance"),
        ({"max_steps": 0}, "OUT_OF_RANGE", "max_steps", "1 to"),
        ({"cotangent": np.ones(3)}, "WRONG_SIZE", "cotangent", "per point"),
        ({"divisions": np.array([900, 900])}, "OUT_OF_RANGE", "divisions", "unknowns"),
    ],
)
def test_a_form_that_makes_no_sense_is_refused(change: dict[str, object], reason: str, field: str, says: str) -> None:
    refusal = refused(replace(cube("triangle", 2, conditions="left: u = 0"), **change))  # type: ignore[arg-type]
    assert (refusal.reason, refusal.field) == (reason, field)
    assert says in refusal.message
