from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from models.fem.gradient_task import GradientTask
from models.fem.operator import Operator
from models.fem.sessions import Sessions
from tests.unit.models.fem.meshes import MESHES, ONE, task_on
from tests.unit.models.fem.posing import posed_as

ONE_SESSION, OTHER_SESSION = (str(uuid.UUID(int=number, version=4)) for number in (1, 2))
TASK = posed_as(GradientTask, task_on(MESHES["square"], 1, source=ONE), cotangent=np.ones(25), session=ONE_SESSION)


def changed(**fields: Any) -> Callable[[GradientTask], GradientTask]:
    return lambda task: dataclasses.replace(task, **fields)


def held(sessions: Sessions, task: GradientTask) -> Operator:
    return sessions.operator(task, sessions.plan(task))


@pytest.mark.parametrize(
    "change",
    [changed(), changed(source=2 * ONE), changed(cotangent=np.zeros(25)), changed(dirichlet_values=np.ones(16))],
    ids=["nothing", "source", "cotangent", "Dirichlet values"],
)
def test_equal_operators_of_a_session_are_one(change: Callable[[GradientTask], GradientTask]) -> None:
    sessions = Sessions()
    assert held(sessions, TASK) is held(sessions, change(TASK))


@pytest.mark.parametrize(
    "change",
    [
        changed(session=OTHER_SESSION),
        changed(nodes=2 * MESHES["square"].nodes),
        changed(cells=MESHES["square"].cells[::-1]),
        changed(dirichlet_points=np.arange(5), dirichlet_values=np.zeros(5)),
    ],
    ids=["session", "nodes", "cells", "Dirichlet points"],
)
def test_other_sessions_and_other_meshes_have_plans_of_their_own(
    change: Callable[[GradientTask], GradientTask],
) -> None:
    sessions = Sessions()
    assert sessions.plan(TASK) is not sessions.plan(change(TASK))
    assert held(sessions, TASK) is not held(sessions, change(TASK))


def test_another_conductivity_has_an_operator_of_its_own_on_the_same_plan() -> None:
    sessions = Sessions()
    one, other = held(sessions, TASK), held(sessions, changed(conductivity=2 * ONE)(TASK))
    assert one is not other
    assert one.plan is other.plan


def test_without_a_session_nothing_is_shared() -> None:
    sessions = Sessions()
    task = changed(session="")(TASK)
    assert sessions.plan(task) is not sessions.plan(task)
    assert held(sessions, task) is not held(sessions, task)


def test_what_is_kept_holds_no_array_of_the_task() -> None:
    """A task's arrays are views of the message that brought them: the budget does not count that."""
    conductivity = np.ones(len(MESHES["square"].cells))
    task = changed(conductivity=conductivity, nodes=MESHES["square"].nodes.copy())(TASK)
    operator = held(Sessions(), task)
    sent = [array for array in vars(task).values() if isinstance(array, np.ndarray)]
    plan, mesh = operator.plan, operator.plan.mesh
    kept = [
        operator.conductivity,
        *(a for part in (plan, mesh) for a in vars(part).values() if isinstance(a, np.ndarray)),
    ]
    assert not any(np.shares_memory(one, other) for one in sent for other in kept)


def test_a_budget_of_nothing_keeps_nothing() -> None:
    sessions = Sessions(budget_bytes=0)
    assert held(sessions, TASK) is not held(sessions, TASK)
