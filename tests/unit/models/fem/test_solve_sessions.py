"""Solves of one session: the same answers, from plans and factorisations that are made once."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from models.base import Refusal
from models.fem.gradient import GradientSolver
from models.fem.gradient_task import GradientResult, GradientTask
from models.fem.sessions import Sessions
from models.fem.solve import DiffusionSolver
from models.fem.task import SPEC, DiffusionResult, DiffusionTask
from tests.unit.models.fem.meshes import ONE
from tests.unit.models.fem.posing import MESHES, posed_as, with_all_data

ONE_SESSION, OTHER_SESSION = (str(uuid.UUID(int=number, version=4)) for number in (1, 2))
OWN = dataclasses.replace(with_all_data(MESHES["distorted L"], 1, 2), session=ONE_SESSION)
QUADRATIC = dataclasses.replace(with_all_data(MESHES["distorted L"], 2, 3), session=ONE_SESSION)
SQUARE = dataclasses.replace(SPEC.example(), session=ONE_SESSION)  # as large as takes multigrid
every_task = pytest.mark.parametrize("task", [OWN, QUADRATIC, SQUARE], ids=["P1", "P2", "multigrid"])


def changed(**fields: Any) -> Callable[[DiffusionTask], DiffusionTask]:
    return lambda task: dataclasses.replace(task, **fields)


def solved(solver: DiffusionSolver, *tasks: DiffusionTask) -> list[DiffusionResult]:
    results = solver.run(tasks)
    for result in results:
        assert isinstance(result, DiffusionResult), result
    return results  # type: ignore[return-value]


@every_task
@pytest.mark.parametrize("error_bound", ["fast", "sharp", "none"])
def test_a_session_changes_no_answer(task: DiffusionTask, error_bound: str) -> None:
    """Direct solvers may sum in another order; the second answer is the first, bit by bit."""
    task = changed(error_bound=error_bound)(task)
    solver = DiffusionSolver("cpu")
    first, second, alone = solved(solver, task, task, changed(session="")(task))
    np.testing.assert_array_equal(first.u, second.u)
    np.testing.assert_allclose(first.u, alone.u, rtol=1e-11, atol=1e-12 * abs(alone.u).max())
    np.testing.assert_array_equal(first.points, alone.points)
    np.testing.assert_array_equal(first.cells, alone.cells)
    assert first.evidence.method == alone.evidence.method
    bounds = [result.evidence.error_bound for result in (first, second, alone)]
    if error_bound == "none":
        assert bounds == [None, None, None]
    else:
        one, again, other = bounds
        assert one is not None and other is not None
        assert one == again
        assert one.value == pytest.approx(other.value, rel=1e-6)


@every_task
def test_calls_of_a_session_with_the_same_matrix_factorise_once(task: DiffusionTask) -> None:
    sessions = Sessions(squares=True)
    solver = DiffusionSolver("cpu", sessions)
    for change in (changed(), changed(source=2 * ONE), changed(error_bound="none")):
        solved(solver, change(task))
    assert sessions.factorisations == 1


@every_task
@pytest.mark.parametrize(
    "change", [changed(session=OTHER_SESSION), changed(conductivity=2 * ONE)], ids=["session", "conductivity"]
)
def test_another_session_or_conductivity_has_its_own(
    task: DiffusionTask, change: Callable[[DiffusionTask], DiffusionTask]
) -> None:
    sessions = Sessions(squares=True)
    solved(DiffusionSolver("cpu", sessions), task, change(task), task)
    assert sessions.factorisations == 2


def test_without_a_session_nothing_is_kept() -> None:
    sessions = Sessions(squares=True)
    solved(DiffusionSolver("cpu", sessions), *[changed(session="")(OWN)] * 2)
    assert sessions.factorisations == 0


@every_task
def test_a_gradient_after_a_solve_finds_its_factorisation(task: DiffusionTask) -> None:
    """Where both models share their sessions."""
    sessions = Sessions(squares=True)
    [field] = solved(DiffusionSolver("cpu", sessions), task)
    asked = posed_as(GradientTask, task, cotangent=np.ones(len(field.u)), session=task.session)
    [found] = GradientSolver("cpu", sessions).run([asked])
    assert isinstance(found, GradientResult)
    np.testing.assert_array_equal(found.u, field.u)
    assert sessions.factorisations == 1


@pytest.mark.parametrize("session", ["mine", "e65a3d6a-e5ed-11f1-940c-02fc00000001"])  # no UUID; one that tells a time
def test_what_could_be_guessed_is_no_session(session: str) -> None:
    [refusal] = DiffusionSolver("cpu").run([changed(session=session)(OWN)])
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.field) == ("NOT_A_UUID", "session")


def test_what_is_refused_is_refused_in_a_session_too() -> None:
    wrong = changed(dirichlet_points=np.array([10**6]), dirichlet_values=np.zeros(1))(OWN)
    beyond = changed(source=1e300 * ONE, cell_source=None, neumann_values=None, neumann_edges=None)(OWN)
    found = DiffusionSolver("cpu").run([wrong, OWN, beyond])
    assert [type(each) for each in found] == [Refusal, DiffusionResult, Refusal]
    alone = DiffusionSolver("cpu").run([changed(session="")(task) for task in (wrong, beyond)])
    assert [each.reason for each in (found[0], found[2])] == [each.reason for each in alone]  # type: ignore[union-attr]


def test_a_task_wants_to_be_near_its_session() -> None:
    assert OWN.affinity == ONE_SESSION
    assert changed(session="")(OWN).affinity == ""
