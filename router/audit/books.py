"""The log within one transaction: where it ends, and what is added to it.

The end is remembered between transactions as long as nobody else commits (SQLite's `data_version`). Where somebody has,
what we last wrote must still be there: a running router notices that the file was taken back under it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

from router.audit.chain import Log, genesis, link
from router.audit.checkpoint import Checkpoint, Signer, encode
from router.audit.event import AuditEvent
from router.audit.schema import read_log
from router.audit.sealing import persons, seal
from router.audit.subject_keys import SubjectKey, SubjectKeys
from router.ledgers.errors import LedgerUnavailable
from router.ledgers.sqlite.bulk import insert


class AuditBooks:
    """`router.ledgers.sqlite.writer.Transactions`."""

    def __init__(
        self, connection: sqlite3.Connection, keys: SubjectKeys, signer: Signer, random_bytes: Callable[[int], bytes]
    ) -> None:
        self._connection = connection
        self._signer = signer
        self._random_bytes = random_bytes
        self.keys = keys
        self.log: Log = read_log(connection)
        self._version = -1
        self._sequence, self._link = 0, genesis(self.log)
        self._committed = (self._sequence, self._link)
        self._events: list[tuple[int, bytes, bytes]] = []
        self._checkpoints: list[tuple[int, bytes]] = []

    def begin(self) -> None:
        """Raises `LedgerUnavailable` where the file no longer holds what this handle has written."""
        self._connection.execute("BEGIN IMMEDIATE")
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._catch_up()
            self._version = version
        self.keys.refresh()

    def commit(self) -> None:
        insert(self._connection, "event (sequence, body, link)", self._events)
        insert(self._connection, "checkpoint (sequence, body)", self._checkpoints)
        self._connection.execute("COMMIT")
        self._committed = (self._sequence, self._link)
        self._drop()

    def roll_back(self) -> None:
        self._sequence, self._link = self._committed
        self._drop()
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def keys_for(self, event: AuditEvent) -> Mapping[str, SubjectKey]:
        """Raises SubjectKeyUnusable."""
        return {person: self.keys.of(person) for person in persons(event)}

    def append(self, event: AuditEvent, keys: Mapping[str, SubjectKey], destroys: bytes = b"") -> None:
        sequence = self._sequence + 1
        body = seal(event, keys, self.log.id, sequence, self._random_bytes, destroys)
        self._sequence, self._link = sequence, link(self._link, sequence, body)
        self._events.append((sequence, body, self._link))
        if sequence % self.log.interval == 0:
            self.checkpoint(event.at)

    def checkpoint(self, at: float) -> Checkpoint:
        """Of all that was added until now."""
        made = self._signer.sign(self.log.id, self._sequence, self._link, at)
        self._checkpoints.append((made.sequence, encode(made)))
        return made

    def _catch_up(self) -> None:
        sequence, known = self._committed
        if sequence:
            query = "SELECT link FROM event WHERE sequence = ?"
            if self._connection.execute(query, (sequence,)).fetchone() != (known,):
                self.roll_back()
                raise LedgerUnavailable(f"audit event {sequence}, which was written here, is gone or changed")
        last = self._connection.execute("SELECT sequence, link FROM event ORDER BY sequence DESC LIMIT 1").fetchone()
        if last is not None:
            self._sequence, self._link = self._committed = last

    def _drop(self) -> None:
        self._events.clear()
        self._checkpoints.clear()
