"""What makes no sense is refused with its field; the shapes of answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models import schema
from models.base import Outcome, Refusal
from models.fem.modes.solve import ModesSolver
from models.fem.modes.task import SPEC, ModesResult, ModesTask
from tests.unit.models.fem.modes.test_modes import SOFT, solved

MEMBRANE = ModesTask(divisions=np.array([4, 4]), count=2, conditions="boundary: u = 0")
BODY = ModesTask(divisions=np.array([4, 2]), problem="elastic", count=2, conditions="left: u = 0, 0", **SOFT)
COLUMN = replace(BODY, problem="buckling", conditions="left: u = 0, 0; right: traction = -1, 0")


def test_the_example_is_answered_with_its_evidence() -> None:
    task = SPEC.example()
    assert isinstance(task, ModesTask)
    evidence = solved(task).evidence
    assert evidence.outcome is Outcome.CONVERGED
    assert evidence.residual is not None
    assert evidence.residual < 1e-13


@pytest.mark.parametrize("task", [MEMBRANE, BODY, COLUMN], ids=lambda task: task.problem)
def test_a_result_is_of_the_declared_shapes(task: ModesTask) -> None:
    flat = schema.flatten(solved(replace(task, count=1, cotangent=np.ones(1))))
    schema.fit(ModesResult, flat[0], {name: (array.dtype, array.shape) for name, array in flat[1].items()})
    assert ("frequencies" in flat[1]) == (task.problem != "buckling") == ("displacement" not in flat[1])


@pytest.mark.parametrize(
    ("task", "reason", "field"),
    [
        (replace(MEMBRANE, count=0), "OUT_OF_RANGE", "count"),
        (replace(MEMBRANE, count=51), "OUT_OF_RANGE", "count"),
        (replace(MEMBRANE, tension=np.zeros(1)), "NOT_POSITIVE", "tension[0]"),
        (replace(MEMBRANE, density=np.ones(3)), "WRONG_SIZE", "density"),
        (replace(MEMBRANE, cotangent=np.ones(3)), "WRONG_SIZE", "cotangent"),
        (replace(MEMBRANE, conditions="left: traction = 1"), "MALFORMED_CONDITION", "conditions[0]"),
        (replace(MEMBRANE, body_force="1, 0"), "UNKNOWN_INPUT", "body_force"),
        (replace(MEMBRANE, divisions=np.array([500, 500])), "OUT_OF_RANGE", "divisions"),
        (replace(MEMBRANE, young_modulus=np.ones(1)), "UNKNOWN_INPUT", "young_modulus"),
        (replace(BODY, tension=np.ones(1)), "UNKNOWN_INPUT", "tension"),
        (replace(COLUMN, density=np.ones(1)), "UNKNOWN_INPUT", "density"),
        (replace(BODY, divisions=np.array([400, 400])), "OUT_OF_RANGE", "divisions"),
        (replace(BODY, young_modulus=None), "MISSING_TENSOR", "young_modulus"),
        (replace(BODY, poisson_ratio=None), "MISSING_TENSOR", "poisson_ratio"),
        (replace(BODY, poisson_ratio=np.array([0.49])), "LOCKING", "poisson_ratio[0]"),
        (replace(COLUMN, body_force="1"), "MALFORMED_EXPRESSION", "body_force"),
        (replace(COLUMN, body_force="1, z"), "MALFORMED_EXPRESSION", "body_force"),
    ],
)
def test_what_the_arrays_show_to_be_wrong_is_refused_before_anything_is_made(
    task: ModesTask, reason: str, field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        task.check()
    assert (refused.value.reason, refused.value.field) == (reason, field)


@pytest.mark.parametrize(
    ("task", "reason", "field"),
    [
        (replace(MEMBRANE, conditions="left: u = 1"), "OUT_OF_RANGE", "conditions"),
        (replace(MEMBRANE, conditions="lid: u = 0"), "UNKNOWN_BOUNDARY", "conditions[0]"),
        (replace(MEMBRANE, count=9), "OUT_OF_RANGE", "count"),
        (replace(MEMBRANE, tension=np.array([1e308])), "OUT_OF_RANGE", "tension"),
        (replace(COLUMN, conditions="left: u = 0, 0"), "SINGULAR_PROBLEM", "conditions"),
        (replace(COLUMN, conditions="right: traction = -1, 0"), "SINGULAR_PROBLEM", "conditions"),
        (replace(COLUMN, conditions="left: u.x = 0; right: traction = -1, 0"), "SINGULAR_PROBLEM", "conditions"),
        (replace(COLUMN, conditions="left: u = 0, 0; right: traction.x = -1"), "MALFORMED_CONDITION", "conditions[1]"),
    ],
)
def test_what_takes_the_mesh_to_see_is_refused(task: ModesTask, reason: str, field: str) -> None:
    task.check()
    (refused,) = ModesSolver("cpu").run([task])
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.field) == (reason, field)
