"""Reading the log back: what still has its key. Nothing is verified here; `verify` does that."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from router.audit.schema import Damaged, read_log
from router.audit.sealing import Opened, SealedEvent, decode, unseal
from router.audit.subject_keys import SubjectKeys
from router.ledgers.errors import LedgerUnavailable
from router.ledgers.sqlite.schema import read_only


@dataclass(frozen=True)
class Reading:
    """One event. A part is None where its person was forgotten."""

    sequence: int
    event: SealedEvent
    parts: tuple[Opened | None, ...]


def read_newest(
    file: Path, keys: SubjectKeys, patience_s: float, limit: int, dataset: str | None = None
) -> tuple[Reading, ...]:
    """Up to `limit` events, newest first; of one dataset where it is given.

    Raises `LedgerUnavailable` where the file or one of those events cannot be read.
    """
    opened: list[Reading] = []
    there = keys.all()
    try:
        with closing(read_only(file, patience_s)) as connection:
            connection.execute("BEGIN")
            log = read_log(connection)
            for sequence, event in _backwards(connection):
                if len(opened) == limit:
                    break
                if dataset is None or event.dataset == dataset:
                    opened.append(Reading(sequence, event, unseal(event, there, log.id, sequence)))
    except sqlite3.Error as error:
        raise LedgerUnavailable(f"SQLite: {error}") from error
    except (Damaged, ValueError) as error:  # a body that nobody wrote, or a part that its key did not seal
        raise LedgerUnavailable(f"{file} is damaged; verify it: {error}") from error
    return tuple(opened)


def _backwards(connection: sqlite3.Connection) -> Iterator[tuple[int, SealedEvent]]:
    for sequence, body in connection.execute("SELECT sequence, body FROM event ORDER BY sequence DESC"):
        yield sequence, decode(body)
