"""Zero-wait batching."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence

import pytest

from cluster.batcher import Batcher, Expired, Job, ModelCrashed, Run
from models.base import Refusal, Result
from tests.support.echo import Echo, EchoResult, EchoTask, task


class Bench:
    """A batcher on a model with a gate, and the runs by tag."""

    def __init__(self, max_batch: int = 4) -> None:
        self.model = Echo()
        self.batcher = Batcher(self.model, max_batch)  # type: ignore[arg-type]  # a Model of EchoTask
        self.runs: dict[int, Run] = {}
        self.order: list[int] = []
        self._ended = asyncio.Event()

    def job(self, asked: EchoTask, timeout_s: float = 10.0) -> Job:
        def done(run: Run) -> None:
            self.runs[asked.tag] = run
            self.order.append(asked.tag)
            self._ended.set()

        return Job(asked, time.monotonic() + timeout_s, done)

    def submit(self, *tags: int, behaviour: str = "answer", timeout_s: float = 10.0) -> list[Job]:
        jobs = [self.job(task(float(tag), tag=tag, behaviour=behaviour), timeout_s) for tag in tags]
        self.batcher.submit(jobs)
        return jobs

    async def ended(self, count: int) -> None:
        async with asyncio.timeout(10.0):
            while len(self.runs) < count:
                self._ended.clear()
                await self._ended.wait()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    made.model.gate.set()
    made.batcher.close()


async def test_what_waits_when_the_model_is_free_is_its_next_batch(bench: Bench) -> None:
    bench.submit(1)
    bench.submit(2)
    bench.submit(3, 4)
    assert bench.batcher.in_flight == 4
    bench.model.gate.set()
    await bench.ended(4)
    assert bench.model.batches == [[1], [2, 3, 4]]
    assert bench.order == [1, 2, 3, 4]
    assert [bench.runs[tag].batch_size for tag in (1, 2, 3, 4)] == [1, 3, 3, 3]
    run = bench.runs[3]
    assert run.arrived <= run.started <= run.ended
    assert isinstance(run.outcome, EchoResult)
    assert run.outcome.tag == 3
    assert bench.batcher.in_flight == 0


async def test_a_batch_is_never_larger_than_the_model_takes(bench: Bench) -> None:
    bench.submit(*range(10))
    bench.model.gate.set()
    await bench.ended(10)
    assert bench.model.batches == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


async def test_a_task_whose_deadline_passed_in_the_queue_never_runs(bench: Bench) -> None:
    bench.submit(1)
    bench.submit(2, timeout_s=-0.001)
    bench.model.gate.set()
    await bench.ended(2)
    assert isinstance(bench.runs[2].outcome, Expired)
    assert bench.model.batches == [[1]]


async def test_a_cancelled_task_never_runs_and_one_that_runs_is_not_answered(bench: Bench) -> None:
    (running,) = bench.submit(1)
    (waiting,) = bench.submit(2)
    bench.submit(3)
    running.cancelled = waiting.cancelled = True
    bench.model.gate.set()
    await bench.ended(1)
    assert set(bench.runs) == {3}
    assert bench.model.batches == [[1], [3]]


async def test_a_refused_task_does_not_spoil_its_batch(bench: Bench) -> None:
    bench.submit(0)
    bench.submit(1)
    bench.submit(2, behaviour="refuse")
    bench.submit(3)
    bench.model.gate.set()
    await bench.ended(4)
    assert isinstance(bench.runs[2].outcome, Refusal)
    assert bench.runs[3].batch_size == 3


async def test_a_crashing_task_fails_alone(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.submit(0)
    bench.submit(1)
    bench.submit(2, behaviour="crash")
    bench.submit(3)
    bench.submit(4, 5)
    bench.model.gate.set()
    with caplog.at_level(logging.WARNING):
        await bench.ended(6)
    assert bench.model.batches == [[0], [1, 2, 3, 4], [1], [2], [3], [4], [5]]
    assert [tag for tag, run in bench.runs.items() if isinstance(run.outcome, ModelCrashed)] == [2]
    assert "ZeroDivisionError" in caplog.text
    bench.submit(6)
    await bench.ended(7)


class Lossy:
    """Forgets the last task of a batch."""

    def run(self, tasks: Sequence[EchoTask]) -> Sequence[Result | Refusal]:
        return [Refusal("NO", "no")] * (len(tasks) - 1)


async def test_a_model_that_loses_a_task_has_crashed_and_the_queue_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    bench.batcher = Batcher(Lossy(), 4)  # type: ignore[arg-type]  # as above
    bench.submit(1, 2)
    await bench.ended(2)
    assert all(isinstance(run.outcome, ModelCrashed) for run in bench.runs.values())
    assert "0 outcomes for 1 tasks" in caplog.text
    bench.batcher.close()


async def test_who_cannot_be_told_does_not_stop_the_others(bench: Bench) -> None:
    heard: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: heard.append(str(context["exception"])))

    def deaf(run: Run) -> None:
        raise RuntimeError("deaf")

    bench.batcher.submit([Job(task(), time.monotonic() + 10.0, deaf)])
    bench.submit(2)
    bench.model.gate.set()
    await bench.ended(1)
    assert heard == ["deaf"]
