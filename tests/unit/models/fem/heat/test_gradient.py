"""The gradients through all steps are the derivatives of what is computed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.base import Array
from models.fem.domain.task import CELLS_PER_BRICK, DIMENSION
from models.fem.heat.adjoint import stride
from models.fem.heat.task import HeatTask
from tests.unit.models.fem.heat.test_scheme import solved
from tests.unit.models.fem.known_fields import QUICK, domain_of, remainder_order


def posed(kind: str, degree: int, steps: int = 7, every: int = 0, theta: float = 0.5) -> HeatTask:
    rng = np.random.default_rng(0)
    d = DIMENSION[kind]
    cells = CELLS_PER_BRICK[kind] * 2**d
    task = HeatTask(
        **domain_of(kind, 2, degree),  # type: ignore[arg-type]
        conductivity=rng.uniform(0.8, 1.2, cells),
        capacity=rng.uniform(0.8, 1.2, cells),
        source="x*cos(t)",
        cell_source=rng.uniform(-1, 1, cells),
        initial="x*y",
        conditions="left: u = y + sin(t); right: h = 2, t",
        time_step=0.02,
        steps=steps,
        every=every,
        theta=theta,
    )
    shape = solved(task).u.shape
    cotangent = rng.uniform(-1, 1, shape if every else shape[1:])
    return replace(task, cotangent=cotangent, initial_values=rng.uniform(-1, 1, shape[1]))


def functional(task: HeatTask) -> float:
    assert task.cotangent is not None
    u = solved(task).u
    return float(np.sum(task.cotangent * (u if task.every else u[-1])))


@pytest.mark.parametrize(("kind", "degree", "every"), [("triangle", 1, 0), *((*element, 3) for element in QUICK)])
def test_the_remainder_of_a_step_along_the_gradient_is_of_second_order(kind: str, degree: int, every: int) -> None:
    task = posed(kind, degree, every=every)
    result = solved(task)
    for name in ("conductivity", "capacity"):
        value = getattr(task, name)
        direction = np.random.default_rng(1).uniform(0.1, 0.5, len(value))

        def along(step: float, name: str = name, value: Array = value, direction: Array = direction) -> float:
            return functional(replace(task, **{name: value + step * direction}))  # type: ignore[arg-type]

        assert remainder_order(along, getattr(result, f"{name}_gradient") @ direction) > 1.8


@pytest.mark.parametrize("steps", [1, 2, 4, 7, 11])
def test_the_initial_value_s_and_the_source_s_gradients_are_exact_as_u_is_linear_in_them(steps: int) -> None:
    """Whatever the number of states that are kept."""
    task = posed("triangle", 2, steps=steps, every=2, theta=0.8)
    result, start = solved(task), functional(task)
    assert stride(steps) ** 2 <= steps
    assert result.initial_gradient is not None
    assert result.source_gradient is not None
    assert task.initial_values is not None
    change = np.random.default_rng(1).uniform(-1, 1, len(task.initial_values))
    moved = functional(replace(task, initial_values=task.initial_values + change))
    assert result.initial_gradient @ change == pytest.approx(moved - start, rel=1e-9)
    x, y = result.points.T
    warmed = functional(replace(task, source="x*cos(t) + x - 2*y"))
    assert result.source_gradient @ (x - 2 * y) == pytest.approx(warmed - start, rel=1e-9)


def test_a_cotangent_of_the_last_field_is_that_of_all_with_zeros() -> None:
    task = posed("quadrilateral", 1, every=3)
    assert task.cotangent is not None
    last = solved(replace(task, cotangent=task.cotangent[-1]))
    padded = np.zeros_like(task.cotangent)
    padded[-1] = task.cotangent[-1]
    np.testing.assert_allclose(last.capacity_gradient, solved(replace(task, cotangent=padded)).capacity_gradient)
