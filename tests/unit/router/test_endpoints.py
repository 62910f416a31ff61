"""Picking, losing, retrying, reconnecting and waking: the dispatcher of one model, on real sockets."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cluster.dispatch import Endpoint, ModelFailed, NoReplicaInTime, ReplicasLost, Table, TaskExpired
from models.base import Refusal
from router.endpoints import ModelDispatcher, update_all
from tests.support.echo import SPEC, Echo, EchoResult, task
from tests.support.eventually import until
from tests.support.replicas import NODE, LocalReplica, settled


class House:
    """A dispatcher and the replicas that it may be told of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.woken: list[float] = []
        self.retried: list[str] = []
        self.on_wake: Callable[[], None] = lambda: None
        self.dispatcher = ModelDispatcher(SPEC, self._wake, None, random.Random(1), self.retried.append, max_wait_s=5.0)
        self.replicas: dict[str, LocalReplica] = {}
        self.models: dict[str, Echo] = {}
        self.endpoints: dict[str, Endpoint] = {}

    def _wake(self, model: str) -> None:
        assert model == SPEC.name
        self.woken.append(time.monotonic())
        self.on_wake()

    async def start(self, name: str, *, open: bool = True, at: str = "") -> None:
        self.models[name] = Echo()
        if open:
            self.models[name].gate.set()
        self.replicas[name] = LocalReplica(SPEC, self.models[name])
        endpoint = await self.replicas[name].on_unix(self.folder / f"{at or name}.sock")
        self.endpoints[name] = replace(endpoint, replica=name)

    def tell(self, *names: str) -> None:
        self.dispatcher.update(NODE, [self.endpoints[name] for name in names])

    async def serving(self, *names: str) -> None:
        for name in names:
            await self.start(name)
        self.tell(*names)
        await until(lambda: self.dispatcher.replica_count == len(names))

    async def ask(self, tag: int = 0, timeout_s: float = 5.0, **how: Any) -> int:
        result, _ = await self.dispatcher.infer(task(tag=tag, **how), time.monotonic() + timeout_s)
        assert isinstance(result, EchoResult)
        return result.tag

    def answered(self, name: str) -> int:
        return sum(map(len, self.models[name].batches))

    async def close(self) -> None:
        for model in self.models.values():
            model.gate.set()
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


async def test_each_task_gets_its_own_answer_from_one_of_the_replicas(house: House) -> None:
    await house.serving("a", "b", "c")
    assert await asyncio.gather(*(house.ask(tag) for tag in range(60))) == list(range(60))
    assert all(house.answered(name) for name in "abc")


async def test_who_has_fewer_in_flight_is_asked_first(house: House) -> None:
    await house.start("slow", open=False)
    await house.start("quick")
    house.tell("slow", "quick")
    await until(lambda: house.dispatcher.replica_count == 2)
    asked = [asyncio.create_task(house.ask(tag)) for tag in range(2)]
    await until(lambda: any(one.done() for one in asked))
    for tag in range(2, 12):
        await house.ask(tag)
    assert house.answered("quick") == 11
    house.models["slow"].gate.set()
    await asyncio.gather(*asked)


async def test_what_the_model_says_is_passed_on_and_not_asked_again(house: House) -> None:
    await house.serving("a")
    with pytest.raises(Refusal):
        await house.ask(behaviour="refuse")
    with pytest.raises(ModelFailed):
        await house.ask(behaviour="crash")
    with pytest.raises(TaskExpired):
        await house.ask(wait_s=0.2, timeout_s=0.05)
    assert house.retried == []


async def test_what_a_lost_replica_did_not_answer_is_asked_of_another(house: House) -> None:
    await house.start("dying", open=False)
    house.tell("dying")
    asked = [asyncio.create_task(house.ask(tag)) for tag in range(5)]
    await until(lambda: house.replicas["dying"].server.in_flight == 5)
    await house.start("b")
    house.tell("dying", "b")
    await until(lambda: house.dispatcher.replica_count == 2)
    await house.replicas["dying"].close()
    assert await asyncio.gather(*asked) == list(range(5))
    assert house.retried == [SPEC.name] * 5
    assert house.answered("b") == 5


async def test_a_task_over_which_three_replicas_died_is_given_up(house: House) -> None:
    asked = asyncio.create_task(house.ask())
    for name in "abc":
        await house.start(name, open=False)
        house.tell(name)
        server = house.replicas[name].server
        await until(lambda: server.in_flight)  # noqa: B023 awaited within the turn
        await house.replicas[name].close()
    with pytest.raises(ReplicasLost):
        await asked
    assert len(house.retried) == 2


async def test_a_draining_replica_is_left_and_not_come_back_to(house: House) -> None:
    await house.serving("a", "b")
    await house.replicas["a"].server.drain(0.0, 1.0)
    assert sorted(await asyncio.gather(*(house.ask(tag) for tag in range(20)))) == list(range(20))
    assert house.answered("a") == 0
    await asyncio.sleep(0.1)
    assert house.dispatcher.replica_count == 1


async def test_a_replica_that_the_table_no_longer_names_finishes_what_it_has(house: House) -> None:
    await house.start("old", open=False)
    house.tell("old")
    before = asyncio.create_task(house.ask(1))
    await until(lambda: house.replicas["old"].server.in_flight)
    await house.start("new")
    house.tell("new")
    assert await house.ask(2) == 2
    assert house.answered("new") == 1
    house.models["old"].gate.set()
    assert await before == 1
    assert house.retried == []


async def test_a_connection_that_broke_is_made_again(house: House) -> None:
    await house.serving("a")
    await house.replicas["a"].close()
    await house.start("b", at="a")  # the same place, as after a restart of the process
    house.endpoints["a"] = replace(house.endpoints["b"], replica="a")
    assert await house.ask(1) == 1
    assert house.answered("b") == 1


async def test_a_replica_that_is_not_there_yet_is_tried_until_it_is(house: House) -> None:
    house.endpoints["late"] = Endpoint("late", NODE, str(house.folder / "late.sock"))
    house.tell("late")
    asked = asyncio.create_task(house.ask(3))
    await asyncio.sleep(0.1)
    await house.start("late")
    assert await asked == 3
    assert house.woken == []  # it is named, so it need not be woken


async def test_a_replica_that_moved_while_it_was_sought_is_found(house: House) -> None:
    """The update comes while the dispatcher still tries the old address."""
    house.endpoints["a"] = Endpoint("a", NODE, str(house.folder / "nowhere.sock"))
    house.tell("a")
    await asyncio.sleep(0.03)
    await house.start("a", at="moved")
    house.tell("a")
    assert await house.ask(1) == 1


async def test_a_replica_that_moved_while_it_was_used_is_followed(house: House) -> None:
    await house.serving("a")
    old = house.models["a"]
    stale = house.replicas["a"]
    await house.start("a", at="moved")
    house.tell("a")
    await until(lambda: house.dispatcher.replica_count)
    assert await house.ask(1) == 1
    assert (len(old.batches), house.answered("a")) == (0, 1)
    await stale.close()


async def test_a_replica_that_left_while_it_was_being_reached_is_not_used(house: House) -> None:
    await house.start("a")
    house.tell("a")
    await asyncio.sleep(0)  # the connection is under way
    house.tell()
    await asyncio.sleep(0.05)
    assert house.dispatcher.replica_count == 0
    with pytest.raises(NoReplicaInTime):
        await house.ask(timeout_s=0.05)


async def test_a_model_that_sleeps_is_woken_and_then_asked(house: House) -> None:
    await house.start("a")
    house.on_wake = lambda: house.tell("a")
    house.tell()
    assert await asyncio.gather(*(house.ask(tag) for tag in range(5))) == list(range(5))
    assert len(house.woken) >= 1


async def test_a_model_that_does_not_wake_is_asked_to_again_and_then_given_up(house: House) -> None:
    with pytest.raises(NoReplicaInTime):
        await house.ask(timeout_s=0.7)
    assert len(house.woken) == 2
    house.dispatcher._max_wait_s = 0.05
    with pytest.raises(NoReplicaInTime):
        await house.ask(timeout_s=60.0)


async def test_no_task_is_lost_while_replicas_come_and_go(house: House) -> None:
    await house.serving("r0")
    ended = asyncio.Event()
    answered = 0

    async def client() -> None:
        nonlocal answered
        while not ended.is_set():
            await house.ask(answered)
            answered += 1
            await asyncio.sleep(0)

    clients = [asyncio.create_task(client()) for _ in range(8)]
    for turn in range(1, 8):
        await house.start(f"r{turn}")
        house.tell(f"r{turn}", f"r{turn - 1}")
        await asyncio.sleep(0.01)
        house.tell(f"r{turn}")
        if turn % 2:
            await house.replicas[f"r{turn - 1}"].close()  # killed
        else:
            await house.replicas[f"r{turn - 1}"].server.drain(0.0, 5.0)
        await asyncio.sleep(0.02)
    ended.set()
    await asyncio.gather(*clients)
    assert answered > 50


async def test_every_dispatcher_gets_its_part_of_a_table(house: House) -> None:
    await house.start("a")
    update_all({SPEC.name: house.dispatcher}, Table(NODE, {SPEC.name: (house.endpoints["a"],), "another": ()}))
    assert await house.ask(1) == 1
    update_all({SPEC.name: house.dispatcher}, Table(NODE, {}))
    assert house.dispatcher.replica_count == 0
