"""Tasks that say what they want to be near, and the dispatcher that keeps them together: on real sockets."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from cluster.dispatch import Endpoint
from router.endpoints import ModelDispatcher
from router.rendezvous import ALWAYS, nearest
from tests.support import counting
from tests.support.counting import Counting, CountingTask
from tests.support.echo import SPEC, Echo, EchoResult, EchoTask
from tests.support.eventually import until
from tests.support.replicas import NODE, LocalReplica, settled

NAMES = ("a", "b", "c", "d")
KEYS = 12


@dataclass(frozen=True, kw_only=True)
class NearTask(EchoTask):
    """Near to the other tasks with the same tag."""

    @property
    def affinity(self) -> str:
        return f"session {self.tag}"


class House:
    """A dispatcher and its replicas."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.retried: list[str] = []
        self.dispatcher = self.another()
        self.replicas: dict[str, LocalReplica] = {}
        self.models: dict[str, Echo] = {}
        self.endpoints: dict[str, Endpoint] = {}

    def another(self) -> ModelDispatcher:
        return ModelDispatcher(SPEC, lambda _: None, None, random.Random(1), self.retried.append, max_wait_s=5.0)

    async def serving(self, *names: str) -> None:
        """These, and no others, from now on."""
        for name in names:
            if name not in self.replicas:
                self.models[name] = Echo()
                self.models[name].gate.set()
                self.replicas[name] = LocalReplica(SPEC, self.models[name])
                at = await self.replicas[name].on_unix(self.folder / f"{name}.sock")
                self.endpoints[name] = replace(at, replica=name)
        await self.told(self.dispatcher, *names)

    async def told(self, dispatcher: ModelDispatcher, *names: str) -> None:
        dispatcher.update(NODE, [self.endpoints[name] for name in names])
        await until(lambda: dispatcher.replica_count == len(names))

    async def ask(self, tag: int, dispatcher: ModelDispatcher | None = None) -> None:
        asked = NearTask(x=np.ones(1), tag=tag)
        result, _ = await (dispatcher or self.dispatcher).infer(asked, time.monotonic() + 5.0)
        assert isinstance(result, EchoResult) and result.tag == tag

    async def answered_by(self, keys: Iterable[int], dispatcher: ModelDispatcher | None = None) -> dict[int, str]:
        """Who answers each key, asked one after the other."""
        found = {}
        for tag in keys:
            for model in self.models.values():
                model.batches.clear()
            await self.ask(tag, dispatcher)
            [found[tag]] = [name for name, model in self.models.items() if model.batches]
        return found

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
        await made.serving(*NAMES)
        yield made


def home(tag: int, names: Iterable[str] = NAMES) -> str:
    return nearest(f"session {tag}", dict.fromkeys(names, 0))


async def test_every_call_of_a_session_goes_to_its_replica(house: House) -> None:
    for _ in range(3):
        assert await house.answered_by(range(KEYS)) == {tag: home(tag) for tag in range(KEYS)}
    assert len({home(tag) for tag in range(KEYS)}) > 2


async def test_another_router_sends_it_there_too(house: House) -> None:
    other = house.another()
    await house.told(other, *reversed(NAMES))
    assert await house.answered_by(range(KEYS), other) == await house.answered_by(range(KEYS))
    await other.close()


async def test_a_replica_that_leaves_and_returns_moves_its_own_sessions_only(house: House) -> None:
    before = await house.answered_by(range(KEYS))
    gone = before[0]
    left = [name for name in NAMES if name != gone]
    await house.serving(*left)
    after = await house.answered_by(range(KEYS))
    assert {tag for tag in range(KEYS) if after[tag] != before[tag]} == {tag for tag in before if before[tag] == gone}
    await house.serving(*NAMES)
    assert await house.answered_by(range(KEYS)) == before


async def test_calls_beyond_the_bound_go_to_the_next_in_the_ranking(house: House) -> None:
    """Nobody answers, so that all calls are in flight; one more than the nearest may have goes to the second."""
    for model in house.models.values():
        model.gate.clear()
    first = home(0)
    second = home(0, [name for name in NAMES if name != first])
    asked = [asyncio.create_task(house.ask(0)) for _ in range(ALWAYS + 1)]
    await until(lambda: sum(local.server.in_flight for local in house.replicas.values()) == len(asked))
    assert {name: local.server.in_flight for name, local in house.replicas.items() if local.server.in_flight} == {
        first: ALWAYS,
        second: 1,
    }
    for model in house.models.values():
        model.gate.set()
    await asyncio.gather(*asked)


async def test_what_its_replica_did_not_answer_is_asked_of_the_next_in_the_ranking(house: House) -> None:
    first = home(0)
    house.models[first].gate.clear()
    asked = asyncio.create_task(house.ask(0))
    await until(lambda: house.replicas[first].server.in_flight)
    await house.replicas[first].close()
    await asked
    second = home(0, [name for name in NAMES if name != first])
    assert house.models[second].batches == [[0]]
    assert house.retried == [SPEC.name]


async def test_a_session_leaves_a_draining_replica(house: House) -> None:
    first = home(0)
    await house.replicas[first].server.drain(0.0, 1.0)
    second = home(0, [name for name in NAMES if name != first])
    assert await house.answered_by([0, 0]) == {0: second}


@dataclass(frozen=True, kw_only=True)
class NearCounting(CountingTask):
    @property
    def affinity(self) -> str:
        return "session"


async def test_what_takes_many_steps_goes_to_who_has_least_to_do(tmp_path: Path) -> None:
    models = [Counting(), Counting()]
    replicas = [LocalReplica(counting.SPEC, model) for model in models]
    dispatcher = ModelDispatcher(counting.SPEC, lambda _: None, None, random.Random(1), lambda _: None)
    at = [await each.on_unix(tmp_path / f"{number}.sock") for number, each in enumerate(replicas)]
    dispatcher.update(NODE, at)
    await until(lambda: dispatcher.replica_count == 2)
    deadline = time.monotonic() + 5.0
    asked = [
        asyncio.create_task(dispatcher.advance(NearCounting(steps=1), None, deadline, lambda *_: None, 1.0))
        for _ in range(2)
    ]
    await until(lambda: [len(model.started) for model in models] == [1, 1])
    for model in models:
        model.permit(1)
    await asyncio.gather(*asked)
    await dispatcher.close()
    for each in replicas:
        await each.close()
