"""Frames and the stream that they come out of."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.plane.frames import (
    MAX_BODY_BYTES,
    MAX_HEADER_BYTES,
    PREFIX,
    VERSION,
    Answer,
    BadFrame,
    Fault,
    FaultKind,
    Frame,
    Infer,
    NoSuchDtype,
    Op,
    TensorHeader,
    answer_of,
    arrays_in,
    describe,
    fault_of,
    frame,
    infer_of,
)
from cluster.plane.stream import FrameStream
from models.base import Array, BoundKind, ErrorBound, Evidence

DTYPES = ("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64")
FLOATS = ("float16", "float32", "float64")


class Wire(asyncio.Transport):
    """Where a stream writes to; nothing comes from it by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


class Receiver:
    """A stream, the frames out of it, in the groups in which they came."""

    def __init__(self) -> None:
        self.groups: list[Sequence[Frame]] = []
        self.lost = 0
        self.wire = Wire()
        self.stream = FrameStream(lambda stream, frames: self.groups.append(frames), self._lost)
        self.stream.connection_made(self.wire)

    def _lost(self, stream: FrameStream) -> None:
        self.lost += 1

    @property
    def frames(self) -> list[Frame]:
        return [frame for group in self.groups for frame in group]

    def read(self, data: bytes) -> None:
        """As a loop does: never more than the buffer holds."""
        while data and not self.wire.closed:
            room = self.stream.get_buffer(-1)
            count = min(len(room), len(data))
            room[:count] = data[:count]
            data = data[count:]
            self.stream.buffer_updated(count)


def joined(*frames: list[Any]) -> bytes:
    return b"".join(bytes(buffer) for buffers in frames for buffer in buffers)


def infer_frame(id: int, *arrays: Array) -> list[Any]:
    named = {f"t{at}": array for at, array in enumerate(arrays)}
    return frame(Op.INFER, id, Infer(1.5, {"tag": id}, describe(named), "trace"), named.values())


def content(received: Frame) -> tuple[Op, int, bytes, bytes]:
    return received.op, received.id, received.header, bytes(received.body)


@pytest.mark.parametrize("dtype", [*DTYPES, *FLOATS])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4), (5, 3)])
def test_every_dtype_and_shape_comes_back(dtype: str, shape: tuple[int, ...]) -> None:
    sent = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    receiver = Receiver()
    receiver.read(joined(infer_frame(7, sent, sent)))
    (received,) = receiver.frames
    infer = infer_of(received)
    arrays = arrays_in(received.body, infer.tensors)
    for array in arrays.values():
        assert array.dtype == np.dtype(dtype)
        assert array.shape == shape
        assert np.array_equal(array, sent)
        assert not array.flags.writeable
    assert (received.id, infer.timeout_s, infer.scalars, infer.trace) == (7, 1.5, {"tag": 7}, "trace")


def test_a_view_with_strides_is_sent_as_its_numbers() -> None:
    sent = np.arange(24.0).reshape(4, 6)[::2, ::-3]
    receiver = Receiver()
    receiver.read(joined(infer_frame(1, sent)))
    assert np.array_equal(arrays_in(receiver.frames[0].body, infer_of(receiver.frames[0]).tensors)["t0"], sent)


def test_a_dtype_that_does_not_travel_is_named() -> None:
    with pytest.raises(NoSuchDtype, match="'z' has dtype complex128"):
        describe({"z": np.zeros(1, complex)})


def test_answers_and_faults_come_back_with_all_they_say() -> None:
    bound = ErrorBound(0.25, "energy", BoundKind.GUARANTEED, float("inf"), "always", "Prager and Synge 1947")
    answer = Answer({"tag": 2}, (), Evidence(method="echo", error_bound=bound), 0.1, 0.2, 3)
    fault = Fault(FaultKind.REFUSAL, "WHY", "what", "where", {"a": "b"})
    receiver = Receiver()
    receiver.read(joined(frame(Op.ANSWER, 1, answer), frame(Op.FAULT, 2, fault)))
    assert answer_of(receiver.frames[0]) == answer
    assert fault_of(receiver.frames[1]) == fault


sizes = st.lists(st.sampled_from([0, 1, 8, 100, 8191, 8192, 40_000, 70_000]), min_size=1, max_size=6)


@given(sizes=sizes, cuts=st.lists(st.floats(0.0, 1.0), max_size=12))
def test_any_split_of_the_bytes_gives_the_same_frames(sizes: list[int], cuts: list[float]) -> None:
    sent = joined(*(infer_frame(id, np.arange(size, dtype="f8")) for id, size in enumerate(sizes)))
    whole, split = Receiver(), Receiver()
    whole.read(sent)
    places = sorted({int(cut * len(sent)) for cut in cuts})
    for start, end in zip([0, *places], [*places, len(sent)], strict=True):
        split.read(sent[start:end])
    assert [content(received) for received in split.frames] == [content(received) for received in whole.frames]
    assert [received.id for received in whole.frames] == list(range(len(sizes)))
    assert not split.wire.closed


@given(cuts=st.lists(st.integers(0, 400), max_size=30))
def test_small_frames_survive_a_cut_at_any_byte(cuts: list[int]) -> None:
    sent = joined(frame(Op.PING, 1), infer_frame(2, np.arange(3, dtype="u1")), frame(Op.CANCEL, 3))
    receiver = Receiver()
    places = sorted({min(cut, len(sent)) for cut in cuts})
    for start, end in zip([0, *places], [*places, len(sent)], strict=True):
        receiver.read(sent[start:end])
    assert [(received.op, received.id) for received in receiver.frames] == [
        (Op.PING, 1),
        (Op.INFER, 2),
        (Op.CANCEL, 3),
    ]


def test_what_one_read_completes_comes_together() -> None:
    receiver = Receiver()
    receiver.read(joined(*(frame(Op.PING, id) for id in range(100))))
    assert [len(group) for group in receiver.groups] == [100]


def test_frames_of_many_megabytes_come_one_after_another() -> None:
    sent = [np.arange(size, dtype="f8") for size in (500_000, 3, 900_000)]
    receiver = Receiver()
    receiver.read(joined(*(infer_frame(id, array) for id, array in enumerate(sent))))
    for received, array in zip(receiver.frames, sent, strict=True):
        assert np.array_equal(arrays_in(received.body, infer_of(received).tensors)["t0"], array)


@given(st.binary(min_size=PREFIX.size, max_size=64))
def test_garbage_closes_the_connection_or_waits_for_more(data: bytes) -> None:
    receiver = Receiver()
    receiver.read(data)
    assert receiver.wire.closed or data[0] == VERSION


@pytest.mark.parametrize(
    "prefix",
    [
        (VERSION + 1, Op.PING, 0, 1, 0),
        (VERSION, 0, 0, 1, 0),
        (VERSION, 99, 0, 1, 0),
        (VERSION, Op.PING, MAX_HEADER_BYTES + 1, 1, 0),
        (VERSION, Op.PING, 0, 1, MAX_BODY_BYTES + 1),
    ],
)
def test_a_prefix_beyond_the_limits_closes_the_connection(prefix: tuple[int, ...]) -> None:
    receiver = Receiver()
    receiver.read(joined(frame(Op.PING, 1)))
    receiver.read(PREFIX.pack(*prefix))
    assert receiver.wire.closed
    assert len(receiver.frames) == 1


@pytest.mark.parametrize(
    "headers",
    [
        (TensorHeader("a", "float64", (3,)),),
        (TensorHeader("a", "float64", (-1,)),),
        (TensorHeader("a", "object", (1,)),),
        (TensorHeader("a", "uint8", (1 << 70,)),),
        (TensorHeader("a", "uint8", (0, 1 << 70)),),
        (TensorHeader("a", "uint8", (1,) * 80),),
        (TensorHeader("a", "float64", (2,)), TensorHeader("b", "uint8", (1,))),
    ],
)
def test_tensors_that_do_not_fit_their_body_are_no_frame(headers: tuple[TensorHeader, ...]) -> None:
    with pytest.raises(BadFrame):
        arrays_in(memoryview(bytes(16)), headers)


def test_a_header_of_another_kind_is_no_frame() -> None:
    with pytest.raises(BadFrame, match="bad header of op PING"):
        infer_of(Frame(Op.PING, 1, msgspec.msgpack.encode({"a": 1}), memoryview(b"")))


async def test_frames_sent_in_one_turn_are_one_write() -> None:
    receiver = Receiver()
    for id in range(5):
        receiver.stream.send(frame(Op.PING, id))
    assert receiver.wire.written == []
    await asyncio.sleep(0)
    assert receiver.wire.written == [joined(*(frame(Op.PING, id) for id in range(5)))]


async def test_large_frames_are_written_as_they_lie() -> None:
    receiver = Receiver()
    receiver.stream.send(infer_frame(1, np.zeros(100_000)))
    await asyncio.sleep(0)
    assert len(receiver.wire.written) == 2
    assert b"".join(receiver.wire.written) == joined(infer_frame(1, np.zeros(100_000)))


async def test_what_was_sent_before_the_close_is_written_and_nothing_after() -> None:
    receiver = Receiver()
    receiver.stream.send(frame(Op.PING, 1))
    receiver.stream.close()
    receiver.stream.send(frame(Op.PING, 2))
    await asyncio.sleep(0)
    assert b"".join(receiver.wire.written) == joined(frame(Op.PING, 1))
    receiver.stream.connection_lost(None)
    receiver.stream.close()
    assert receiver.lost == 1
    assert not receiver.stream.open
