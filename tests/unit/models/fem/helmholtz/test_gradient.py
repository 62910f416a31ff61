"""The gradients are the derivatives of what is computed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.base import Array
from models.fem.domain.task import CELLS_PER_BRICK, DIMENSION
from models.fem.helmholtz.task import HelmholtzTask
from tests.unit.models.fem.helmholtz.test_waves import solved
from tests.unit.models.fem.known_fields import QUICK, domain_of, remainder_order


def posed(kind: str, degree: int) -> HelmholtzTask:
    rng = np.random.default_rng(0)
    d = DIMENSION[kind]
    cells = CELLS_PER_BRICK[kind] * 2**d
    task = HelmholtzTask(
        **domain_of(kind, 2, degree),  # type: ignore[arg-type]
        angular_frequency=3.0,
        wave_speed=rng.uniform(0.8, 1.2, cells),
        damping=rng.uniform(0.1, 0.4, cells),
        source="x, y",
        conditions="left: u = y, 1; right: absorb; top: beta = 0.2, x; bottom: q = 1, x",
    )
    return replace(task, cotangent=rng.uniform(-1, 1, solved(task).u.shape))


def functional(task: HelmholtzTask) -> float:
    return float(np.sum(task.cotangent * solved(task).u))


@pytest.mark.parametrize(("kind", "degree"), QUICK)
def test_the_remainder_of_a_step_along_the_gradient_is_of_second_order(kind: str, degree: int) -> None:
    task = posed(kind, degree)
    result = solved(task)
    for name in ("wave_speed", "damping"):
        value = getattr(task, name)
        direction = np.random.default_rng(1).uniform(0.1, 0.5, len(value))

        def along(step: float, name: str = name, value: Array = value, direction: Array = direction) -> float:
            return functional(replace(task, **{name: value + step * direction}))  # type: ignore[arg-type]

        assert remainder_order(along, getattr(result, f"{name}_gradient") @ direction) > 1.8


@pytest.mark.parametrize(("kind", "degree"), [("triangle", 2), ("hexahedron", 1)])
def test_the_derivative_by_the_frequency_is_a_difference_quotient(kind: str, degree: int) -> None:
    task = posed(kind, degree)
    result = solved(task)
    assert result.frequency_gradient is not None
    high, low = (functional(replace(task, angular_frequency=3.0 + step)) for step in (1e-5, -1e-5))
    assert result.frequency_gradient[0] == pytest.approx((high - low) / 2e-5, rel=1e-6)


def test_the_source_s_gradient_is_exact_as_u_is_linear_in_it() -> None:
    task = posed("quadrilateral", 2)
    result = solved(task)
    assert result.source_gradient is not None
    x, y = result.points.T
    moved = functional(replace(task, source="x + x - 2*y, y + x*y")) - functional(task)
    predicted = result.source_gradient[:, 0] @ (x - 2 * y) + result.source_gradient[:, 1] @ (x * y)
    assert predicted == pytest.approx(moved, rel=1e-9)


def test_the_prescribed_values_gradient_is_exact_as_u_is_linear_in_them() -> None:
    task = posed("quadrilateral", 2)
    result = solved(task)
    assert result.prescribed_gradient is not None
    other = task.conditions.replace("u = y, 1", "u = y + 2, 1 - y**2")
    moved = functional(replace(task, conditions=other)) - functional(task)
    y = result.points[:, 1]
    predicted = result.prescribed_gradient[:, 0].sum() * 2 - result.prescribed_gradient[:, 1] @ y**2
    assert predicted == pytest.approx(moved, rel=1e-9)
    assert not result.prescribed_gradient[result.points[:, 0] > 0].any()


def test_a_cell_s_derivative_is_a_difference_quotient() -> None:
    task = posed("triangle", 1)
    result = solved(task)
    for name in ("wave_speed", "damping"):
        value = getattr(task, name)
        quotients = [
            (
                functional(replace(task, **{name: value + 1e-5 * one}))
                - functional(replace(task, **{name: value - 1e-5 * one}))
            )
            / 2e-5
            for one in np.eye(len(value))[::3]
        ]
        np.testing.assert_allclose(getattr(result, f"{name}_gradient")[::3], quotients, rtol=1e-6, atol=1e-7)
