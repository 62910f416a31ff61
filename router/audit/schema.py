"""The file of a log: its tables, how it begins, and how its end is checked before anything is added to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

from router.audit.chain import LOG_ID_BYTES, Log, genesis, link
from router.audit.checkpoint import decode
from router.ledgers.errors import LedgerUnavailable
from router.ledgers.sqlite.schema import Durability, Format, connect

FORMAT = Format(
    application=0x46644131,  # "FdA1"
    version=1,
    tables="""
CREATE TABLE log (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id BLOB NOT NULL,
  interval INTEGER NOT NULL CHECK (interval > 0),
  began REAL NOT NULL  -- unix seconds
) STRICT;
CREATE TABLE event (
  sequence INTEGER PRIMARY KEY,
  body BLOB NOT NULL,  -- router.audit.sealing, JSON
  link BLOB NOT NULL
) STRICT;
CREATE TABLE checkpoint (
  id INTEGER PRIMARY KEY,
  sequence INTEGER NOT NULL,
  body BLOB NOT NULL  -- router.audit.checkpoint, JSON
) STRICT;
CREATE INDEX checkpoint_place ON checkpoint (sequence);
CREATE TRIGGER log_never_changes BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log never changes'); END;
CREATE TRIGGER log_never_goes BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log never goes'); END;
CREATE TRIGGER event_never_changes BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events never change'); END;
CREATE TRIGGER event_never_goes BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events never go'); END;
CREATE TRIGGER checkpoint_never_changes BEFORE UPDATE ON checkpoint
  BEGIN SELECT RAISE(ABORT, 'checkpoints never change'); END;
CREATE TRIGGER checkpoint_never_goes BEFORE DELETE ON checkpoint
  BEGIN SELECT RAISE(ABORT, 'checkpoints never go'); END;
""",
)

Row = tuple[object, ...]  # of a file that anybody may have written


class Damaged(Exception):
    """Event `sequence` is the first that is not as it was written; `wrong` says how."""

    def __init__(self, sequence: int, wrong: str) -> None:
        super().__init__(sequence, wrong)
        self.sequence = sequence
        self.wrong = wrong

    def __str__(self) -> str:
        return f"event {self.sequence}: {self.wrong}"


def open_file(
    file: Path,
    durability: Durability,
    patience_s: float,
    interval: int,
    now: float,
    random_bytes: Callable[[int], bytes],
) -> sqlite3.Connection:
    """Begins the log where there is none. Raises `LedgerUnavailable` where its end is not as it was written."""
    try:
        connection = connect(file, durability, patience_s, FORMAT)
        with ExitStack() as stack:
            stack.callback(connection.close)
            connection.execute(
                "INSERT INTO log SELECT 1, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM log) "
                "AND NOT EXISTS (SELECT 1 FROM event)",
                (random_bytes(LOG_ID_BYTES), interval, now),
            )
            _check_end(connection)
            stack.pop_all()
    except (Damaged, UnicodeDecodeError) as damaged:  # the latter is Python's, of a name in a damaged schema
        raise LedgerUnavailable(f"{file} is damaged and nothing is added to it: {damaged}") from damaged
    return connection


def read_log(connection: sqlite3.Connection) -> Log:
    """Raises `Damaged`, naming the first event: its link depends on this."""
    row: Row | None = connection.execute("SELECT id, interval, began FROM log").fetchone()
    match row:
        case (bytes(id), int(interval), float(began)) if len(id) == LOG_ID_BYTES and 0 < interval < 2**32:
            return Log(id, interval, began)
        case _:
            raise Damaged(1, "what the log begins with is gone or changed")


def checked_link(before: bytes, expected: int, row: Row) -> tuple[bytes, bytes]:
    """The body and link of (sequence, body, link), which must be event `expected`. Raises `Damaged`."""
    match row:
        case (int(sequence), bytes(body), bytes(stored)):
            if sequence != expected:
                raise Damaged(expected, f"missing; the next one there is {sequence}")
            found = link(before, sequence, body)
            if found != stored:
                raise Damaged(sequence, "it, or its link to the one before it, was changed")
            return body, found
        case _:
            raise Damaged(expected, "it is not even of the right type")


def _check_end(connection: sqlite3.Connection) -> None:
    """What follows the last checkpoint: at most an interval of events, so that every start can afford it."""
    log = read_log(connection)
    before, sequence = genesis(log), 0
    last = connection.execute("SELECT body FROM checkpoint ORDER BY sequence DESC, id DESC LIMIT 1").fetchone()
    if last is not None:
        try:
            checkpoint = decode(last[0])
        except ValueError as error:
            raise Damaged(1, "the last checkpoint cannot be read") from error
        if checkpoint.sequence:
            sequence = checkpoint.sequence
            before = checkpoint.link
            there = connection.execute("SELECT link FROM event WHERE sequence = ?", (sequence,)).fetchone()
            if there != (before,):
                raise Damaged(sequence, "it is not the one that the last checkpoint saw")
    rows: Iterable[Row] = connection.execute(
        "SELECT sequence, body, link FROM event WHERE sequence > ? ORDER BY sequence", (sequence,)
    )
    for row in rows:
        sequence += 1
        _, before = checked_link(before, sequence, row)
