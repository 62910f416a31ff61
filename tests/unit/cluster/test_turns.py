"""Stepped tasks in turns on one model."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator

import numpy as np
import pytest

from cluster.batcher import Expired, Job, ModelCrashed, Run
from cluster.turns import Turns
from models.base import Refusal, State, Step
from tests.support.counting import Counting, CountingResult, CountingTask
from tests.support.eventually import until


class Bench:
    """A queue whose turns are one step each, and what its jobs were told, in order: (name, step) or (name, 0)."""

    def __init__(self, places: int = 4) -> None:
        self.model = Counting()
        self.turns = Turns(self.model, turn_s=0.0, places=places)
        self.told: list[tuple[str, int]] = []
        self.steps: list[Step] = []
        self.runs: dict[str, Run] = {}

    def submit(
        self, name: str, asked: CountingTask | None = None, state: State | None = None, timeout_s: float = 10.0
    ) -> Job:
        def stepped(step: Step) -> None:
            self.told.append((name, step.progress.step))
            self.steps.append(step)

        def done(run: Run) -> None:
            self.told.append((name, 0))
            self.runs[name] = run

        job = Job(asked or CountingTask(), time.monotonic() + timeout_s, done, state=state, stepped=stepped)
        self.turns.submit([job])
        return job

    def total(self, name: str) -> int:
        outcome = self.runs[name].outcome
        assert isinstance(outcome, CountingResult), outcome
        return int(outcome.total[0])

    async def ended(self, *names: str) -> None:
        await until(lambda: all(name in self.runs for name in names))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    made.model.permit(1_000)
    made.turns.close()


async def test_steps_are_told_in_order_and_then_the_result(bench: Bench) -> None:
    bench.model.permit(3)
    bench.submit("a")
    await bench.ended("a")
    assert bench.told == [("a", 1), ("a", 2), ("a", 3), ("a", 0)]
    assert bench.total("a") == 6
    assert bench.turns.in_flight == 0
    run = bench.runs["a"]
    assert run.arrived <= run.started <= run.ended


async def test_tasks_take_turns_so_that_a_short_one_overtakes_a_long_one(bench: Bench) -> None:
    bench.submit("long", CountingTask(steps=20))
    bench.submit("short", CountingTask(steps=2))
    bench.model.permit(22)
    await bench.ended("long", "short")
    assert bench.told.index(("short", 0)) < bench.told.index(("long", 5))


async def test_only_so_many_are_begun_at_once() -> None:
    bench = Bench(places=3)
    for name in ("a", "b", "c"):
        bench.submit(name)
    assert bench.turns.in_flight == 3
    bench.model.permit(9)
    await bench.ended("a", "b", "c")
    assert bench.told.index(("c", 1)) > min(bench.told.index(("a", 0)), bench.told.index(("b", 0)))
    bench.turns.close()


async def test_operations_leave_a_place_to_those_who_wait_for_an_answer() -> None:
    bench = Bench(places=2)
    bench.submit("operation", CountingTask(steps=1_000))
    bench.submit("another", CountingTask(steps=1_000))
    answered: list[Run] = []
    bench.turns.submit([Job(CountingTask(steps=2), time.monotonic() + 10.0, answered.append)])
    bench.model.permit(10)
    await until(lambda: answered)
    assert {name for name, _ in bench.told} == {"operation"}
    bench.turns.close()
    bench.model.permit(1)


async def test_a_state_is_where_a_task_goes_on(bench: Bench) -> None:
    bench.model.permit(1)
    bench.submit("a", state={"done": np.array([2]), "total": np.array([3])})
    await bench.ended("a")
    assert (bench.told, bench.total("a")) == ([("a", 3), ("a", 0)], 6)


async def test_a_cancelled_task_ends_with_its_step_and_is_not_answered(bench: Bench) -> None:
    job = bench.submit("a", CountingTask(steps=1_000))
    bench.model.permit(2)
    await until(lambda: ("a", 2) in bench.told)
    job.cancelled = True
    bench.model.permit(1)
    await until(lambda: bench.turns.in_flight == 0)
    await until(lambda: bench.model.closed == 1)
    assert bench.told == [("a", 1), ("a", 2)]


async def test_a_task_that_is_cancelled_before_it_begins_never_does(bench: Bench) -> None:
    bench.submit("a")
    bench.submit("b").cancelled = True
    bench.model.permit(3)
    await bench.ended("a")
    assert bench.model.started == [0]
    assert bench.turns.in_flight == 0


async def test_a_deadline_counts_in_the_queue_and_between_steps(bench: Bench) -> None:
    bench.submit("late", timeout_s=-1.0)
    assert isinstance(bench.runs["late"].outcome, Expired)
    bench.submit("slow", CountingTask(steps=1_000), timeout_s=0.1)
    bench.model.permit(1)
    await until(lambda: ("slow", 1) in bench.told)
    await asyncio.sleep(0.1)  # its deadline passes while it waits to take its second step
    bench.model.permit(1)
    await bench.ended("slow")
    assert isinstance(bench.runs["slow"].outcome, Expired)
    await until(lambda: bench.model.closed == 1)


async def test_a_refusal_and_a_crash_end_their_own_task_alone(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.submit("refused", CountingTask(refuse_at=2))
    bench.submit("crashed", CountingTask(crash_at=2))
    bench.submit("good")
    bench.model.permit(7)
    with caplog.at_level(logging.ERROR):
        await bench.ended("refused", "crashed", "good")
    assert isinstance(bench.runs["refused"].outcome, Refusal)
    assert isinstance(bench.runs["crashed"].outcome, ModelCrashed)
    assert bench.total("good") == 6
    assert "the secret of the model" in caplog.text


async def test_steps_quicker_than_a_turn_are_told_once_a_turn() -> None:
    model = Counting(permits=threading.Semaphore(1_000))
    clock = iter(range(1_000_000))
    turns = Turns(model, turn_s=50, clock=lambda: float(next(clock)))  # 50 looks at the clock: 49 steps
    told: list[int] = []
    ended = asyncio.Event()
    task = CountingTask(steps=120)
    turns.submit([Job(task, 1e9, lambda run: ended.set(), stepped=lambda step: told.append(step.progress.step))])
    await asyncio.wait_for(ended.wait(), 5.0)
    assert len(told) == 3
    assert told[-1] == 120  # the last step is told with the result
    turns.close()


async def test_what_runs_when_it_is_closed_is_not_answered(bench: Bench) -> None:
    bench.submit("a")
    await until(lambda: bench.model.started)
    bench.turns.close()
    bench.model.permit(10)
    await asyncio.sleep(0.02)
    assert bench.told == []


async def test_who_has_had_enough_when_told_of_a_step_is_not_told_the_result(bench: Bench) -> None:
    told: list[str] = []
    job = Job(CountingTask(steps=1), time.monotonic() + 10.0, lambda run: told.append("done"))

    def stepped(step: Step) -> None:
        told.append("step")
        job.cancelled = True

    job.stepped = stepped
    bench.turns.submit([job])
    bench.model.permit(1)
    await until(lambda: bench.turns.in_flight == 0)
    assert told == ["step"]
