"""Stepped tasks over the data plane, on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import numpy as np
import pytest

from cluster.dispatch import Endpoint, ModelFailed, TaskExpired
from cluster.plane.client import ConnectionLost, Draining, ReplicaConnection
from cluster.plane.frames import Advance, Begin, Op, describe, frame
from cluster.plane.stream import FrameStream
from models import schema
from models.base import Progress, Refusal, Spec, State, Step, SteppedModel
from tests.support import echo
from tests.support.counting import SPEC, Counting, CountingResult, CountingTask
from tests.support.eventually import until
from tests.support.replicas import NODE, replica, settled


class Asked:
    """A task under way, and what was told of it."""

    def __init__(
        self, connection: ReplicaConnection, task: CountingTask, state: State | None = None, checkpoint_s: float = 0.0
    ) -> None:
        self.told: list[Progress] = []
        self.states: list[State] = []
        deadline = time.monotonic() + 10.0
        self.answer = asyncio.create_task(connection.advance(task, state, deadline, self._told, checkpoint_s))

    def _told(self, progress: Progress, state: State | None) -> None:
        self.told.append(progress)
        if state is not None:
            self.states.append(state)

    @property
    def steps(self) -> list[int]:
        return [progress.step for progress in self.told]

    async def total(self) -> int:
        result, _ = await self.answer
        assert isinstance(result, CountingResult)
        return int(result.total[0])


@contextlib.asynccontextmanager
async def connected(endpoint: Endpoint, spec: Spec = SPEC) -> AsyncIterator[ReplicaConnection]:
    connection = ReplicaConnection(spec, endpoint)
    await connection.connect(NODE, None)
    try:
        yield connection
    finally:
        connection.close()
        await settled()


async def test_progress_and_states_come_before_the_result(tmp_path: Path) -> None:
    model = Counting()
    model.permit(3)
    async with replica(tmp_path / "a.sock", model, SPEC) as (_, endpoint), connected(endpoint) as connection:
        asked = Asked(connection, CountingTask())
        assert await asked.total() == 6
    assert asked.told[1] == Progress(2, 2 / 3, "at 3", {"total": 3.0})
    assert [(int(state["done"][0]), int(state["total"][0])) for state in asked.states] == [(1, 1), (2, 3), (3, 6)]


async def test_a_state_comes_no_oftener_than_was_asked_for(tmp_path: Path) -> None:
    model = Counting()
    model.permit(3)
    async with replica(tmp_path / "a.sock", model, SPEC) as (_, endpoint), connected(endpoint) as connection:
        asked = Asked(connection, CountingTask(), checkpoint_s=60.0)
        assert await asked.total() == 6
    assert (asked.steps, asked.states) == ([1, 2, 3], [])


async def test_a_task_goes_on_from_a_state(tmp_path: Path) -> None:
    model = Counting()
    model.permit(1)
    async with replica(tmp_path / "a.sock", model, SPEC) as (_, endpoint), connected(endpoint) as connection:
        asked = Asked(connection, CountingTask(), {"done": np.array([2]), "total": np.array([3])})
        assert await asked.total() == 6
    assert (asked.steps, model.started) == ([3], [2])


async def test_an_ordinary_call_gets_the_result_alone(tmp_path: Path) -> None:
    model = Counting()
    model.permit(3)
    async with replica(tmp_path / "a.sock", model, SPEC) as (_, endpoint), connected(endpoint) as connection:
        result, timing = await connection.infer(CountingTask(), time.monotonic() + 10.0)
        assert isinstance(result, CountingResult)
        assert (int(result.total[0]), timing.batch_size) == (6, 1)


async def test_a_cancelled_task_stops_at_its_next_step(tmp_path: Path) -> None:
    model = Counting()
    async with replica(tmp_path / "a.sock", model, SPEC) as (local, endpoint), connected(endpoint) as connection:
        asked = Asked(connection, CountingTask(steps=1_000))
        model.permit(2)
        await until(lambda: asked.steps == [1, 2])
        asked.answer.cancel()
        await until(lambda: local.server.in_flight == 0)
        model.permit(1)
        await until(lambda: model.closed == 1)
        assert asked.steps == [1, 2]
        assert connection.open


async def test_a_refusal_and_a_crash_come_back(tmp_path: Path) -> None:
    model = Counting()
    model.permit(10)
    async with replica(tmp_path / "a.sock", model, SPEC) as (_, endpoint), connected(endpoint) as connection:
        with pytest.raises(Refusal, match="taste"):
            await Asked(connection, CountingTask(refuse_at=2)).answer
        with pytest.raises(ModelFailed):
            await Asked(connection, CountingTask(crash_at=2)).answer


async def test_a_replica_that_drains_gives_its_last_state_back_at_once(tmp_path: Path) -> None:
    model = Counting()
    async with replica(tmp_path / "a.sock", model, SPEC) as (local, endpoint), connected(endpoint) as connection:
        asked = Asked(connection, CountingTask(steps=1_000), checkpoint_s=60.0)
        fresh = Asked(connection, CountingTask(steps=1_000), checkpoint_s=60.0)
        model.permit(1)
        await until(lambda: asked.steps == [1])
        assert await local.server.drain(grace_s=0.0, timeout_s=5.0)
        for each in (asked, fresh):
            with pytest.raises(Draining):
                await each.answer
        assert [int(state["done"][0]) for state in asked.states] == [1]
        assert fresh.states == []
        with pytest.raises(Draining):
            await Asked(connection, CountingTask()).answer
        model.permit(10)


async def test_a_lost_connection_ends_the_wait_and_the_work(tmp_path: Path) -> None:
    model = Counting()
    async with replica(tmp_path / "a.sock", model, SPEC) as (local, endpoint), connected(endpoint) as connection:
        asked = Asked(connection, CountingTask(steps=1_000))
        await until(lambda: model.started)
        connection.close()
        with pytest.raises(ConnectionLost):
            await asked.answer
        model.permit(1)
        await until(lambda: model.closed == 1)
        with pytest.raises(ConnectionLost):
            await Asked(connection, CountingTask()).answer
        assert local.server.in_flight == 0


async def test_a_deadline_ends_the_wait(tmp_path: Path) -> None:
    model = Counting()
    async with replica(tmp_path / "a.sock", model, SPEC) as (_, endpoint), connected(endpoint) as connection:
        with pytest.raises(TaskExpired):
            await connection.advance(CountingTask(), None, time.monotonic() + 0.05, lambda *told: None, 0.0)
        model.permit(1)


async def test_a_model_that_takes_no_steps_is_not_begun(tmp_path: Path) -> None:
    async with replica(tmp_path / "a.sock") as (_, endpoint), connected(endpoint, echo.SPEC) as connection:
        with pytest.raises(ConnectionLost):
            await connection.advance(echo.task(), None, time.monotonic() + 5.0, lambda *told: None, 0.0)


class Odd(SteppedModel[CountingTask, CountingResult]):
    """Its state does not travel."""

    def steps(self, task: CountingTask, state: State | None) -> Generator[Step, None, CountingResult]:
        yield Step(Progress(1), {"z": np.zeros(1, complex)})
        yield Step(Progress(2), {})
        return CountingResult(total=np.zeros(1, int))


async def test_a_state_that_does_not_travel_is_the_model_s_fault(tmp_path: Path) -> None:
    async with replica(tmp_path / "a.sock", Odd(), SPEC) as (local, endpoint), connected(endpoint) as connection:
        with pytest.raises(ModelFailed):
            await Asked(connection, CountingTask()).answer
        await until(lambda: local.queue.in_flight == 0)
        assert connection.open


async def test_a_step_with_a_torn_body_closes_the_connection(tmp_path: Path) -> None:
    """A replica of another version, say: whatever it is, it is no frame."""
    made: list[FrameStream] = []

    def torn() -> FrameStream:
        def answer(stream: FrameStream, frames: object) -> None:
            stream.send(frame(Op.STEP, 99, Advance(Progress(1))))  # of nobody: not minded
            stream.send(frame(Op.STEP, 1, Advance(Progress(1), describe({"a": np.zeros(3)}))))

        made.append(FrameStream(answer, lambda stream: None))
        return made[-1]

    server = await asyncio.get_running_loop().create_unix_server(torn, str(tmp_path / "a.sock"))
    async with server, connected(Endpoint("a", NODE, str(tmp_path / "a.sock"))) as connection:
        with pytest.raises(ConnectionLost):
            await Asked(connection, CountingTask()).answer
        made[0].close()
    await settled()


async def test_steps_come_with_the_answer_where_frames_came_without_a_connection(tmp_path: Path) -> None:
    """The handle path."""
    model = Counting()
    model.permit(3)
    scalars, arrays = schema.flatten(CountingTask())
    begin = Begin(10.0, 0.0, scalars, describe(arrays))
    heard: list[Op] = []
    stream = FrameStream(lambda stream, frames: heard.extend(each.op for each in frames), lambda stream: None)
    async with replica(tmp_path / "a.sock", model, SPEC) as (local, _):
        replies = await local.server.exchange(b"".join(map(bytes, frame(Op.BEGIN, 1, begin, arrays.values()))))
    room = stream.get_buffer(-1)
    room[: len(replies)] = replies
    stream.buffer_updated(len(replies))
    assert heard == [Op.STEP, Op.STEP, Op.STEP, Op.ANSWER]
