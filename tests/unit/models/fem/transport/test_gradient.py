"""The gradients are the derivatives of what is computed: finite differences, and a remainder of second order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.base import Array
from models.fem.domain.elements import LAGRANGE
from models.fem.domain.task import CELLS_PER_BRICK, DIMENSION
from models.fem.transport.task import TransportTask
from tests.unit.models.fem.known_fields import QUICK, domain_of, remainder_order
from tests.unit.models.fem.transport.test_convergence import solved

GRADIENTS = {
    "diffusivity": "diffusivity_gradient",
    "reaction": "reaction_gradient",
    "cell_source": "source_gradient",
}


def posed(kind: str, degree: int, k: float, c: float = 0.5) -> TransportTask:
    rng = np.random.default_rng(0)
    d = DIMENSION[kind]
    cells = CELLS_PER_BRICK[kind] * 2**d
    task = TransportTask(
        **domain_of(kind, 2, degree),  # type: ignore[arg-type]
        diffusivity=k * rng.uniform(0.8, 1.2, cells),
        velocity="1 + y, 2 - x" + (", 1" if d == 3 else ""),
        reaction=c * rng.uniform(0.8, 1.2, cells),
        cell_source=rng.uniform(-1, 1, cells),
        conditions="left: u = y; right: h = 2, 1 + y; top: q = x",
    )
    return replace(task, cotangent=rng.uniform(-1, 1, len(solved(task).u)))


def functional(task: TransportTask) -> float:
    assert task.cotangent is not None
    return float(task.cotangent @ solved(task).u)


def moved(task: TransportTask, name: str, by: Array) -> TransportTask:
    return replace(task, **{name: getattr(task, name) + by})


# With no, some and much SUPG, limited by each of its limits.
@pytest.mark.parametrize(
    ("kind", "degree", "k", "c"),
    [
        *((*element, 2e-3, 0.5) for element in LAGRANGE),
        ("triangle", 2, 1.0, 0.5),
        ("triangle", 2, 2e-3, 30.0),
        ("triangle", 2, 0.05, 0.0),
        ("quadrilateral", 2, 0.05, 5.0),
        ("quadrilateral", 1, 2e-3, 30.0),
    ],
)
def test_the_remainder_of_a_step_along_the_gradient_is_of_second_order(
    kind: str, degree: int, k: float, c: float
) -> None:
    task = posed(kind, degree, k, c)
    result = solved(task)
    for name, size in (("diffusivity", 0.05 * k), ("reaction", 0.05 * max(c, 0.1))):
        direction = size * np.random.default_rng(1).uniform(0.2, 1, len(task.diffusivity))

        def along(step: float, name: str = name, direction: Array = direction) -> float:
            return functional(moved(task, name, step * direction))

        assert remainder_order(along, getattr(result, GRADIENTS[name]) @ direction) > 1.8


@pytest.mark.parametrize(("kind", "degree"), QUICK)
def test_the_source_s_gradient_is_exact_as_u_is_linear_in_it(kind: str, degree: int) -> None:
    task = posed(kind, degree, 2e-3)
    result = solved(task)
    assert result.source_gradient is not None
    assert task.cell_source is not None
    change = functional(moved(task, "cell_source", np.ones(len(task.cell_source)))) - functional(task)
    assert result.source_gradient.sum() == pytest.approx(change, rel=1e-9)
    weighted = functional(replace(task, source="x - 2*y")) - functional(task)
    x, y = result.points.T[:2]
    assert result.source_gradient @ (x - 2 * y) == pytest.approx(weighted, rel=1e-9)


@pytest.mark.parametrize(("kind", "degree"), QUICK)
def test_the_prescribed_values_gradient_is_exact_as_u_is_linear_in_them(kind: str, degree: int) -> None:
    task = posed(kind, degree, 2e-3)
    result = solved(task)
    assert result.prescribed_gradient is not None
    moved = functional(replace(task, conditions=task.conditions.replace("u = y", "u = y + 2 - y**2"))) - functional(
        task
    )
    x, y = result.points.T[:2]
    assert result.prescribed_gradient @ (2 - y**2) == pytest.approx(moved, rel=1e-9)
    assert not result.prescribed_gradient[x > 0].any()


def test_a_cell_s_derivative_is_a_difference_quotient() -> None:
    task = posed("triangle", 2, 2e-3)
    result = solved(task)
    for name in ("diffusivity", "reaction"):
        step = 1e-5 * getattr(task, name).mean()
        quotients = [
            (functional(moved(task, name, step * one)) - functional(moved(task, name, -step * one))) / (2 * step)
            for one in np.eye(len(task.diffusivity))[::3]
        ]
        gradient = getattr(result, GRADIENTS[name])
        np.testing.assert_allclose(gradient[::3], quotients, rtol=1e-5, atol=1e-6 * np.abs(gradient).max())


def test_without_a_cotangent_there_are_no_gradients() -> None:
    result = solved(replace(posed("triangle", 1, 1.0), cotangent=None))
    assert result.diffusivity_gradient is None
    assert result.source_gradient is None
