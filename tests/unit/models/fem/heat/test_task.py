"""What makes no sense is refused with its field; what is returned, and its shapes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models import schema
from models.base import Outcome, Refusal
from models.fem.heat.solve import HeatSolver
from models.fem.heat.task import SPEC, HeatResult, HeatTask
from tests.unit.models.fem.heat.test_scheme import ONE, solved

TASK = HeatTask(divisions=np.array([2, 2]), conductivity=ONE, capacity=ONE, conditions="left: u = 1", steps=3)


def test_the_example_is_answered_with_its_evidence() -> None:
    task = SPEC.example()
    assert isinstance(task, HeatTask)
    evidence = solved(task).evidence
    assert evidence.outcome is Outcome.CONVERGED
    assert evidence.method == "P1 Lagrange elements, implicit midpoint rule, 10 steps with one sparse LU"
    assert evidence.residual is not None
    assert evidence.residual < 1e-12
    assert evidence.error_bound is None
    assert "θ = 0.75" in solved(replace(task, theta=0.75)).evidence.method


def test_a_result_is_of_the_declared_shapes() -> None:
    for cotangent in (np.ones(9), np.ones((2, 9))):
        flat = schema.flatten(solved(replace(TASK, every=2, cotangent=cotangent)))
        schema.fit(HeatResult, flat[0], {name: (array.dtype, array.shape) for name, array in flat[1].items()})
        assert "initial_gradient" in flat[1]


@pytest.mark.parametrize(("steps", "every", "times"), [(6, 0, [6]), (6, 2, [2, 4, 6]), (6, 4, [4, 6]), (6, 9, [6])])
def test_every_nth_field_and_the_last_are_returned(steps: int, every: int, times: list[int]) -> None:
    result = solved(replace(TASK, steps=steps, every=every, time_step=1.0))
    np.testing.assert_array_equal(result.times, times)
    assert len(result.u) == len(times)


def test_what_is_prescribed_goes_over_the_initial_values() -> None:
    """Backward Euler from a uniform field that agrees with it stays there."""
    result = solved(replace(TASK, initial="where(x < 0.1, 7, 1)", theta=1.0))
    np.testing.assert_allclose(result.u, 1)


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"time_step": 0.0}, "NOT_POSITIVE", "time_step"),
        ({"steps": 0}, "OUT_OF_RANGE", "steps"),
        ({"theta": 0.4}, "OUT_OF_RANGE", "theta"),
        ({"theta": 1.1}, "OUT_OF_RANGE", "theta"),
        ({"every": -1}, "OUT_OF_RANGE", "every"),
        ({"steps": 30_000_000}, "OUT_OF_RANGE", "divisions"),
        ({"steps": 30_000, "every": 1, "divisions": np.array([30, 30])}, "OUT_OF_RANGE", "divisions"),
        ({"conductivity": -ONE}, "NOT_POSITIVE", "conductivity[0]"),
        ({"capacity": np.zeros(1)}, "NOT_POSITIVE", "capacity[0]"),
        ({"cell_source": np.ones(3)}, "WRONG_SIZE", "cell_source"),
        ({"cotangent": np.ones((2, 9))}, "WRONG_SIZE", "cotangent"),
        ({"initial": "t"}, "MALFORMED_EXPRESSION", "initial"),
        ({"conditions": "left: h = 1 + t, 0"}, "MALFORMED_CONDITION", "conditions[0]"),
    ],
)
def test_what_the_arrays_show_to_be_wrong_is_refused_before_anything_is_made(
    change: dict[str, object], reason: str, field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        replace(TASK, **change).check()  # type: ignore[arg-type]
    assert (refused.value.reason, refused.value.field) == (reason, field)


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"cotangent": np.ones(3)}, "WRONG_SIZE", "cotangent"),
        ({"initial_values": np.ones(3)}, "WRONG_SIZE", "initial_values"),
        ({"conditions": "left: h = -1, 0"}, "OUT_OF_RANGE", "conditions[0]"),
        ({"source": "1/(t - 0.05)", "theta": 0.5}, "NOT_FINITE", "source"),
        ({"conductivity": np.array([1e308]), "theta": 1.0}, "OUT_OF_RANGE", "conductivity"),
    ],
)
def test_what_takes_the_mesh_to_see_is_refused(change: dict[str, object], reason: str, field: str) -> None:
    (refused,) = HeatSolver("cpu").run([replace(TASK, **change)])  # type: ignore[arg-type]
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.field) == (reason, field)
