"""Router side and replica side of the data plane, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cluster.batcher import Run
from cluster.certificates import issue
from cluster.dispatch import Endpoint, ModelFailed, TaskExpired, Timing
from cluster.plane.client import BadFrame, ConnectionLost, Draining, ReplicaConnection
from cluster.plane.frames import Answer, Begin, FaultKind, Frame, Infer, Op, answer_of, describe, fault_of, frame
from cluster.plane.private_socket import SocketPathTooLong
from cluster.plane.stream import FrameStream
from models import schema
from models.base import Evidence, Refusal, Result
from tests.support.echo import SPEC, Echo, EchoResult, EchoTask, open_echo, task
from tests.support.eventually import until
from tests.support.replicas import NODE, LocalReplica, replica, settled

NOW = datetime.datetime.now(datetime.UTC)  # the handshake asks the system's clock


@contextlib.asynccontextmanager
async def connected(endpoint: Endpoint) -> AsyncIterator[ReplicaConnection]:
    connection = ReplicaConnection(SPEC, endpoint)
    await connection.connect(NODE, None)
    try:
        yield connection
    finally:
        connection.close()
        await settled()


def within(seconds: float = 10.0) -> float:
    return time.monotonic() + seconds


async def tag_of(answer: Any) -> int:
    result, _ = await answer
    assert isinstance(result, EchoResult)
    return result.tag


async def test_a_task_is_answered_with_evidence_and_timing(tmp_path: Path) -> None:
    async with replica(tmp_path / "a.sock") as (_, endpoint), connected(endpoint) as connection:
        result, timing = await connection.infer(task(1.0, 2.0, tag=7), within())
        assert isinstance(result, EchoResult)
        assert result.y.tolist() == [1.0, 2.0]
        assert (result.size.tolist(), result.tag) == ([2], 7)
        assert result.evidence == Evidence(method="echo", residual=0.0)
        assert isinstance(timing, Timing)
        assert timing.batch_size == 1
        assert timing.queue_s >= 0.0
        assert timing.run_s >= 0.0


async def test_the_socket_is_for_this_user_alone(tmp_path: Path) -> None:
    async with replica(tmp_path / "a.sock"):
        assert (tmp_path / "a.sock").stat().st_mode & 0o777 == 0o600
    with pytest.raises(SocketPathTooLong, match="set a shorter folder"):
        await LocalReplica(SPEC, open_echo()).on_unix(tmp_path / ("x" * 108))


async def test_many_in_flight_on_one_connection_are_batched_and_each_gets_its_own(tmp_path: Path) -> None:
    async with replica(tmp_path / "a.sock") as (_, endpoint), connected(endpoint) as connection:
        asked = [connection.infer(task(float(tag), tag=tag), within()) for tag in range(200)]
        answers = await asyncio.gather(*asked)
        assert [answer.tag for answer, _ in answers if isinstance(answer, EchoResult)] == list(range(200))
        assert max(timing.batch_size for _, timing in answers) == SPEC.max_batch
        assert connection.in_flight == 0


async def test_megabytes_go_there_and_back(tmp_path: Path) -> None:
    x = np.random.default_rng(0).random(400_000)
    async with replica(tmp_path / "a.sock") as (_, endpoint), connected(endpoint) as connection:
        for result, _ in await asyncio.gather(*(connection.infer(EchoTask(x=x), within()) for _ in range(3))):
            assert isinstance(result, EchoResult)
            assert np.array_equal(result.y, x)


async def test_a_refusal_comes_back_whole(tmp_path: Path) -> None:
    async with replica(tmp_path / "a.sock") as (_, endpoint), connected(endpoint) as connection:
        with pytest.raises(Refusal) as caught:
            await connection.infer(task(3.0, behaviour="refuse"), within())
    refusal = caught.value
    assert (refusal.reason, refusal.field, refusal.details) == ("UNPLEASANT", "x[0]", {"got": "3.0"})


@pytest.mark.parametrize("behaviour", ["crash", "undeclared"])
async def test_a_crash_says_nothing_of_itself_and_the_replica_lives(tmp_path: Path, behaviour: str) -> None:
    async with replica(tmp_path / "a.sock") as (_, endpoint), connected(endpoint) as connection:
        with pytest.raises(ModelFailed) as caught:
            await connection.infer(task(behaviour=behaviour), within())
        assert "secret" not in str(caught.value)
        assert await tag_of(connection.infer(task(tag=2), within())) == 2


async def test_a_deadline_ends_the_wait_and_reaches_the_replica(tmp_path: Path) -> None:
    model = Echo()
    async with replica(tmp_path / "a.sock", model) as (local, endpoint), connected(endpoint) as connection:
        blocked = asyncio.create_task(connection.infer(task(tag=1), within()))
        await until(lambda: model.batches)
        with pytest.raises(TaskExpired):
            await connection.infer(task(tag=2), within(0.05))
        await until(lambda: local.server.in_flight == 1)  # it was told
        model.gate.set()
        assert await tag_of(blocked) == 1
        with pytest.raises(TaskExpired):
            await connection.infer(task(tag=3), within(-1.0))
        assert model.batches == [[1]]


async def test_a_task_that_expires_in_the_queue_is_told_so(tmp_path: Path) -> None:
    """By the replica, where its clock is ahead of the router's timer."""
    heard: list[Frame] = []
    async with replica(tmp_path / "a.sock") as (_, endpoint):
        stream = FrameStream(lambda stream, frames: heard.extend(frames), lambda stream: None)
        await asyncio.get_running_loop().create_unix_connection(lambda: stream, endpoint.unix)
        scalars, arrays = schema.flatten(task())
        stream.send(frame(Op.INFER, 4, Infer(-1.0, scalars, describe(arrays)), arrays.values()))
        await until(lambda: heard)
        assert fault_of(heard[0]).kind is FaultKind.EXPIRED
        stream.close()


async def test_cancelling_the_call_cancels_the_task(tmp_path: Path) -> None:
    model = Echo()
    async with replica(tmp_path / "a.sock", model) as (local, endpoint), connected(endpoint) as connection:
        blocked = asyncio.create_task(connection.infer(task(tag=1), within()))
        await until(lambda: model.batches)
        waiting = asyncio.create_task(connection.infer(task(tag=2), within()))
        await until(lambda: local.server.in_flight == 2)
        waiting.cancel()
        await until(lambda: local.server.in_flight == 1)
        model.gate.set()
        await blocked
        assert await tag_of(connection.infer(task(tag=3), within())) == 3
        assert model.batches == [[1], [3]]


async def test_a_lost_connection_fails_what_waits_and_cancels_it_there(tmp_path: Path) -> None:
    model = Echo()
    async with replica(tmp_path / "a.sock", model) as (local, endpoint), connected(endpoint) as connection:
        waiting = [asyncio.create_task(connection.infer(task(tag=tag), within())) for tag in range(3)]
        await until(lambda: local.server.in_flight == 3)
        connection.close()
        for lost in waiting:
            with pytest.raises(ConnectionLost):
                await lost
        with pytest.raises(ConnectionLost):
            await connection.infer(task(), within())
        await until(lambda: local.server.in_flight == 0)
        model.gate.set()
        await until(lambda: local.queue.in_flight == 0)


async def test_a_replica_that_goes_away_is_a_lost_connection(tmp_path: Path) -> None:
    model = Echo()
    async with replica(tmp_path / "a.sock", model) as (local, endpoint), connected(endpoint) as connection:
        waiting = asyncio.create_task(connection.infer(task(), within()))
        await until(lambda: local.server.in_flight)
        await local.close()
        with pytest.raises(ConnectionLost):
            await waiting
        assert not connection.open
        model.gate.set()


async def test_a_draining_replica_serves_on_then_refuses_what_is_new_and_finishes(tmp_path: Path) -> None:
    model = Echo()
    async with replica(tmp_path / "a.sock", model) as (local, endpoint), connected(endpoint) as connection:
        before = asyncio.create_task(connection.infer(task(tag=1), within()))
        await until(lambda: model.batches)
        drained = asyncio.create_task(local.server.drain(grace_s=0.05, timeout_s=10.0))
        in_grace = asyncio.create_task(connection.infer(task(tag=2), within()))
        await asyncio.sleep(0.1)
        with pytest.raises(Draining):
            await connection.infer(task(tag=3), within())
        assert not drained.done()
        model.gate.set()
        assert await drained
        assert [await tag_of(before), await tag_of(in_grace)] == [1, 2]


async def test_a_drain_gives_up_in_time(tmp_path: Path) -> None:
    model = Echo()
    async with replica(tmp_path / "a.sock", model) as (local, endpoint), connected(endpoint) as connection:
        stuck = asyncio.create_task(connection.infer(task(), within()))
        await until(lambda: local.server.in_flight)
        assert not await local.server.drain(grace_s=0.0, timeout_s=0.03)
        stuck.cancel()
        model.gate.set()


async def test_the_observer_sees_the_trace_and_the_run(tmp_path: Path) -> None:
    seen: list[tuple[Infer | Begin, Run, float]] = []
    local = LocalReplica(SPEC, open_echo(), lambda infer, run, ended: seen.append((infer, run, ended)))
    async with connected(await local.on_unix(tmp_path / "a.sock")) as connection:
        await connection.infer(task(), within(), "00-trace", "state=1")
        answered = time.monotonic()
        await until(lambda: seen)
        ((infer, run, ended),) = seen
        assert (infer.trace, infer.trace_state, run.batch_size) == ("00-trace", "state=1", 1)
        assert run.arrived <= run.started <= run.ended <= ended <= answered
    await local.close()


async def test_over_tls_both_sides_prove_that_they_belong_to_this_run() -> None:
    ours, strangers = issue(NOW), issue(NOW)
    local = LocalReplica(SPEC, open_echo())
    endpoint = await local.on_tls("far", ours)

    friend = ReplicaConnection(SPEC, endpoint)
    await friend.connect(NODE, ours.client_context())
    assert await tag_of(friend.infer(task(tag=5), within())) == 5
    friend.close()

    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):  # who does not know the replica
        await ReplicaConnection(SPEC, endpoint).connect(NODE, strangers.client_context())

    context = strangers.client_context()  # whom the replica does not know; under TLS 1.3 it hears so afterwards
    context.load_verify_locations(cadata=ours.authority.decode())
    stranger = ReplicaConnection(SPEC, endpoint)
    with pytest.raises((OSError, ConnectionLost)):
        await stranger.connect(NODE, context)
        await stranger.infer(task(), within())
    stranger.close()
    await local.close()


async def test_another_node_is_never_reached_in_the_clear(tmp_path: Path) -> None:
    elsewhere = Endpoint("r", "another", str(tmp_path / "a.sock"), "127.0.0.1", 1)
    with pytest.raises(ConnectionRefusedError, match="no TLS to reach it by"):
        await ReplicaConnection(SPEC, elsewhere).connect(NODE, None)


GARBAGE = {
    "an answer": frame(Op.ANSWER, 1),
    "no frame": [b"\xff" * 64],
    "no header": frame(Op.INFER, 1),
    "another task": frame(Op.INFER, 1, Infer(1.0, {"colour": 1}, ())),
    "the same id twice": [
        *frame(Op.INFER, 1, Infer(9.0, {}, describe({"x": np.ones(1)})), [np.ones(1)]),
        *frame(Op.INFER, 1, Infer(9.0, {}, describe({"x": np.ones(1)})), [np.ones(1)]),
    ],
}


@pytest.mark.parametrize("sent", GARBAGE.values(), ids=GARBAGE.keys())
async def test_a_replica_closes_on_garbage_and_serves_others(tmp_path: Path, sent: list[bytes]) -> None:
    async with replica(tmp_path / "a.sock") as (local, endpoint), connected(endpoint) as good:
        reader, writer = await asyncio.open_unix_connection(endpoint.unix)
        writer.write(b"".join(bytes(part) for part in sent))
        async with asyncio.timeout(5.0):
            await reader.read()  # until it closes
        writer.close()
        await writer.wait_closed()
        assert await tag_of(good.infer(task(tag=1), within())) == 1
        await until(lambda: local.server.in_flight == 0)


async def test_a_ping_is_answered(tmp_path: Path) -> None:
    async with replica(tmp_path / "a.sock") as (_, endpoint):
        reader, writer = await asyncio.open_unix_connection(endpoint.unix)
        writer.write(frame(Op.PING, 77)[0])
        assert await reader.readexactly(24) == frame(Op.PONG, 77)[0]
        writer.close()


BAD_REPLIES = {
    "an op of the router's": frame(Op.INFER, 1),
    "an answer without its header": frame(Op.ANSWER, 1),
    "another result": frame(Op.ANSWER, 1, Answer({"colour": 1}, (), Evidence(), 0.0, 0.0, 1)),
}


@pytest.mark.parametrize("reply", BAD_REPLIES.values(), ids=BAD_REPLIES.keys())
async def test_a_router_closes_on_what_is_no_answer(tmp_path: Path, reply: list[bytes]) -> None:
    async def liar(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"".join(reply))
        await reader.read()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_unix_server(liar, tmp_path / "a.sock")
    async with connected(Endpoint("a", NODE, str(tmp_path / "a.sock"))) as connection:
        with pytest.raises((BadFrame, ConnectionLost)):
            await connection.infer(task(), within())
        await until(lambda: not connection.open)
    server.close()
    await server.wait_closed()
    await settled()


async def test_an_answer_that_nobody_waits_for_is_forgotten(tmp_path: Path) -> None:
    async with replica(tmp_path / "a.sock") as (_, endpoint), connected(endpoint) as connection:
        late = frame(Op.ANSWER, 99, Answer({}, (), Evidence(), 0.0, 0.0, 1))
        connection._frames(connection._stream, [Frame(Op.ANSWER, 99, bytes(late[0][24:]), memoryview(b""))])
        assert await tag_of(connection.infer(task(tag=1), within())) == 1


class Handle:
    """Frames by a call instead of a connection, and the replies by id."""

    def __init__(self, local: LocalReplica) -> None:
        self._local = local

    async def __call__(self, *sent: list[Any]) -> dict[int, Frame]:
        replies = await self._local.server.exchange(b"".join(bytes(part) for parts in sent for part in parts))
        found: dict[int, Frame] = {}
        stream = FrameStream(lambda s, frames: found.update({one.id: one for one in frames}), lambda s: None)
        view = memoryview(replies)
        while view:
            room = stream.get_buffer(-1)
            count = min(len(room), len(view))
            room[:count] = view[:count]
            view = view[count:]
            stream.buffer_updated(count)
        return found


def infer_frame(id: int, asked: EchoTask) -> list[Any]:
    scalars, arrays = schema.flatten(asked)
    return frame(Op.INFER, id, Infer(10.0, scalars, describe(arrays)), arrays.values())


async def test_exchange_answers_every_frame_that_it_was_given() -> None:
    local = LocalReplica(SPEC, open_echo())
    handle = Handle(local)
    big = EchoTask(x=np.ones(200_000), tag=0)
    tasks = [big, *(task(float(tag), tag=tag, behaviour="crash" if tag == 5 else "answer") for tag in range(1, 40))]
    replies = await handle(*(infer_frame(asked.tag, asked) for asked in tasks), frame(Op.PING, 1000))
    assert set(replies) == {*range(40), 1000}
    assert fault_of(replies[5]).kind is FaultKind.CRASHED
    assert answer_of(replies[0]).tensors[0].shape == (200_000,)
    assert await handle(frame(Op.PING, 1)) != {}
    assert await handle() == {}
    assert local.server.in_flight == 0
    await local.close()


async def test_exchange_with_garbage_in_it_ends() -> None:
    local = LocalReplica(SPEC, open_echo())
    async with asyncio.timeout(5.0):
        assert await local.server.exchange(b"".join(map(bytes, infer_frame(1, task()))) + b"\xff" * 64) == b""
    assert local.server.in_flight == 0
    await local.close()


async def test_cancelling_an_exchange_cancels_its_tasks() -> None:
    model = Echo()
    local = LocalReplica(SPEC, model)
    handle = Handle(local)
    running = asyncio.create_task(handle(infer_frame(1, task(tag=1))))
    await until(lambda: model.batches)
    waiting = asyncio.create_task(handle(infer_frame(1, task(tag=2))))
    await until(lambda: local.server.in_flight == 2)
    waiting.cancel()
    await until(lambda: local.server.in_flight == 1)
    model.gate.set()
    await running
    assert model.batches == [[1]]
    await local.close()


def test_a_result_needs_no_evidence_of_its_own() -> None:
    assert Result().evidence == Evidence()
