"""A solve through gRPC as a differentiable function: one suite over every framework that is installed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from faraday.client import Client, InvalidRequest, Mesh, NotConverged, triangles, unit_square
from faraday.client.differentiable import solver
from faraday.client.tensors import Array
from tests.unit.client.frameworks import CHECKS, FRAMEWORKS, ValueAndGradients

every_framework = pytest.mark.parametrize("ask", FRAMEWORKS.values(), ids=FRAMEWORKS)
both_degrees = pytest.mark.parametrize("degree", (1, 2))

SQUARE = unit_square(5, 4)
OWN = triangles(SQUARE.nodes + 0.03 * np.sin(9 * SQUARE.nodes[:, ::-1]), SQUARE.cells)
MESHES = pytest.mark.parametrize("mesh", (SQUARE, OWN), ids=("square", "own"))


def left(x: Array, y: Array) -> Array:
    return x < 0.05


def right(x: Array, y: Array) -> Array:
    return x > 0.95


def data_on(mesh: Mesh, degree: int, one_number: bool) -> dict[str, Array]:
    """Of every kind; or one number for all of a kind."""
    rng = np.random.default_rng(3)
    if one_number:
        return {
            "conductivity": np.array(1.5),
            "source": np.array([2.0]),
            "cell_source": np.array(0.5),
            "dirichlet_values": np.array(0.25),
            "neumann_values": np.array(1.0),
        }
    return {
        "conductivity": rng.uniform(1.0, 2.0, len(mesh.cells)),
        "source": rng.standard_normal(len(mesh.points(degree))),
        "cell_source": rng.standard_normal(len(mesh.cells)),
        "dirichlet_values": rng.standard_normal(len(mesh.boundary(degree, left))),
        "neumann_values": rng.standard_normal((len(mesh.boundary_edges(right)), 2)),
    }


@every_framework
@MESHES
@both_degrees
@pytest.mark.parametrize("one_number", (False, True), ids=("many", "one"))
def test_the_remainder_of_taylor_falls_with_the_square_of_the_step(
    live: Client, ask: ValueAndGradients, mesh: Mesh, degree: int, one_number: bool
) -> None:
    """Along a random direction in all data at once, which J is not linear in."""
    data = data_on(mesh, degree, one_number)
    rng = np.random.default_rng(4)
    direction = {name: rng.standard_normal(value.shape) for name, value in data.items()}
    weights = rng.uniform(0.5, 1.5, len(mesh.points(degree)))

    def at(step: float) -> tuple[float, dict[str, Array]]:
        there = {name: value + step * direction[name] for name, value in data.items()}
        return ask(live, mesh, degree, left, right, there, weights)

    value, gradients = at(0.0)
    assert {name: gradient.shape for name, gradient in gradients.items()} == {
        name: given.shape for name, given in data.items()
    }
    slope = sum(float(np.sum(gradients[name] * direction[name])) for name in data)
    remainders = [abs(at(step)[0] - value - step * slope) for step in (4e-3, 2e-3, 1e-3)]
    orders = np.log2(np.array(remainders[:-1]) / remainders[1:])
    np.testing.assert_allclose(orders, 2.0, atol=0.1)


@every_framework
def test_every_framework_has_the_same_gradient(live: Client, ask: ValueAndGradients) -> None:
    data = data_on(OWN, 2, one_number=False)
    weights = np.ones(len(OWN.points(2)))
    value, gradients = ask(live, OWN, 2, left, right, data, weights)
    expected, by_hand = FRAMEWORKS["numpy"](live, OWN, 2, left, right, data, weights)
    assert value == pytest.approx(expected, rel=1e-13)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, by_hand[name], rtol=1e-9, atol=1e-12)


@both_degrees
@pytest.mark.parametrize("one_number", (False, True), ids=("many", "one"))
def test_a_tangent_is_the_transpose_of_the_gradients(live: Client, degree: int, one_number: bool) -> None:
    data = data_on(SQUARE, degree, one_number)
    asked = solver(live, SQUARE, dirichlet=left, neumann=right, degree=degree)
    rng = np.random.default_rng(5)
    direction = {name: rng.standard_normal(value.shape) for name, value in data.items()}
    cotangent = rng.standard_normal(asked.point_count)
    terms = [np.sum(gradient * direction[name]) for name, gradient in asked.gradients(data, cotangent).items()]
    assert cotangent @ asked.tangent(data, direction) == pytest.approx(sum(terms), rel=1e-10)


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_what_a_framework_does_besides(live: Client, check: Callable[[Client], None]) -> None:
    check(live)


def test_an_answer_that_did_not_converge_is_raised(live: Client) -> None:
    conductivity = 10 ** np.random.default_rng(0).uniform(-15, 15, 128)
    asked = solver(live, unit_square(8), dirichlet=lambda x, y: y == 0)
    with pytest.raises(NotConverged, match="contrast"):
        asked.field({"conductivity": conductivity, "source": np.ones(1), "dirichlet_values": np.zeros(1)})


def test_what_the_server_refuses_is_raised(live: Client) -> None:
    asked = solver(live, SQUARE, dirichlet=left)
    with pytest.raises(InvalidRequest, match="NOT_POSITIVE"):
        asked.field({"conductivity": -np.ones(1), "dirichlet_values": np.zeros(1)})


def test_a_solve_keeps_to_the_session_that_it_is_given(live: Client) -> None:
    given = "3e1f0d1a-1111-4222-8333-444455556666"
    assert solver(live, SQUARE, dirichlet=left, session=given).session == given
    assert solver(live, SQUARE, dirichlet=left).session != solver(live, SQUARE, dirichlet=left).session
