"""Operations that are taken up, kept, ended, cancelled, left and given up: workers and replicas in this process."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from google.rpc import code_pb2, error_details_pb2, status_pb2
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from cluster.dispatch import Endpoint
from models.base import Array, Progress
from router.codec.contract import OperationCodec
from router.codec.operations import message
from router.endpoints import ModelDispatcher
from router.errors import OperationsUnavailable
from router.metrics import RouterMetrics
from router.operations.checkpoint import packed
from router.operations.contract import Books, Limits, Operation, State, Viewer
from router.operations.memory import MemoryBooks, MemoryTransactions
from router.operations.rules import MAX_FUTILE
from router.operations.runner import Runner, RunnerOptions
from router.operations.running import Pace
from router.operations.store import OperationStore
from tests.conformance.operations.examples import operation
from tests.support.counting import SPEC, Counting
from tests.support.counting_codec import METHOD, CountingCodec
from tests.support.eventually import until
from tests.support.replicas import NODE, LocalReplica, settled

ADA = Viewer("charite", "ada")
T = TypeVar("T")


class Flaky(MemoryTransactions):
    """A store that is out of reach while `down`."""

    def __init__(self, books: MemoryBooks) -> None:
        super().__init__(books)
        self.down = False

    async def run(self, work: Callable[[Books], T]) -> T:
        if self.down:
            raise OperationsUnavailable("the disk is full", 0.5)
        return await super().run(work)


class Worker:
    """One router worker's runner, with its own dispatcher and its own way to the store."""

    def __init__(self, books: MemoryBooks, options: RunnerOptions, codecs: dict[str, OperationCodec]) -> None:
        self.transactions = Flaky(books)
        self.store = OperationStore(self.transactions, Limits())
        self.dispatcher = ModelDispatcher(SPEC, lambda _: None, None, random.Random(1), lambda _: None, 0.2)
        self.registry = CollectorRegistry()
        metrics = RouterMetrics(self.registry, 0, [], [SPEC.name])
        self.runner = Runner(self.store, codecs, {SPEC.name: SPEC}, {SPEC.name: self.dispatcher}, metrics, options)
        self.task = asyncio.create_task(self.runner.run())

    def left(self, how: str) -> float:
        labels = {"worker": "0", "model": "counting", "how": how}
        return self.registry.get_sample_value("faraday_operations_total", labels) or 0.0

    @property
    def running(self) -> float:
        labels = {"worker": "0", "model": "counting"}
        return self.registry.get_sample_value("faraday_operations_running", labels) or 0.0

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.wait((self.task,))

    async def close(self) -> None:
        await self.stop()
        await self.dispatcher.close()


class House:
    """Workers that share a store, and replicas that they share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.books = MemoryBooks()
        self.store = OperationStore(MemoryTransactions(self.books), Limits())
        self.workers: list[Worker] = []
        self.models: dict[str, Counting] = {}
        self.replicas: dict[str, LocalReplica] = {}
        self.endpoint: Endpoint | None = None
        self._at = itertools.count(1)

    async def worker(self, name: str = "one", *, lease_s: float = 30.0, served: bool = True, room: int = 64) -> Worker:
        options = RunnerOptions(name, room, poll_s=0.02, pace=Pace(beat_s=0.02, lease_s=lease_s, checkpoint_s=0.0))
        made = Worker(self.books, options, {METHOD: CountingCodec()} if served else {})
        self.workers.append(made)
        if self.endpoint is not None:
            made.dispatcher.update(NODE, [self.endpoint])
        return made

    async def replica(self, name: str = "a") -> Counting:
        """The only one from now on."""
        self.models[name] = Counting()
        self.replicas[name] = LocalReplica(SPEC, self.models[name])
        self.endpoint = replace(await self.replicas[name].on_unix(self.folder / f"{name}.sock"), replica=name)
        for worker in self.workers:
            worker.dispatcher.update(NODE, [self.endpoint])
        return self.models[name]

    async def start(self, body: bytes = b"4", **how: object) -> str:
        at = next(self._at)
        made = operation(at, method=METHOD, created=time.time(), expires=time.time() + 60.0)
        started, _ = await self.store.create(replace(made, **how), body)
        return started.id

    async def get(self, id: str) -> Operation:
        return (await self.store.get(ADA, id))[0]

    async def until(self, id: str, condition: Callable[[Operation], object]) -> Operation:
        async with asyncio.timeout(5.0):
            while not condition(found := await self.get(id)):  # noqa: ASYNC110 nobody tells us
                await asyncio.sleep(0.005)
        return found

    async def step(self, id: str, step: int) -> Operation:
        return await self.until(id, lambda o: o.progress is not None and o.progress.step == step)

    async def ended(self, id: str) -> tuple[Operation, bytes]:
        await self.until(id, lambda o: o.state.is_end)
        return await self.store.get(ADA, id)

    async def failure(self, id: str) -> status_pb2.Status:
        found, outcome = await self.ended(id)
        assert found.state is State.FAILED
        return message(found, outcome).error

    async def close(self) -> None:
        for model in self.models.values():
            model.permit(100)
        for worker in self.workers:
            await worker.close()
        for local in self.replicas.values():
            await local.close()
        await settled()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(made.close)
        yield made


def reason(found: status_pb2.Status) -> str:
    info = error_details_pb2.ErrorInfo()
    assert found.details[0].Unpack(info)
    return str(info.reason)


async def test_an_operation_runs_and_its_progress_and_response_are_kept(house: House) -> None:
    model, worker = await house.replica(), await house.worker()
    id = await house.start()
    model.permit(2)
    found = await house.step(id, 2)
    assert (found.state, found.holder) == (State.RUNNING, "one")
    assert found.progress == Progress(2, 0.5, "at 3", {"total": 3.0})
    assert worker.running == 1
    model.permit(2)
    found, outcome = await house.ended(id)
    assert (found.state, found.attempt) == (State.SUCCEEDED, 1)
    assert found.progress is not None
    assert found.progress.step == 4
    response = message(found, outcome).response
    assert (response.type_url, response.value) == ("type.googleapis.com/test.Count", b"10")
    assert (worker.running, worker.left("succeeded")) == (0, 1)


async def test_several_run_at_once_on_one_replica(house: House) -> None:
    model, _ = await house.replica(), await house.worker()
    ids = [await house.start(b"3") for _ in range(3)]
    model.permit(9)
    for id in ids:
        assert (await house.ended(id))[0].state is State.SUCCEEDED


async def test_a_cancelled_operation_stops_at_its_step(house: House) -> None:
    model, worker = await house.replica(), await house.worker()
    id = await house.start(b"1000")
    model.permit(2)
    await house.step(id, 2)
    await house.store.cancel(ADA, id, time.time())
    found, outcome = await house.ended(id)
    assert found.state is State.CANCELLED
    assert message(found, outcome).error.code == code_pb2.CANCELLED
    model.permit(1)
    await until(lambda: model.closed == 1)
    assert worker.left("cancelled") == 1


async def test_a_refusal_is_the_operation_s_error_spelt_as_the_request_spells_it(house: House) -> None:
    model, _ = await house.replica(), await house.worker()
    model.permit(10)
    found = await house.failure(await house.start(b"4 2"))
    assert (found.code, reason(found)) == (code_pb2.INVALID_ARGUMENT, "UNPLEASANT")
    bad = error_details_pb2.BadRequest()
    assert found.details[1].Unpack(bad)
    assert bad.field_violations[0].field == "count.steps"


async def test_a_crash_says_nothing_of_itself(house: House, caplog: pytest.LogCaptureFixture) -> None:
    model, _ = await house.replica(), await house.worker()
    model.permit(10)
    with caplog.at_level(logging.ERROR):
        found = await house.failure(await house.start(b"4 0 2"))
    assert (found.code, reason(found)) == (code_pb2.INTERNAL, "INTERNAL")
    assert "error_id" in found.message
    assert "secret" not in str(found)


async def test_a_lost_replica_costs_no_step(house: House) -> None:
    first, _ = await house.replica("a"), await house.worker()
    id = await house.start()
    first.permit(3)
    await house.step(id, 3)
    second = await house.replica("b")
    second.permit(1)
    await house.replicas["a"].close()
    found, outcome = await house.ended(id)
    assert message(found, outcome).response.value == b"10"
    assert second.started == [3]


async def test_a_step_over_which_replica_after_replica_dies_ends_it(house: House) -> None:
    model, _ = await house.replica("a"), await house.worker()
    id = await house.start()
    model.permit(1)
    await house.step(id, 1)
    for lost, name in (("a", "b"), ("b", "c")):
        model = await house.replica(name)
        await house.replicas[lost].close()
        await until(lambda model=model: model.started)  # type: ignore[misc]
    await house.replicas["c"].close()
    found = await house.failure(id)
    assert (found.code, reason(found)) == (code_pb2.INTERNAL, "REPLICA_LOST")


async def test_it_counts_as_well_where_each_next_replica_is_long_in_coming(house: House) -> None:
    await house.worker()
    id = await house.start()
    for name in ("a", "b", "c"):
        model = await house.replica(name)
        await until(lambda model=model: model.started)  # type: ignore[misc]
        await house.replicas[name].close()
        await asyncio.sleep(0.3)  # longer than a replica is waited for at once
    found = await house.failure(id)
    assert (found.code, reason(found)) == (code_pb2.INTERNAL, "REPLICA_LOST")


async def test_steps_between_the_losses_absolve_an_operation(house: House) -> None:
    await house.worker()
    id = await house.start()
    for at, name in enumerate(("a", "b", "c", "d"), start=1):
        model = await house.replica(name)
        model.permit(1)
        if at < 4:
            await house.step(id, at)
            await house.replicas[name].close()
            await asyncio.sleep(0.3)
    assert (await house.ended(id))[0].state is State.SUCCEEDED


async def test_an_operation_waits_for_a_replica_as_long_as_it_takes(house: House) -> None:
    """Longer than any call waits for one: here a fifth of a second."""
    await house.worker()
    id = await house.start()
    await house.until(id, lambda o: o.state is State.RUNNING)
    await asyncio.sleep(0.3)
    assert (await house.get(id)).state is State.RUNNING
    (await house.replica()).permit(4)
    assert (await house.ended(id))[0].state is State.SUCCEEDED


async def test_a_deadline_ends_it(house: House) -> None:
    model, _ = await house.replica(), await house.worker()
    model.permit(1)
    found = await house.failure(await house.start(b"1000", expires=time.time() + 0.1))
    assert (found.code, reason(found)) == (code_pb2.DEADLINE_EXCEEDED, "DEADLINE_PASSED")


async def test_what_a_dead_worker_held_another_goes_on_with(house: House) -> None:
    """Its lease ends when nobody keeps it."""
    model = await house.replica()
    now = time.time()
    id = await house.start()
    (claim,) = await house.store.claim("dead", now, 0.2, 1)
    checkpoint = packed({"done": _one(3), "total": _one(6)}, SPEC.version)
    await house.store.keep(claim.operation, Progress(3), checkpoint, now + 0.2)
    await house.worker("two")
    model.permit(1)
    found, outcome = await house.ended(id)
    assert message(found, outcome).response.value == b"10"
    assert (found.attempt, model.started) == (2, [3])


async def test_the_state_of_another_version_of_the_model_is_not_used(house: House) -> None:
    model = await house.replica()
    now = time.time()
    id = await house.start()
    (claim,) = await house.store.claim("dead", now, 0.0, 1)
    await house.store.keep(claim.operation, Progress(3), packed({"done": _one(3)}, "another"), now)
    await house.worker()
    model.permit(4)
    assert (await house.ended(id))[0].state is State.SUCCEEDED
    assert model.started == [0]


async def test_a_worker_that_stops_leaves_its_operations_to_the_others_at_once(house: House) -> None:
    model, one = await house.replica(), await house.worker("one")
    id = await house.start()
    model.permit(3)
    await house.step(id, 3)
    await one.stop()
    assert (await house.get(id)).state is State.WAITING
    assert one.left("left") == 1
    await house.worker("two")
    model.permit(2)  # one for the step that was under way
    found, _ = await house.ended(id)
    assert (found.state, found.attempt, model.started) == (State.SUCCEEDED, 2, [0, 3])


async def test_a_worker_that_stops_while_the_store_is_out_of_reach_leaves_when_its_lease_ends(house: House) -> None:
    model, one = await house.replica(), await house.worker("one", lease_s=0.3)
    id = await house.start()
    model.permit(2)
    await house.step(id, 2)
    one.transactions.down = True
    await one.stop()
    assert (await house.get(id)).state is State.RUNNING
    await house.worker("two")
    model.permit(10)
    assert (await house.ended(id))[0].attempt == 2


async def test_a_worker_that_lost_its_lease_stops_and_changes_nothing(house: House) -> None:
    model, one = await house.replica(), await house.worker("one")
    id = await house.start(b"1000")
    model.permit(2)
    await house.step(id, 2)
    one.transactions.down = True
    held = await house.get(id)
    await house.store.let_go(held)
    (claim,) = await house.store.claim("two", time.time(), 60.0, 1)
    one.transactions.down = False
    await until(lambda: one.left("lost") == 1)
    assert (await house.get(id)) == claim.operation
    model.permit(1)
    await until(lambda: model.closed == 1)


async def test_a_store_that_is_out_of_reach_for_a_while_costs_nothing(house: House) -> None:
    model, one = await house.replica(), await house.worker()
    id = await house.start()
    model.permit(1)
    await house.step(id, 1)
    one.transactions.down = True
    model.permit(3)
    await until(lambda: model.permits._value == 0)
    await asyncio.sleep(0.1)
    assert (await house.get(id)).state is State.RUNNING
    one.transactions.down = False
    found, outcome = await house.ended(id)
    assert (found.attempt, message(found, outcome).response.value) == (1, b"10")


@pytest.mark.parametrize("permits", (1, 4))
async def test_a_store_that_is_out_of_reach_for_longer_than_a_lease_ends_the_work(house: House, permits: int) -> None:
    """Whether or not the work is done by then: somebody else may have it."""
    model, one = await house.replica(), await house.worker(lease_s=0.1)
    id = await house.start()
    await house.until(id, lambda o: o.state is State.RUNNING)
    one.transactions.down = True
    model.permit(permits)
    await until(lambda: one.left("lost") == 1)
    assert not (await house.get(id)).state.is_end
    model.permit(8)
    one.transactions.down = False
    assert (await house.ended(id))[0].attempt == 2


async def test_a_runner_that_is_to_look_and_to_end_at_the_same_moment_ends(house: House) -> None:
    one = await house.worker()
    await asyncio.sleep(0.03)  # it waits
    one.runner.look()
    one.task.cancel()
    await asyncio.wait((one.task,), timeout=5.0)
    assert one.task.cancelled()


async def test_over_what_workers_die_again_and_again_without_a_step_is_given_up(house: House) -> None:
    id = await house.start()
    for _ in range(MAX_FUTILE):
        await house.store.claim("dying", time.time(), 0.0, 1)
    await house.replica()
    await house.worker()
    found = await house.failure(id)
    assert (found.code, reason(found)) == (code_pb2.INTERNAL, "REPLICA_LOST")


async def test_what_is_not_served_any_more_fails(house: House) -> None:
    await house.worker(served=False)
    found = await house.failure(await house.start())
    assert (found.code, reason(found)) == (code_pb2.NOT_FOUND, "UNKNOWN_MODEL")


async def test_a_request_that_cannot_be_read_any_more_fails(house: House) -> None:
    await house.worker()
    found = await house.failure(await house.start(b""))
    assert (found.code, reason(found)) == (code_pb2.INVALID_ARGUMENT, "MALFORMED_REQUEST")


async def test_what_has_been_kept_for_long_enough_is_forgotten_while_the_worker_runs(house: House) -> None:
    await house.start(created=1.0, expires=2.0)
    (claim,) = await house.store.claim("dead", 1.5, 0.0, 1)
    await house.store.finish(claim.operation, None, State.CANCELLED, b"", 2.0)
    one = await house.worker()
    async with asyncio.timeout(5.0):
        while await house.store.page(ADA, 1 << 62, 10, None):  # noqa: ASYNC110 nobody tells us
            await asyncio.sleep(0.005)
    assert not one.task.done()


async def test_a_worker_that_starts_while_the_store_is_out_of_reach_waits_for_it(house: House) -> None:
    model, one = await house.replica(), await house.worker()
    one.transactions.down = True
    id = await house.start()
    await asyncio.sleep(0.05)
    assert (await house.get(id)).state is State.WAITING
    one.transactions.down = False
    model.permit(4)
    assert (await house.ended(id))[0].state is State.SUCCEEDED


async def test_a_worker_takes_no_more_than_it_has_room_for(house: House) -> None:
    model = await house.replica()
    await house.worker(room=1)
    ids = [await house.start() for _ in range(2)]
    await house.until(ids[0], lambda o: o.state is State.RUNNING)
    await asyncio.sleep(0.1)
    assert (await house.get(ids[1])).state is State.WAITING
    model.permit(8)
    assert (await house.ended(ids[1]))[0].state is State.SUCCEEDED


def _one(value: int) -> Array:
    return np.array([value])
