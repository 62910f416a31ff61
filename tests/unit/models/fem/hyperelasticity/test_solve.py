"""Bodies that deform by much: exact states, a published membrane, agreement with small strain, gradients, refusals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

from models.base import Array, Outcome, Refusal
from models.fem.domain.build import mesh_of as domain_mesh
from models.fem.elasticity.solve import ElasticitySolver
from models.fem.elasticity.task import ElasticityResult, ElasticityTask
from models.fem.hyperelasticity.problem import body
from models.fem.hyperelasticity.solve import HyperelasticitySolver
from models.fem.hyperelasticity.task import SPEC, HyperelasticityResult, HyperelasticityTask

PLANE = ("triangle", "quadrilateral")
ALL = [(kind, degree) for kind in (*PLANE, "tetrahedron", "hexahedron") for degree in (1, 2)]
E, NU = np.array([10.0]), np.array([0.3])


def solve(task: HyperelasticityTask) -> HyperelasticityResult:
    (found,) = HyperelasticitySolver("cpu").run([task])
    assert isinstance(found, HyperelasticityResult), found
    return found


def brick(kind: str, degree: int, conditions: str, count: int = 2, **more: object) -> HyperelasticityTask:
    d = 2 if kind in PLANE else 3
    given: dict[str, object] = {
        "shape": "square" if d == 2 else "cube",
        "divisions": np.full(d, count if d == 2 or degree == 1 else 1),
        "cell_kind": kind,
        "degree": degree,
        "young_modulus": E,
        "poisson_ratio": NU,
        "conditions": conditions,
    }
    return HyperelasticityTask(**(given | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "degree"), ALL)
def test_every_homogeneous_deformation_is_found_exactly(kind: str, degree: int) -> None:
    """The patch test at finite strain: 40 % stretch, shear and squeeze at once."""
    d = 2 if kind in PLANE else 3
    said = "boundary: u = 0.4*x + 0.3*y, -0.2*y" if d == 2 else "boundary: u = 0.4*x + 0.3*y, -0.2*y, 0.1*z - 0.2*x"
    slope = np.array([[0.4, 0.3, 0], [0, -0.2, 0], [-0.2, 0, 0.1]])[:d, :d]
    result = solve(brick(kind, degree, said))
    np.testing.assert_allclose(result.displacement, result.points @ slope.T, atol=1e-12)
    np.testing.assert_allclose(result.volume_ratio, np.linalg.det(np.eye(d) + slope))
    F = np.eye(3)
    F[:d, :d] += slope
    np.testing.assert_allclose(result.stress, np.broadcast_to(cauchy(F), (len(result.cells), 6)), atol=1e-10)


def cauchy(F: Array) -> Array:
    """(6,): written in b = F Fᵀ, as Ciarlet's material is in textbooks; three-dimensional."""
    lame, shear = 10 * 0.3 / (1.3 * 0.4), 10 / 2.6
    J = np.linalg.det(F)
    sigma = (shear * (F @ F.T - np.eye(3)) + lame / 2 * (J**2 - 1) * np.eye(3)) / J
    return np.array([sigma[i, j] for i, j in ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))])


@pytest.mark.parametrize("kind", ["triangle", "hexahedron"])
def test_a_bar_that_is_pulled_stretches_and_thins_as_one_equation_says(kind: str) -> None:
    """Plane strain, or free on all sides; σ = 0 across, P = t along, solved for the stretches by Brent's method."""
    d, t = (2, 6.0) if kind in PLANE else (3, 6.0)
    held = "left: u.x = 0; bottom: u.y = 0" if d == 2 else "left: u.x = 0; front: u.y = 0; bottom: u.z = 0"
    result = solve(brick(kind, 1, f"{held}; right: traction.x = {t}", support="left"))
    lame, shear = 10 * 0.3 / (1.3 * 0.4), 10 / 2.6

    def across(along: float) -> float:
        free = d - 1
        return float(
            brentq(lambda a: shear * (a**2 - 1) + lame / 2 * ((along * a**free) ** 2 - 1), 1e-3, 3)  # J σ, across
        )

    def pull(along: float) -> float:
        J = along * across(along) ** (d - 1)
        return shear * (along - 1 / along) + lame / 2 * (J**2 - 1) / along - t

    along = float(brentq(pull, 1, 5))
    stretches = np.array([along - 1, *[across(along) - 1] * (d - 1)])
    np.testing.assert_allclose(result.displacement, result.points * stretches, atol=1e-9)
    assert result.reaction is not None
    np.testing.assert_allclose(result.reaction, [-t, *[0] * (d - 1)], atol=1e-9)


def membrane(count: int, young: float, poisson: float, traction: float, **more: object) -> HyperelasticityTask:
    """Cook 1974's: (0, 0), (48, 44), (48, 60), (0, 44), held on the left, sheared on the right."""
    ticks = np.linspace(0, 1, count + 1)
    x, y = (axis.ravel() for axis in np.meshgrid(ticks, ticks, indexing="ij"))
    first = np.arange(count * (count + 1)).reshape(count, count + 1)[:, :-1].ravel()
    left = np.stack((np.arange(count), np.arange(1, count + 1)), axis=1)
    given: dict[str, object] = {
        "shape": "own",
        "cell_kind": "quadrilateral",
        "nodes": np.stack((48 * x, 44 * x + y * (44 - 28 * x)), axis=1),
        "cells": np.stack((first, first + count + 1, first + count + 2, first + 1), axis=1),
        "boundary_facets": np.concatenate((left, left + count * (count + 1))),
        "boundary_labels": np.repeat([0, 1], count),
        "boundary_names": "left, right",
        "young_modulus": np.array([young]),
        "poisson_ratio": np.array([poisson]),
        "conditions": f"left: u = 0, 0; right: traction = 0, {traction!r}",
        "support": "left",
    }
    return HyperelasticityTask(**(given | more))  # type: ignore[arg-type]


def tip(result: HyperelasticityResult) -> Array:
    return result.displacement[np.argmin(np.hypot(*(result.points - (48, 60)).T))]


def test_cooks_membrane_bends_as_published() -> None:
    """Müller 2015 (thesis, Universität Duisburg-Essen): E = 200, ν = 0.35, traction 4: 6.1469 up at the tip. Corners
    are singular, so that the values of three meshes are extrapolated (Aitken); 64² cells without that have 6.1436."""
    results = [solve(membrane(count, 200.0, 0.35, 4.0)) for count in (4, 8, 16)]
    coarse, middle, fine = (tip(result)[1] for result in results)
    assert fine - (fine - middle) ** 2 / (fine - 2 * middle + coarse) == pytest.approx(6.1469, abs=1e-3)
    for result in results:
        assert result.evidence.outcome is Outcome.CONVERGED
        assert result.reaction is not None
        np.testing.assert_allclose(result.reaction, [0, -64], atol=1e-6)  # equilibrium: 4 times the edge of 16


def test_under_a_small_load_it_is_linear_elasticity() -> None:
    """Plane strain triangles of degree 2 by the other implementation, on the same mesh: what differs is of second
    order."""
    square = brick("triangle", 2, "left: u = 0, 0; right: traction = 0, {}", 4)
    results = []
    for traction in (1e-3, 5e-4):
        given = replace(square, conditions=square.conditions.format(traction))
        result = solve(given)
        linear = linear_displacement(result.points, traction)
        results.append(np.abs(result.displacement - linear).max() / traction)
    assert results[0] < 1e-3
    assert results[0] / results[1] == pytest.approx(2, rel=0.05)


def linear_displacement(points: Array, traction: float) -> Array:
    """At these points, which it numbers in another order."""
    edge = np.arange(4)
    nodes_right = edge * 5 + 4
    task = ElasticityTask(
        divisions=np.array([4, 4]),
        young_modulus=E,
        poisson_ratio=NU,
        traction_facets=np.stack((nodes_right, nodes_right + 5), axis=1),
        traction_values=np.tile([0.0, traction], (4, 1)),
        fixed_points=np.zeros(0, np.int64),
        fixed_axes=np.zeros(0, np.int64),
        fixed_values=np.zeros(0),
    )
    held = left_points(task)
    (found,) = ElasticitySolver("cpu").run(
        [
            replace(
                task,
                fixed_points=np.repeat(held, 2),
                fixed_axes=np.tile([0, 1], len(held)),
                fixed_values=np.zeros(2 * len(held)),
            )
        ]
    )
    assert isinstance(found, ElasticityResult), found
    nearest = np.argmin(np.linalg.norm(points[:, None] - found.points[None], axis=2), axis=1)
    np.testing.assert_allclose(found.points[nearest], points, atol=1e-12)
    return found.displacement[nearest]


def left_points(task: ElasticityTask) -> Array:
    from models.fem.elasticity.problem import mesh_of

    return np.flatnonzero(mesh_of(task).points(2)[:, 0] == 0)


@pytest.mark.parametrize(("kind", "degree"), [("triangle", 2), ("hexahedron", 1)])
def test_the_tangent_is_the_derivative_of_the_residual(kind: str, degree: int) -> None:
    d = 2 if kind in PLANE else 3
    task = brick(kind, degree, "left: u = " + ", ".join(["0"] * d))
    given = body(task, domain_mesh(task))
    rng = np.random.default_rng(4)
    u, direction = 0.01 * rng.normal(size=given.basis.N), rng.normal(size=given.basis.N)
    start, slope = given.residual(u, 1.0), given.tangent(u, 1.0) @ direction
    rest = [np.linalg.norm(given.residual(u + h * direction, 1.0) - start - h * slope) for h in (1e-3, 5e-4)]
    assert rest[0] / rest[1] == pytest.approx(4, rel=0.05)
    K = given.tangent(u, 1.0)
    assert abs(K - K.T).max() < 1e-12 * abs(K).max()
    h = 1e-6
    work = (given.potential(u + h * direction, 1.0) - given.potential(u - h * direction, 1.0)) / (2 * h)
    assert work == pytest.approx(start @ direction, rel=1e-6)  # and the residual that of the energy


def beam(load: float, length: float = 10.0, **more: object) -> HyperelasticityTask:
    """Clamped on the left, with a force on the other end that stays upright; `load` is P L² / E I."""
    shear = load * 10 / 0.91 / 12 / length**2  # plane strain: E / (1 - ν²)
    said = f"left: u = 0, 0; right: traction = 0, {shear!r}"
    return brick("quadrilateral", 2, said, divisions=np.array([8, 1]), lengths=np.array([length, 1.0]), **more)


def test_a_slender_beam_is_an_elastica() -> None:
    """P L² / E I = 2: 0.49346 up and 0.16064 back, in lengths. Mattiasson 1981, Int. J. Numer. Meth. Eng. 17, 145,
    by elliptic integrals; shear and stretch, which an elastica has not, add some (height / length)²."""
    result = solve(beam(2.0))
    end = np.argmin(np.hypot(*(result.points - (10, 0.5)).T))
    np.testing.assert_allclose(result.displacement[end] / 10, [-0.16064, 0.49346], rtol=1e-2)
    assert result.history[:, 1].min(where=result.history[:, 1] > 0, initial=1) < 1  # the line search had to work


def test_load_steps_lead_to_the_same_state() -> None:
    at_once, by_steps = (solve(membrane(2, 200.0, 0.35, 4.0, load_steps=count)) for count in (1, 4))
    np.testing.assert_allclose(by_steps.displacement, at_once.displacement, atol=1e-8)
    assert set(by_steps.history[:, 0]) == {0.25, 0.5, 0.75, 1.0}


def test_where_newton_fails_the_load_grows_in_shorter_steps() -> None:
    """A block whose end is turned by a right angle at once."""
    said = "left: u = 0, 0; right: u = -x/4 - (y - 0.5), 0.5 - y"
    result = solve(brick("quadrilateral", 2, said, divisions=np.array([8, 2]), lengths=np.array([8.0, 1.0])))
    assert result.evidence.outcome is Outcome.CONVERGED
    assert result.history[:, 0].min() < 1
    assert result.volume_ratio.min() > 0


def test_what_no_body_can_do_is_an_answer_with_advice_and_the_last_state() -> None:
    result = solve(
        brick("triangle", 1, "bottom: u = 0, 0; top: u = 0, -1.2", 2, cotangent=np.ones((9, 2)), max_steps=40)
    )
    assert result.evidence.outcome is Outcome.NOT_CONVERGED
    assert "of the load" in result.evidence.advice
    assert result.young_modulus_gradient is None
    assert result.volume_ratio.min() > 0


def functional(task: HyperelasticityTask) -> float:
    assert task.cotangent is not None
    return float(np.sum(task.cotangent * solve(task).displacement))


@pytest.mark.parametrize("name", ["young_modulus", "poisson_ratio", "force"])
def test_gradients_leave_a_remainder_of_second_order(name: str) -> None:
    rng = np.random.default_rng(5)
    task = brick(
        "triangle",
        2,
        "left: u = 0, 0; right: traction = 0.5, -1",
        cotangent=rng.normal(size=(25, 2)),
        young_modulus=rng.uniform(8, 12, 8),
        poisson_ratio=rng.uniform(0.2, 0.35, 8),
        point_force=rng.normal(size=(25, 2)) * 0.3,
    )
    field = "point_force" if name == "force" else name
    given: Array = getattr(task, field)
    direction = rng.normal(size=given.shape) * np.abs(given)
    start, slope = functional(task), float(np.sum(getattr(solve(task), f"{name}_gradient") * direction))
    rest = [
        abs(functional(replace(task, **{field: given + h * direction})) - start - h * slope)  # type: ignore[arg-type]
        for h in (2e-2, 1e-2)
    ]
    assert rest[0] / rest[1] == pytest.approx(4, rel=0.15)


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"young_modulus": np.array([-1.0])}, "NOT_POSITIVE", "young_modulus[0]"),
        ({"young_modulus": np.ones(3)}, "WRONG_SIZE", "young_modulus"),
        ({"poisson_ratio": np.array([0.5])}, "OUT_OF_RANGE", "poisson_ratio[0]"),
        ({"poisson_ratio": np.array([0.3, -0.1])}, "OUT_OF_RANGE", "poisson_ratio[1]"),
        ({"poisson_ratio": np.array([0.49])}, "LOCKING", "poisson_ratio[0]"),
        ({"load_steps": 0}, "OUT_OF_RANGE", "load_steps"),
        ({"max_steps": 10_001}, "OUT_OF_RANGE", "max_steps"),
        ({"divisions": np.array([500, 500])}, "OUT_OF_RANGE", "divisions"),
        ({"conditions": "right: traction = 1, 0"}, "SINGULAR_PROBLEM", "conditions"),
        ({"conditions": "left: u.x = 0"}, "SINGULAR_PROBLEM", "conditions"),
        ({"conditions": "left: u = 0, 0; lid: traction = 0, 0"}, "UNKNOWN_BOUNDARY", "conditions[1]"),
        ({"force": "1"}, "MALFORMED_EXPRESSION", "force"),
        ({"point_force": np.ones((2, 2))}, "WRONG_SIZE", "point_force"),
        ({"point_force": np.ones((9, 3))}, "WRONG_SIZE", "point_force"),
        ({"support": "lid"}, "UNKNOWN_BOUNDARY", "support"),
        ({"cotangent": np.ones((2, 2))}, "WRONG_SIZE", "cotangent"),
        ({"young_modulus": np.array([1e308]), "poisson_ratio": np.array([0.45])}, "OUT_OF_RANGE", "young_modulus"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(change: dict[str, object], reason: str, field: str) -> None:
    task = replace(brick("triangle", 1, "left: u = 0, 0"), **change)  # type: ignore[arg-type]
    (found,) = HyperelasticitySolver("cpu").run([task])
    assert isinstance(found, Refusal), found
    assert (found.reason, found.field) == (reason, field)


def test_the_example_is_answered() -> None:
    results: Sequence[object] = SPEC.load("cpu").run([SPEC.example()])
    assert isinstance(results[0], HyperelasticityResult)
    assert results[0].reaction is not None and results[0].reaction[1] == pytest.approx(2e4)
