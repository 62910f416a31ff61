"""The learning loop: what it labels, what it learns, and that it goes on from any of its steps."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.base import Array, Refusal, Step
from models.operators.acquisition.strategy import Known, strategy
from models.operators.acquisition.uniform import Uniform
from models.operators.learning.loop import Candidate, Course, Lesson, learn
from models.operators.operator import Operator
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.operators.training.errors import relative_errors
from models.operators.training.recipe import Recipe
from tests.unit.models.operators.tiny_operator import functions, pairs
from tests.unit.models.operators.training.pointwise import pointwise

RECIPE = Recipe(architecture=pointwise(), epochs=3, batch=8, rate=0.02)
POOL = pairs(60, seed=1).inputs


def label(inputs: Array) -> Array:
    return np.asarray(inputs / 2 + inputs.mean(axis=1, keepdims=True))


def acquaint(operator: Operator, scaling: Scaling, learnt: Pairs) -> Known:
    return Known(operator, scaling, functions(0))


LESSON = Lesson(pairs(10, seed=0), POOL, pairs(8, seed=2), pairs(20, seed=3), label, acquaint)
COURSE = Course(RECIPE, Uniform(), rounds=2, batch=20)


def run(steps: Generator[Step, None, Candidate]) -> tuple[list[Step], Candidate]:
    seen: list[Step] = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return seen, end.value


def test_each_round_labels_its_batch_and_the_candidate_has_learnt_from_all() -> None:
    asked: list[Array] = []

    def spy(inputs: Array) -> Array:
        asked.append(inputs)
        return label(inputs)

    _, candidate = run(learn(COURSE, replace(LESSON, label=spy)))
    labelled = np.concatenate(asked)
    assert len(labelled) == 40 == len(set(candidate.chosen.tolist()))
    assert np.array_equal(labelled, POOL[candidate.chosen])
    assert len(candidate.learnt) == 50
    assert np.array_equal(candidate.learnt.inputs[10:], POOL[candidate.chosen])
    assert np.allclose(candidate.learnt.targets[10:], label(POOL[candidate.chosen]))
    assert candidate.metrics["labels"] == 50 and candidate.metrics["held_out_error"] > 0


@pytest.mark.parametrize("at", [0, 2, 5, -1])
def test_from_the_state_of_any_step_the_rest_is_as_it_would_have_been(at: int) -> None:
    whole, candidate = run(learn(COURSE, LESSON))
    rest, again = run(learn(COURSE, LESSON, whole[at].state))
    following = whole[at + 1 :] if at >= 0 else []
    assert [step.progress for step in rest] == [step.progress for step in following]
    assert np.array_equal(candidate.chosen, again.chosen)
    assert np.array_equal(candidate.errors, again.errors)


def test_progress_counts_up_to_the_whole() -> None:
    steps, _ = run(learn(COURSE, LESSON))
    assert [step.progress.step for step in steps] == list(range(1, len(steps) + 1))
    fractions = [step.progress.fraction or 0.0 for step in steps]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert all(array.dtype.kind in "biuf" for step in steps for array in step.state.values())


def test_each_training_ends_with_the_errors_on_functions_that_it_has_not_seen() -> None:
    steps, candidate = run(learn(COURSE, LESSON))
    told = [step.progress.scalars for step in steps if "held_out_error" in step.progress.scalars]
    assert [scalars["labels"] for scalars in told] == [10, 30, 50]
    assert told[-1] == candidate.metrics
    expected = relative_errors(candidate.operator, candidate.scaling, LESSON.held_out).numpy()
    assert candidate.metrics["held_out_error"] == pytest.approx(expected.mean())


def test_with_updates_every_training_is_as_long_whatever_it_learns_from() -> None:
    course = replace(COURSE, updates=60)
    assert [course.recipe_for(count).epochs for count in (8, 16, 50, 10_000)] == [60, 30, 8, 1]
    assert COURSE.recipe_for(50) is RECIPE


def test_a_pool_that_runs_out_is_all_labelled() -> None:
    _, candidate = run(learn(replace(COURSE, batch=45), LESSON))
    assert sorted(candidate.chosen.tolist()) == list(range(60))


def test_what_a_strategy_needs_is_asked_of_the_acquaintance() -> None:
    with pytest.raises(Refusal) as refused:
        run(learn(replace(COURSE, strategy=strategy("bald")), LESSON))
    assert refused.value.reason == "NO_UNCERTAINTY"


def shared(name: str) -> Lesson:
    """The set of this name holds a function of the pool."""
    first = LESSON.start.of(slice(0, 1))
    taken = replace(first, inputs=POOL[:1], targets=label(POOL[:1]))
    return replace(LESSON, **{name: taken})


@pytest.mark.parametrize("name", ["validation", "held_out"])
def test_sets_that_overlap_are_refused_before_anything_is_done(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        next(learn(COURSE, shared(name)))
    assert (refused.value.reason, refused.value.field) == ("OVERLAPPING_SETS", name)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"pool": np.full_like(POOL, np.nan)}, "NOT_FINITE"),
        ({"held_out": LESSON.held_out.of(slice(0, 0))}, "ZERO_TARGET"),
        ({"held_out": replace(LESSON.held_out, targets=np.zeros_like(LESSON.held_out.targets))}, "ZERO_TARGET"),
    ],
)
def test_what_cannot_be_learnt_or_measured_is_refused(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        next(learn(COURSE, replace(LESSON, **changed)))
    assert refused.value.reason == reason


def test_an_empty_pool_and_a_course_of_nothing_are_refused() -> None:
    with pytest.raises(Refusal) as refused:
        next(learn(COURSE, replace(LESSON, pool=POOL[:0])))
    assert refused.value.reason == "EMPTY_POOL"
    with pytest.raises(ValueError, match="too few"):
        replace(COURSE, rounds=0)
