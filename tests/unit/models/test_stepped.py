"""What every stepped model of the catalogue promises: steps that can be shown, cancelled and taken up again."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from models import schema
from models.base import Array, Private, Refusal, Result, Spec, State, Step, SteppedModel, Task
from models.catalog import CATALOG
from models.memory_artefacts import MemoryArtefacts
from tests.support.counting import SPEC as COUNTING
from tests.support.counting import CountingTask

STEPPED = [COUNTING, *(spec for spec in CATALOG.values() if spec.stepped)]


def all_steps(spec: Spec, state: State | None) -> tuple[list[Step], Result]:
    """Every step of the example from `state` on, and the result."""
    model = cast(SteppedModel[Task, Result], spec.load("cpu", MemoryArtefacts()))
    generator = model.steps(spec.example(), state)
    steps = []
    try:
        while True:
            steps.append(next(generator))
    except StopIteration as end:
        return steps, end.value


def same(one: Result, other: Result) -> bool:
    (scalars, arrays), (others, more) = schema.flatten(one), schema.flatten(other)
    return scalars == others and all(np.array_equal(array, more[name]) for name, array in arrays.items())


@pytest.mark.parametrize("spec", STEPPED, ids=lambda spec: spec.name)
class TestSteppedModel:
    def test_its_factory_makes_a_stepped_model(self, spec: Spec) -> None:
        assert isinstance(spec.load("cpu", MemoryArtefacts()), SteppedModel)

    def test_its_progress_goes_forward_one_step_at_a_time(self, spec: Spec) -> None:
        steps, _ = all_steps(spec, None)
        numbers = [step.progress.step for step in steps]
        assert numbers == list(range(numbers[0], numbers[0] + len(steps)))
        fractions = [step.progress.fraction for step in steps if step.progress.fraction is not None]
        assert fractions == sorted(fractions)
        assert all(0.0 <= fraction <= 1.0 for fraction in fractions)
        assert all(math.isfinite(value) for step in steps for value in step.progress.scalars.values())

    def test_it_takes_at_least_two_steps_for_its_example(self, spec: Spec) -> None:
        assert len(all_steps(spec, None)[0]) >= 2  # or nothing of the rest was tried

    def test_its_state_is_arrays_of_numbers(self, spec: Spec) -> None:
        for step in all_steps(spec, None)[0]:
            for array in step.state.values():
                assert array.dtype.kind in "biuf"
                assert array.dtype.itemsize <= 8

    def test_taken_up_from_any_step_it_goes_on_as_if_it_had_never_stopped(self, spec: Spec) -> None:
        steps, result = all_steps(spec, None)
        for at, step in enumerate(steps):
            elsewhere = {name: _through_bytes(array) for name, array in step.state.items()}
            rest, again = all_steps(spec, elsewhere)
            assert [each.progress for each in rest] == [each.progress for each in steps[at + 1 :]]
            assert same(again, result)
            assert again.evidence == result.evidence

    def test_run_gives_the_result_of_its_steps(self, spec: Spec) -> None:
        _, result = all_steps(spec, None)
        (whole,) = spec.load("cpu", MemoryArtefacts()).run([spec.example()])
        assert not isinstance(whole, Refusal)
        assert same(whole, result)

    def test_the_state_of_a_step_is_not_changed_by_later_ones(self, spec: Spec) -> None:
        model = cast(SteppedModel[Task, Result], spec.load("cpu", MemoryArtefacts()))
        kept: list[tuple[State, dict[str, bytes]]] = []
        for step in model.steps(spec.example(), None):
            kept.append((step.state, {name: array.tobytes() for name, array in step.state.items()}))
        assert all(state[name].tobytes() == data for state, copy in kept for name, data in copy.items())


def test_a_refusal_at_a_step_is_the_answer_of_run() -> None:
    (outcome,) = COUNTING.load("cpu").run([CountingTask(steps=3, refuse_at=2)])
    assert isinstance(outcome, Refusal)
    assert outcome.reason == "UNPLEASANT"


def test_a_stepped_spec_must_not_be_private() -> None:
    private = Private[Task](dataset=lambda task: "a/b", worst_case=lambda task: pytest.fail("not asked"))
    with pytest.raises(ValueError, match="stepped and private"):
        replace(COUNTING, private=private)


def test_a_stepped_spec_runs_one_task_at_a_time() -> None:
    with pytest.raises(ValueError, match="max_batch is 1, not 2"):
        replace(COUNTING, max_batch=2)


def _through_bytes(array: Array) -> Array:
    """As another process gets it: equal, read-only, and nobody else's."""
    return np.frombuffer(array.tobytes(), array.dtype).reshape(array.shape)
