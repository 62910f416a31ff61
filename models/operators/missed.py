"""A function that an operator did not answer well enough, with the answer of finite elements: as it is kept."""

from __future__ import annotations

from math import prod

import msgspec
import numpy as np

from models.base import Array


class Missed(msgspec.Struct, frozen=True):
    """Arrays are bytes of little-endian float32, at the nodes of `grid` over the unit box, one channel each."""

    grid: tuple[int, ...]
    inputs: bytes  # the function, as it was sent
    targets: bytes  # the discrete solution on that grid
    why: str  # the operator's answer did not go out
    relative_error: float  # of it against `targets`, in the energy norm; inf where it is no number
    operator: str
    version: int

    def fields(self) -> tuple[Array, Array]:
        """Of inputs and targets, (points, 1) each."""
        one, other = (np.frombuffer(each, "<f4").reshape(-1, 1) for each in (self.inputs, self.targets))
        return one, other


def packed(missed: Missed) -> bytes:
    return msgspec.msgpack.encode(missed)


def unpacked(content: bytes) -> Missed | None:
    """None where it is no such record, as one that another release has kept."""
    try:
        missed = msgspec.msgpack.decode(content, type=Missed)
    except msgspec.DecodeError:
        return None
    size = 4 * prod(missed.grid)
    return missed if len(missed.inputs) == len(missed.targets) == size else None
