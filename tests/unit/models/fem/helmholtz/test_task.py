"""What makes no sense is refused with its field; the shapes of answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models import schema
from models.base import Outcome, Refusal
from models.fem.helmholtz.solve import HelmholtzSolver
from models.fem.helmholtz.task import SPEC, HelmholtzResult, HelmholtzTask
from models.fem.modes.task import ModesTask
from tests.unit.models.fem.helmholtz.test_waves import solved
from tests.unit.models.fem.modes.test_modes import solved as modes_of

TASK = HelmholtzTask(divisions=np.array([4, 4]), wave_speed=np.array([1.0]), conditions="left: u = 1, 0; right: absorb")


def test_the_example_is_answered_with_its_evidence() -> None:
    task = SPEC.example()
    assert isinstance(task, HelmholtzTask)
    evidence = solved(task).evidence
    assert evidence.outcome is Outcome.CONVERGED
    assert evidence.method == "P2 Lagrange elements, complex sparse LU"
    assert evidence.residual is not None
    assert evidence.residual < 1e-12
    assert evidence.error_bound is None


def test_a_result_is_of_the_declared_shapes_and_real() -> None:
    flat = schema.flatten(solved(replace(TASK, cotangent=np.ones((25, 2)))))
    schema.fit(HelmholtzResult, flat[0], {name: (array.dtype, array.shape) for name, array in flat[1].items()})
    assert {"wave_speed_gradient", "frequency_gradient"} <= flat[1].keys()


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"angular_frequency": 0.0}, "NOT_POSITIVE", "angular_frequency"),
        ({"wave_speed": np.zeros(1)}, "NOT_POSITIVE", "wave_speed[0]"),
        ({"damping": -np.ones(1)}, "OUT_OF_RANGE", "damping[0]"),
        ({"source": "1, 2, 3"}, "MALFORMED_EXPRESSION", "source"),
        ({"source": "t"}, "MALFORMED_EXPRESSION", "source"),
        ({"conditions": "left: u = 1"}, "MALFORMED_CONDITION", "conditions[0]"),
        ({"conditions": "left: u.x = 1"}, "MALFORMED_CONDITION", "conditions[0]"),
        ({"conditions": "left: absorb = 1"}, "MALFORMED_CONDITION", "conditions[0]"),
        ({"divisions": np.array([500, 500])}, "OUT_OF_RANGE", "divisions"),
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
        ({"cotangent": np.ones((3, 2))}, "WRONG_SIZE", "cotangent"),
        ({"conditions": "left: beta = y - 1/2, 0"}, "OUT_OF_RANGE", "conditions[0]"),
        ({"conditions": "lid: absorb"}, "UNKNOWN_BOUNDARY", "conditions"),
        ({"wave_speed": np.array([1e200])}, "OUT_OF_RANGE", "wave_speed"),
    ],
)
def test_what_takes_the_mesh_to_see_is_refused(change: dict[str, object], reason: str, field: str) -> None:
    task = replace(TASK, **change)  # type: ignore[arg-type]
    task.check()
    (refused,) = HelmholtzSolver("cpu").run([task])
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.field) == (reason, field)


def test_a_resonance_without_damping_is_refused_and_with_it_answered() -> None:
    room = ModesTask(divisions=np.array([4, 4]), count=3, conditions="boundary: u = 0")
    omega = float(np.sqrt(modes_of(room).eigenvalues[0]))
    closed = replace(TASK, angular_frequency=omega, conditions="boundary: u = 0, 0", source="1")
    (refused,) = HelmholtzSolver("cpu").run([closed])
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.field) == ("SINGULAR_PROBLEM", "angular_frequency")
    assert np.isfinite(solved(replace(closed, damping=np.array([0.1]))).u).all()


def test_where_everything_is_prescribed_that_is_the_answer() -> None:
    result = solved(replace(TASK, divisions=np.array([1, 1]), conditions="boundary: u = x, y"))
    np.testing.assert_allclose(result.u, result.points)
