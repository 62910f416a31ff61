"""Stepped tasks and replicas that come and go: the dispatcher, on real sockets."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from cluster.dispatch import Endpoint, ModelFailed, NoReplicaInTime, ReplicasLost
from models.base import Progress, State
from router.endpoints import ModelDispatcher
from tests.support.counting import SPEC, Counting, CountingResult, CountingTask
from tests.support.eventually import until
from tests.support.replicas import NODE, LocalReplica, settled


class House:
    """A dispatcher, its replicas, and what was told of the task that was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.retried: list[str] = []
        self.dispatcher = ModelDispatcher(SPEC, lambda _: None, None, random.Random(1), self.retried.append, 0.2)
        self.replicas: dict[str, LocalReplica] = {}
        self.models: dict[str, Counting] = {}
        self.told: list[int] = []

    async def serve(self, name: str) -> Counting:
        """`name` is the only replica from now on."""
        self.models[name] = Counting()
        self.replicas[name] = LocalReplica(SPEC, self.models[name])
        at: Endpoint = await self.replicas[name].on_unix(self.folder / f"{name}.sock")
        self.dispatcher.update(NODE, [replace(at, replica=name)])
        return self.models[name]

    def ask(self, task: CountingTask, checkpoint_s: float = 0.0) -> asyncio.Task[int]:
        def told(progress: Progress, state: State | None) -> None:
            self.told.append(progress.step)

        async def asked() -> int:
            deadline = time.monotonic() + 10.0
            result, _ = await self.dispatcher.advance(task, None, deadline, told, checkpoint_s)
            assert isinstance(result, CountingResult)
            return int(result.total[0])

        return asyncio.create_task(asked())

    async def close(self) -> None:
        for model in self.models.values():
            model.permit(10)
        await self.dispatcher.close()
        for local in self.replicas.values():
            await local.close()
        await settled()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(made.close)
        yield made


async def test_what_a_lost_replica_had_done_another_need_not_do_again(house: House) -> None:
    first = await house.serve("a")
    answer = house.ask(CountingTask(steps=4))
    first.permit(2)
    await until(lambda: house.told == [1, 2])
    second = await house.serve("b")
    second.permit(2)
    await house.replicas["a"].close()
    assert await answer == 10
    assert house.told == [1, 2, 3, 4]
    assert second.started == [2]
    assert house.retried == ["counting"]


async def test_without_a_checkpoint_it_begins_again(house: House) -> None:
    first = await house.serve("a")
    answer = house.ask(CountingTask(steps=4), checkpoint_s=60.0)
    first.permit(2)
    await until(lambda: house.told == [1, 2])
    second = await house.serve("b")
    second.permit(4)
    await house.replicas["a"].close()
    assert await answer == 10
    assert second.started == [0]


async def test_a_replica_that_drains_hands_over_without_loss(house: House) -> None:
    first = await house.serve("a")
    answer = house.ask(CountingTask(steps=4), checkpoint_s=60.0)
    first.permit(3)
    await until(lambda: house.told == [1, 2, 3])
    second = await house.serve("b")
    second.permit(1)
    await house.replicas["a"].server.drain(grace_s=0.0, timeout_s=5.0)
    assert await answer == 10
    assert second.started == [3]


async def test_a_step_over_which_replica_after_replica_is_lost_is_held_to_be_the_cause(house: House) -> None:
    first = await house.serve("a")
    answer = house.ask(CountingTask(steps=4))
    first.permit(2)
    await until(lambda: house.told == [1, 2])
    for lost, next_one in (("a", "b"), ("b", "c")):
        model = await house.serve(next_one)
        await house.replicas[lost].close()
        await until(lambda model=model: model.started == [2])  # type: ignore[misc]
    await house.replicas["c"].close()
    with pytest.raises(ReplicasLost):
        await answer


async def test_who_gets_further_may_lose_replicas_for_ever(house: House) -> None:
    await house.serve("0")
    answer = house.ask(CountingTask(steps=6))
    for at in range(6):
        house.models[str(at)].permit(1)
        await until(lambda at=at: house.told == list(range(1, at + 2)))  # type: ignore[misc]
        if at < 5:
            await house.serve(str(at + 1))
            await house.replicas[str(at)].close()
    assert await answer == 21


async def test_without_a_replica_it_says_so(house: House) -> None:
    with pytest.raises(NoReplicaInTime):
        await house.ask(CountingTask())


async def test_a_crash_is_not_asked_of_another(house: House) -> None:
    (await house.serve("a")).permit(5)
    with pytest.raises(ModelFailed):
        await house.ask(CountingTask(crash_at=2))
    assert house.retried == []


async def test_who_gives_up_at_the_moment_when_a_replica_comes_is_let_go(house: House) -> None:
    answer = house.ask(CountingTask())
    await asyncio.sleep(0.05)  # it waits for a replica
    await house.serve("a")
    await until(lambda: house.dispatcher._changed.is_set() or answer.done())
    answer.cancel()
    await asyncio.wait((answer,), timeout=5.0)
    assert answer.cancelled()
