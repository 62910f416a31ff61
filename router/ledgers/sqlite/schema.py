"""The file: how it is made, how it is opened, and which versions of it this code reads.

`event` is the log, which triggers keep from being changed. Everything else but `answer` follows from it: `account` and
`attempt` are its running sums, `release` an index of it. An answer is kept beside the log so that it can be forgotten.
"""

from __future__ import annotations

import enum
import os
import sqlite3
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from router.ledgers.errors import LedgerUnavailable

VERSION = 1
_APPLICATION = 0x46644C31  # "FdL1", as `file` and SQLite show whose database this is
_CHECKPOINT_PAGES = 4096  # 16 MiB of log between checkpoints: a checkpoint flushes twice more

_TABLES = """
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  body BLOB NOT NULL  -- router.ledgers.events, JSON
) STRICT;
CREATE TRIGGER event_never_changes BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events never change'); END;
CREATE TRIGGER event_never_goes BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events never go'); END;

CREATE TABLE account (
  id INTEGER PRIMARY KEY REFERENCES event (id),
  dataset TEXT NOT NULL,
  tenant TEXT NOT NULL,  -- empty for the dataset's own account
  user TEXT NOT NULL,  -- empty for a tenant's cap
  terms BLOB NOT NULL,  -- as opened, JSON
  limit_picorho INTEGER NOT NULL CHECK (limit_picorho >= 0),
  epsilon REAL NOT NULL,
  spent_picorho INTEGER NOT NULL CHECK (spent_picorho >= 0),
  reserved_picorho INTEGER NOT NULL CHECK (reserved_picorho BETWEEN 0 AND spent_picorho),
  frozen TEXT NOT NULL,  -- the reason, or empty
  odometer BLOB NOT NULL,  -- JSON
  UNIQUE (dataset, tenant, user)
) STRICT;

CREATE TABLE attempt (
  id INTEGER PRIMARY KEY REFERENCES event (id),
  tenant TEXT NOT NULL,
  request_id TEXT NOT NULL,
  request_hash BLOB NOT NULL,
  expires REAL NOT NULL,  -- unix seconds
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4),
  charges BLOB NOT NULL,  -- what it holds now: JSON [[account, picorho], ...]
  odometer BLOB NOT NULL  -- JSON
) STRICT;
CREATE INDEX attempt_of_request ON attempt (tenant, request_id);

CREATE TABLE answer (
  attempt INTEGER PRIMARY KEY REFERENCES attempt (id),
  body BLOB NOT NULL
) STRICT;

CREATE TABLE release (
  account INTEGER NOT NULL REFERENCES account (id),
  event INTEGER NOT NULL REFERENCES event (id),
  attempt INTEGER NOT NULL REFERENCES attempt (id),
  at REAL NOT NULL,
  PRIMARY KEY (account, event)
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Format:
    """What a file of one kind holds, and by what it is known again."""

    tables: str
    application: int
    version: int


LEDGER = Format(_TABLES, _APPLICATION, VERSION)


class Durability(enum.Enum):
    """SQLite's `synchronous`, by its number."""

    FULL = 2  # flushed at every commit
    NORMAL = 1  # flushed at checkpoints: a loss of power takes back recent debits. For showing just that


def create(file: Path) -> None:
    """An empty file that only this user can read, if there is none.

    An existing one is never opened here: closing any descriptor of a file drops all of SQLite's locks that this process
    has on it (POSIX).
    """
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)  # SQLite flushes the names of its journals and not that of the database
        finally:
            os.close(folder)


def connect(file: Path, durability: Durability, patience_s: float, format: Format = LEDGER) -> sqlite3.Connection:
    """Raises `LedgerUnavailable` for a file of a newer version or of somebody else, and sqlite3.Error."""
    connection = sqlite3.connect(file, timeout=patience_s, isolation_level=None)
    with ExitStack() as stack:
        stack.callback(connection.close)
        _prepare(connection, durability, format)
        stack.pop_all()  # prepared: it stays open
    return connection


def read_only(file: Path, patience_s: float) -> sqlite3.Connection:
    """For looking beside the writer."""
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=patience_s, isolation_level=None)


def _prepare(connection: sqlite3.Connection, durability: Durability, format: Format) -> None:
    _expect(connection, "PRAGMA journal_mode = WAL", "wal")
    connection.execute(f"PRAGMA synchronous = {durability.name}")
    _expect(connection, "PRAGMA synchronous", durability.value)  # a build of SQLite may ignore what was asked
    connection.execute("PRAGMA fullfsync = ON")  # macOS: fsync there does not reach the disk
    connection.execute("PRAGMA checkpoint_fullfsync = ON")
    connection.execute("PRAGMA foreign_keys = ON")
    _expect(connection, "PRAGMA foreign_keys", 1)
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    connection.execute("PRAGMA cache_size = -16384")  # KiB: a batch's pages stay in memory until it commits
    version = _one(connection, "PRAGMA user_version")
    application = _one(connection, "PRAGMA application_id")
    tables = _one(connection, "SELECT count(*) FROM sqlite_schema")
    if (version, application, tables) == (0, 0, 0):
        connection.executescript(
            f"BEGIN IMMEDIATE; {format.tables} PRAGMA application_id = {format.application}; "
            f"PRAGMA user_version = {format.version}; COMMIT;"
        )
    elif application != format.application:
        raise LedgerUnavailable("the file is some other database")
    elif version != format.version:
        raise LedgerUnavailable(f"the file is of version {version}, and this is version {format.version}")


def _one(connection: sqlite3.Connection, query: str) -> object:
    return connection.execute(query).fetchone()[0]


def _expect(connection: sqlite3.Connection, query: str, wanted: object) -> None:
    found = _one(connection, query)
    if found != wanted:
        raise LedgerUnavailable(f"{query} answers {found}, not {wanted}")
