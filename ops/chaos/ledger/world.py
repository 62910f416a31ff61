"""The outside world: what clients asked, were told and let out, kept where no crash of the ledger reaches it.

Each process appends to a file of its own, by one system call a line, at once: kill -9 takes back nothing that was said.
Losing power is played on the ledger's folder alone, so the world remembers everything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

Cost = tuple[str, str, str, int]  # dataset, tenant, user, 1e-12 ρ


class Asked(msgspec.Struct, frozen=True, tag="asked"):
    """Said before the ledger is. A `call` is one use of reserve; a request may be asked more than once."""

    call: str
    request: str
    costs: tuple[Cost, ...]


class Denied(msgspec.Struct, frozen=True, tag="denied"):
    """Reserve refused: nothing was charged."""

    call: str
    why: str


class Granted(msgspec.Struct, frozen=True, tag="granted"):
    call: str


class Repeated(msgspec.Struct, frozen=True, tag="repeated"):
    """Reserve handed out the answer of an earlier attempt."""

    call: str
    answer: str


class Left(msgspec.Struct, frozen=True, tag="left"):
    """The answer has left the process: said only after release has returned."""

    call: str
    answer: str


class Unavailable(msgspec.Struct, frozen=True, tag="unavailable"):
    """The ledger said that it cannot be relied upon; the call ends there."""

    call: str
    why: str


class Settling(msgspec.Struct, frozen=True, tag="settling"):
    """Said before the ledger is. `actual` is what each account is left charged with."""

    call: str
    actual: int


class Voiding(msgspec.Struct, frozen=True, tag="voiding"):
    """Said before the ledger is."""

    call: str


class Voided(msgspec.Struct, frozen=True, tag="voided"):
    call: str


Word = Asked | Denied | Granted | Repeated | Left | Unavailable | Settling | Voiding | Voided

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Word)


class World:
    """Where one process says it."""

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC)

    def hear(self, word: Word) -> None:
        os.write(self._descriptor, _ENCODER.encode(word) + b"\n")


def heard(file: Path) -> Iterator[Word]:
    """In order. A line that its process was killed in was not said."""
    for line in file.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n"):
            yield _DECODER.decode(line)
