"""The frame: what travels between router and replica, and how its bytes lie. No pickle.

    prefix (24 bytes, little-endian): version u8, op u8, 2 spare, header length u32, id u64, body length u64
    header (MessagePack), padded to 8 bytes: the op's struct below
    body: the tensors one after another, row-major little-endian, each padded to 8 bytes

`id` names a request on its connection. A connection is closed on anything that is not a frame.
"""

from __future__ import annotations

import enum
import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import numpy as np

from models.base import Array, Evidence, Progress, Scalar

VERSION = 1
PREFIX = struct.Struct("<BB2xIQQ")
MAX_HEADER_BYTES = 1 << 20
MAX_BODY_BYTES = 1 << 32
_ALIGN = 8
Buffer = bytes | bytearray | memoryview


class Op(enum.IntEnum):
    INFER = 1  # router → replica: Infer + tensors
    ANSWER = 2  # replica → router: Answer + tensors
    FAULT = 3  # replica → router: Fault
    CANCEL = 4  # router → replica: nobody waits for this id any more
    PING = 5  # router → replica: are you there
    PONG = 6  # replica → router: I am
    BEGIN = 7  # router → replica: Begin + tensors + state; ends like INFER, and is cancelled like it
    STEP = 8  # replica → router: Advance + state, for an id that was begun


class TensorHeader(msgspec.Struct, frozen=True, array_like=True):
    name: str
    dtype: str
    shape: tuple[int, ...]


class Infer(msgspec.Struct, frozen=True, array_like=True):
    timeout_s: float  # what is left of the deadline; relative, so that clocks need not agree
    scalars: dict[str, Scalar]
    tensors: tuple[TensorHeader, ...]
    trace: str = ""  # traceparent where the request is sampled, else empty
    trace_state: str = ""


class Answer(msgspec.Struct, frozen=True, array_like=True):
    scalars: dict[str, Scalar]
    tensors: tuple[TensorHeader, ...]
    evidence: Evidence
    queue_s: float  # waited for the model
    run_s: float  # the batch that it was part of
    batch_size: int


class Begin(msgspec.Struct, frozen=True, array_like=True):
    """A task of a stepped model. The body holds its tensors, then those of the state from which it goes on."""

    timeout_s: float
    checkpoint_s: float  # a step tells its state so long after the last that did, at the earliest
    scalars: dict[str, Scalar]
    tensors: tuple[TensorHeader, ...]
    state: tuple[TensorHeader, ...] | None = None  # None: from the start
    trace: str = ""
    trace_state: str = ""


class Advance(msgspec.Struct, frozen=True, array_like=True):
    """A step is done; not every one is told."""

    progress: Progress
    state: tuple[TensorHeader, ...] | None = None  # None: not told this time


class FaultKind(enum.Enum):
    REFUSAL = "refusal"  # the task cannot be answered
    EXPIRED = "expired"  # its deadline passed in the queue
    DRAINING = "draining"  # this replica takes nothing new: ask another
    CRASHED = "crashed"  # the model raised what it should not


class Fault(msgspec.Struct, frozen=True, array_like=True):
    kind: FaultKind
    reason: str = ""
    message: str = ""
    field: str = ""
    details: dict[str, str] = {}


Header = Infer | Begin | Advance | Answer | Fault


class BadFrame(Exception):
    """The peer sent something that is not a frame."""


class NoSuchDtype(Exception):
    """An array has a dtype that does not travel."""


class Frame(msgspec.Struct, frozen=True):
    op: Op
    id: int
    header: bytes
    body: memoryview


_encode = msgspec.msgpack.Encoder().encode
_infer = msgspec.msgpack.Decoder(Infer)
_begin = msgspec.msgpack.Decoder(Begin)
_advance = msgspec.msgpack.Decoder(Advance)
_answer = msgspec.msgpack.Decoder(Answer)
_fault = msgspec.msgpack.Decoder(Fault)
H = TypeVar("H", Infer, Begin, Advance, Answer, Fault)


def padded(length: int) -> int:
    """`length` rounded up to where the next part of a frame begins."""
    return length + -length % _ALIGN


def frame(op: Op, id: int, header: Header | None = None, tensors: Iterable[Array] = ()) -> list[Buffer]:
    """The buffers of one frame, in order; large tensors are views, not copies."""
    head = b"" if header is None else _encode(header)
    body: list[Buffer] = []
    size = 0
    for array in tensors:
        view = np.ascontiguousarray(array).data.cast("B") if array.size else memoryview(b"")
        body.append(view)
        size += view.nbytes
        if padding := -size % _ALIGN:
            body.append(bytes(padding))
            size += padding
    return [PREFIX.pack(VERSION, op, len(head), id, size) + head + bytes(-len(head) % _ALIGN), *body]


def describe(arrays: Mapping[str, Array]) -> tuple[TensorHeader, ...]:
    """The headers of named tensors. Raises NoSuchDtype."""
    return tuple(TensorHeader(name, _name(name, array), array.shape) for name, array in arrays.items())


def arrays_in(body: memoryview, headers: Sequence[TensorHeader]) -> dict[str, Array]:
    """The named tensors of a body, as read-only views of it. Raises BadFrame where they do not fit."""
    found: dict[str, Array] = {}
    at = 0
    for header in headers:
        dtype = _dtype(header.dtype)
        count = math.prod(header.shape)
        end = at + count * dtype.itemsize
        if min(header.shape, default=0) < 0 or end > body.nbytes:
            raise BadFrame(f"tensor {header.name!r} does not fit its body")
        try:
            found[header.name] = np.frombuffer(body, dtype, count, at).reshape(header.shape)
        except ValueError:  # more dimensions, or larger ones, than an array can have
            raise BadFrame(f"tensor {header.name!r} has an impossible shape") from None
        at = padded(end)
    return found


def two_in(
    body: memoryview, first: Sequence[TensorHeader], second: Sequence[TensorHeader]
) -> tuple[dict[str, Array], dict[str, Array]]:
    """The tensors of a body that holds two groups, one behind the other. Raises BadFrame."""
    found = arrays_in(body, first)
    return found, arrays_in(body[sum(padded(array.nbytes) for array in found.values()) :], second)


_DTYPES = {
    name: np.dtype(name).newbyteorder("<")
    for name in (
        *("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
        *("float16", "float32", "float64"),
    )
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


def _name(tensor: str, array: Array) -> str:
    try:
        return _NAMES[array.dtype]
    except KeyError:
        raise NoSuchDtype(f"tensor {tensor!r} has dtype {array.dtype}") from None


def _dtype(name: str) -> np.dtype[Any]:
    try:
        return _DTYPES[name]
    except KeyError:
        raise BadFrame(f"no such dtype: {name!r}") from None


def infer_of(frame: Frame) -> Infer:
    return _header(_infer, frame)


def begin_of(frame: Frame) -> Begin:
    return _header(_begin, frame)


def advance_of(frame: Frame) -> Advance:
    return _header(_advance, frame)


def answer_of(frame: Frame) -> Answer:
    return _header(_answer, frame)


def fault_of(frame: Frame) -> Fault:
    return _header(_fault, frame)


def _header(decoder: msgspec.msgpack.Decoder[H], frame: Frame) -> H:
    try:
        return decoder.decode(frame.header)
    except msgspec.MsgspecError as error:
        raise BadFrame(f"bad header of op {frame.op.name}: {error}") from None
