"""Nonlinear diffusion: manufactured rates on all elements, a known degenerate flow, continuation, gradients,
refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from skfem import Basis

from models.base import Array, Outcome, Refusal
from models.fem.domain.build import mesh_of
from models.fem.domain.elements import scalar_element
from models.fem.nonlinear_diffusion.problem import problem
from models.fem.nonlinear_diffusion.solve import NonlinearDiffusionSolver
from models.fem.nonlinear_diffusion.task import SPEC, NonlinearDiffusionResult, NonlinearDiffusionTask

PLANE = ("triangle", "quadrilateral")
ONE = np.array([1.0])


def solve(task: NonlinearDiffusionTask) -> NonlinearDiffusionResult:
    (found,) = NonlinearDiffusionSolver("cpu").run([task])
    assert isinstance(found, NonlinearDiffusionResult), found
    return found


def square(count: int, kind: str = "triangle", degree: int = 1, **more: object) -> NonlinearDiffusionTask:
    d = 2 if kind in PLANE else 3
    given: dict[str, object] = {
        "shape": "square" if d == 2 else "cube",
        "divisions": np.full(d, count),
        "cell_kind": kind,
        "degree": degree,
        "conductivity": ONE,
        "conditions": "boundary: u = 0",
    }
    return NonlinearDiffusionTask(**(given | more))  # type: ignore[arg-type]


def error(task: NonlinearDiffusionTask, result: NonlinearDiffusionResult) -> float:
    """In L², from u = sin(2x) + y."""
    basis = Basis(mesh_of(task), scalar_element(task.cell_kind, task.degree), intorder=6)
    x, y, *_ = basis.global_coordinates()
    return float(np.sqrt(np.sum((np.asarray(basis.interpolate(result.u)) - np.sin(2 * x) - y) ** 2 * basis.dx)))


# For u = sin(2x) + y with w = ε² + 1 + 4 cos²(2x), ε = 0.1: f = −∂x (w^h 2 cos(2x)), h = (p − 2) / 2.
STEEP = "(1.01 + 4*cos(2*x)**2)"


def power_source(p: float) -> str:
    h = (p - 2) / 2
    return f"4*sin(2*x)*{STEEP}**{h} + {h}*{STEEP}**({h} - 1)*32*cos(2*x)**2*sin(2*x)"


LAWS = {
    "thickening": {"exponent": 3.5, "regularisation": 0.1, "source": power_source(3.5)},
    "thinning": {"exponent": 1.4, "regularisation": 0.1, "source": power_source(1.4)},
    "of u": {
        "law": "formula",
        "coefficient": "1 + u**2",
        "source": "4*(1 + (sin(2*x) + y)**2)*sin(2*x) - 2*(sin(2*x) + y)*(4*cos(2*x)**2 + 1)",
    },
}


@pytest.mark.parametrize(
    ("kind", "degree", "law"),
    [
        *((kind, degree, law) for kind in PLANE for degree in (1, 2) for law in LAWS),
        *(("tetrahedron", degree, law) for degree in (1, 2) for law in ("thickening", "of u")),
        *(("hexahedron", degree, "of u") for degree in (1, 2)),
    ],
)
def test_errors_fall_with_the_degree_and_one(kind: str, degree: int, law: str) -> None:
    counts = (6, 12) if kind in PLANE else (2, 4)
    tasks = [square(n, kind, degree, conditions="boundary: u = sin(2*x) + y", **LAWS[law]) for n in counts]
    results = [solve(task) for task in tasks]
    coarse, fine = (error(task, result) for task, result in zip(tasks, results, strict=True))
    assert np.log2(coarse / fine) > degree + 0.7
    assert all(result.evidence.outcome is Outcome.CONVERGED for result in results)


def test_the_p_harmonic_potential_between_circles_is_the_known_power_of_the_radius() -> None:
    """−div(|∇u|² ∇u) = 0 for u = r^(2/3), p = 4 (Lindqvist 2006, Notes on the p-Laplace equation, section 2)."""
    errors = []
    for count in (2, 4):
        task = NonlinearDiffusionTask(
            shape="annulus",
            divisions=np.array([count, 12 * count]),
            degree=2,
            exponent=4.0,
            regularisation=1e-6,
            conductivity=ONE,
            conditions="boundary: u = (x**2 + y**2)**(1/3)",
        )
        result = solve(task)
        errors.append(np.abs(result.u - np.hypot(*result.points.T) ** (2 / 3)).max())
        r, flux = np.hypot(*result.points[result.cells[:, :3]].mean(axis=1).T), np.hypot(*result.flux.T)
        np.testing.assert_allclose(flux * r, 8 / 27, rtol=0.05)  # |∇u|³ r is the same on every circle
    assert np.log2(errors[0] / errors[1]) > 2.5
    assert errors[1] < 1e-4


def test_with_exponent_two_one_linear_solve_is_enough() -> None:
    result = solve(square(4, source="1"))
    assert len(result.history) == 1
    assert result.evidence.outcome is Outcome.CONVERGED


def test_fluxes_and_sources_balance_in_a_rod_whose_conductivity_grows_with_u() -> None:
    """c = 1 + u, u = 0 left, q = 1.5 right: u + u²/2 = 1.5 x (Kirchhoff's transformation), so u = 1 at the end."""
    task = square(8, "quadrilateral", 2, law="formula", coefficient="1 + u", conditions="left: u = 0; right: q = 1.5")
    result = solve(task)
    x = result.points[:, 0]
    np.testing.assert_allclose(result.u, np.sqrt(1 + 3 * x) - 1, atol=2e-5)
    np.testing.assert_allclose(result.flux, np.broadcast_to([-1.5, 0.0], result.flux.shape), atol=2e-3)


def test_a_large_exponent_is_reached_by_way_of_smaller_ones() -> None:
    result = solve(square(8, exponent=12.0, source="1"))
    assert result.evidence.outcome is Outcome.CONVERGED
    assert result.history[:, 0].min() < 1 == result.history[-1, 0]
    x, y = result.points.T
    distance = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y))
    assert np.abs(result.u - distance).max() < 0.12  # the limit p → ∞ (Bhattacharya, DiBenedetto & Manfredi 1989)


def test_what_is_not_found_is_an_answer_with_advice_and_without_gradients() -> None:
    result = solve(square(8, exponent=12.0, source="1", max_steps=5, cotangent=np.ones(81)))
    assert result.evidence.outcome is Outcome.NOT_CONVERGED
    assert "of the way" in result.evidence.advice
    assert result.evidence.residual is not None and result.evidence.residual > 1e-3
    assert result.conductivity_gradient is None


@pytest.mark.parametrize("law", LAWS)
def test_the_tangent_is_the_derivative_of_the_residual(law: str) -> None:
    task = square(3, degree=2, **LAWS[law])
    given = problem(task, mesh_of(task))
    rng = np.random.default_rng(2)
    u, direction = rng.normal(size=(2, given.basis.N))
    start, slope = given.residual(u, 0.7), given.tangent(u, 0.7) @ direction
    rest = [np.linalg.norm(given.residual(u + h * direction, 0.7) - start - h * slope) for h in (1e-3, 5e-4)]
    assert rest[0] / rest[1] == pytest.approx(4, rel=0.1)
    h = 1e-5
    ahead, behind = (given.potential(u + step * direction, 0.7) for step in (h, -h))
    if ahead is not None and behind is not None:
        assert (ahead - behind) / (2 * h) == pytest.approx(start @ direction, rel=1e-6)


@pytest.mark.parametrize("name", ["conductivity", "source"])
@pytest.mark.parametrize("law", LAWS)
def test_gradients_leave_a_remainder_of_second_order(law: str, name: str) -> None:
    rng = np.random.default_rng(6)
    task = square(
        2,
        degree=2,
        cotangent=rng.normal(size=25),
        **{
            **LAWS[law],
            "conductivity": rng.uniform(0.5, 2, 8),
            "point_source": rng.normal(size=25),
            "conditions": "left: u = y; right: q = 0.3",
        },
    )
    field = "point_source" if name == "source" else name
    given: Array = getattr(task, field)
    direction = rng.normal(size=given.shape) * np.abs(given)
    assert task.cotangent is not None
    start = solve(task)
    slope = float(np.sum(getattr(start, f"{name}_gradient") * direction))
    rest = [
        abs(
            task.cotangent @ (solve(replace(task, **{field: given + h * direction})).u - start.u)  # type: ignore[arg-type]
            - h * slope
        )
        for h in (1e-2, 5e-3)
    ]
    assert rest[0] / rest[1] == pytest.approx(4, rel=0.15)


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"conductivity": np.array([0.0])}, "NOT_POSITIVE", "conductivity[0]"),
        ({"conductivity": np.ones(3)}, "WRONG_SIZE", "conductivity"),
        ({"exponent": 1.0}, "OUT_OF_RANGE", "exponent"),
        ({"regularisation": 0.0}, "NOT_POSITIVE", "regularisation"),
        ({"law": "formula"}, "UNKNOWN_CHOICE", "coefficient"),
        ({"coefficient": "u"}, "UNKNOWN_CHOICE", "coefficient"),
        ({"max_steps": 0}, "OUT_OF_RANGE", "max_steps"),
        ({"divisions": np.array([900, 900])}, "OUT_OF_RANGE", "divisions"),
        ({"law": "formula", "coefficient": "import os"}, "MALFORMED_EXPRESSION", "coefficient"),
        ({"law": "formula", "coefficient": "-1 - u**2"}, "NOT_POSITIVE", "coefficient"),
        ({"conditions": "boundary: q = 1"}, "SINGULAR_PROBLEM", "conditions"),
        ({"conditions": "boundary: u = 1; lid: q = 0"}, "UNKNOWN_BOUNDARY", "conditions[1]"),
        ({"source": "1/(x - x)"}, "NOT_FINITE", "source"),
        ({"point_source": np.ones(3)}, "WRONG_SIZE", "point_source"),
        ({"cotangent": np.ones(3)}, "WRONG_SIZE", "cotangent"),
        ({"conductivity": np.array([1e-320])}, "OUT_OF_RANGE", "conductivity"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(change: dict[str, object], reason: str, field: str) -> None:
    task = replace(square(3, source="1"), **change)  # type: ignore[arg-type]
    (found,) = NonlinearDiffusionSolver("cpu").run([task])
    assert isinstance(found, Refusal), found
    assert (found.reason, found.field) == (reason, field)


@pytest.mark.parametrize(("source", "outcome"), [("-5", Outcome.CONVERGED), ("-100", Outcome.NOT_CONVERGED)])
def test_a_law_that_has_no_value_everywhere_is_followed_as_far_as_it_has(source: str, outcome: Outcome) -> None:
    """log(1.2 + u) is nothing where u < −1.2, where the linear problem with the larger sink goes."""
    result = solve(square(4, law="formula", coefficient="log(1.2 + u)", source=source, conditions="boundary: u = 2"))
    assert result.evidence.outcome is outcome
    assert np.isfinite(result.u).all()
    assert not np.isnan(result.history).any()


def test_the_example_is_answered() -> None:
    (result,) = SPEC.load("cpu").run([SPEC.example()])
    assert isinstance(result, NonlinearDiffusionResult)
    assert result.u.max() > 0
