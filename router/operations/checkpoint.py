"""The state of a stepped task as bytes, to be kept: no pickle.

length of the header u32 (little-endian), header (MessagePack): the model's version, name, dtype and shape of each
array; padding to 8 bytes; the arrays, as they lie in a frame's body
"""

from __future__ import annotations

import struct

import msgspec
import numpy as np

from cluster.plane.frames import TensorHeader, arrays_in, describe, padded
from models.base import State

_LENGTH = struct.Struct("<I")


class _Header(msgspec.Struct, frozen=True, array_like=True):
    model_version: str
    arrays: tuple[TensorHeader, ...]


def packed(state: State, model_version: str) -> bytes:
    header = msgspec.msgpack.encode(_Header(model_version, describe(state)))
    parts = [_filled(_LENGTH.pack(len(header)) + header)]
    parts += [_filled(np.ascontiguousarray(array).tobytes()) for array in state.values()]
    return b"".join(parts)


def unpacked(kept: bytes, model_version: str) -> State | None:
    """None for the state of another version of the model, which begins anew."""
    (length,) = _LENGTH.unpack_from(kept)
    end = _LENGTH.size + length
    header = msgspec.msgpack.decode(kept[_LENGTH.size : end], type=_Header)
    if header.model_version != model_version:
        return None
    return arrays_in(memoryview(kept)[padded(end) :], header.arrays)


def _filled(part: bytes) -> bytes:
    return part.ljust(padded(len(part)), b"\0")
