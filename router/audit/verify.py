"""Is the whole log as it was written, as far as signatures reach? With public keys alone, beside whoever writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from router.audit import checkpoint, sealing
from router.audit.chain import Log, genesis
from router.audit.checkpoint import Checkpoint, PublicKeys
from router.audit.schema import FORMAT, Damaged, Row, checked_link, read_log
from router.ledgers.errors import LedgerUnavailable
from router.ledgers.sqlite.schema import read_only

_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


@dataclass(frozen=True)
class Verdict:
    """`fault` is the first, or None. What is beyond event `signed` only its chain holds together: who can write the
    file can tell it differently."""

    log: bytes
    events: int  # good ones, from the first
    signed: int  # the last of them that a good checkpoint has seen
    checkpoints: int
    fault: Damaged | None


def verify_file(file: Path, keys: PublicKeys, patience_s: float, held: Iterable[Checkpoint] = ()) -> Verdict:
    """Of what is committed now. `held` are checkpoints from outside, which the log must extend.

    Raises `LedgerUnavailable` for what is no audit log, or cannot be opened.
    """
    walk = _Walk(keys)
    try:
        with closing(read_only(file, patience_s)) as connection:
            connection.text_factory = bytes  # a forged text need not be UTF-8
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("BEGIN")  # one snapshot
            _check_format(connection)
            walk.over(connection, tuple(held))
    except Damaged as damaged:
        return walk.verdict(damaged)
    except UnicodeDecodeError:  # Python's, of a name in a damaged file's own schema
        return walk.verdict(Damaged(walk.events + 1, "cannot be read: what describes the tables is damaged"))
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF in _DAMAGE:
            return walk.verdict(Damaged(walk.events + 1, f"cannot be read: {error}"))
        raise LedgerUnavailable(f"SQLite: {error}") from error
    return walk.verdict(None)


class _Walk:
    """From the first event to the last, with the checkpoints at their places."""

    def __init__(self, keys: PublicKeys) -> None:
        self._keys = keys
        self._log = Log(b"", 1, 0.0)
        self._signed = self._checkpoints = 0
        self.events = 0

    def verdict(self, fault: Damaged | None) -> Verdict:
        return Verdict(self._log.id, self.events, self._signed, self._checkpoints, fault)

    def over(self, connection: sqlite3.Connection, held: tuple[Checkpoint, ...]) -> None:
        self._log = read_log(connection)
        before = genesis(self._log)
        seen = _Checkpoints(connection)
        outside = {sequence: [c for c in held if c.sequence == sequence] for sequence in {c.sequence for c in held}}
        self._check(before, 0, [*seen.at(0), *outside.pop(0, [])])
        for row in connection.execute("SELECT sequence, body, link FROM event ORDER BY sequence"):
            sequence = self.events + 1
            body, before = checked_link(before, sequence, row)
            try:
                sealing.decode(body)
            except ValueError as error:
                raise Damaged(sequence, "no version has written such an event") from error
            here = seen.at(sequence)
            if not here and sequence % self._log.interval == 0:
                raise Damaged(sequence, "the checkpoint that was made of it is gone")
            self._check(before, sequence, [*here, *outside.pop(sequence, [])])
            self.events = sequence
        beyond = [*seen.rest(), *outside]
        if beyond:
            raise Damaged(self.events + 1, f"missing: there is a checkpoint of event {max(beyond)}")

    def _check(self, link: bytes, sequence: int, checkpoints: list[Checkpoint]) -> None:
        for each in checkpoints:
            wrong = checkpoint.flaw(each, self._keys)
            if wrong:
                raise Damaged(sequence, f"of its checkpoint, {wrong}")
            if each.log != self._log.id:
                raise Damaged(sequence, f"a checkpoint of it is of another log, {each.log.hex()}")
            if each.sequence != sequence or each.link != link:
                raise Damaged(sequence, "a checkpoint has seen another event in its place: the history has forked")
            self._signed = sequence
            self._checkpoints += 1


class _Checkpoints:
    """Those of the file, in the order of their places."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._rows: Iterator[Row] = connection.execute("SELECT sequence, body FROM checkpoint ORDER BY sequence, id")
        self._next: Row | None = next(self._rows, None)

    def at(self, sequence: int) -> list[Checkpoint]:
        """Of this place and of any before it that was passed over. Raises `Damaged`."""
        found = []
        while self._next is not None:
            match self._next:
                case (int(place), bytes(body)):
                    if place > sequence:
                        break
                    found.append(_decoded(sequence, body))
                case _:
                    raise Damaged(sequence, "its checkpoint is not even of the right type")
            self._next = next(self._rows, None)
        return found

    def rest(self) -> list[int]:
        """The places of those that were not reached."""
        left = [self._next, *self._rows] if self._next is not None else []
        return [row[0] for row in left if isinstance(row[0], int)]


def _decoded(sequence: int, body: bytes) -> Checkpoint:
    try:
        return checkpoint.decode(body)
    except ValueError as error:
        raise Damaged(sequence, "its checkpoint cannot be read") from error


def _check_format(connection: sqlite3.Connection) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if (application, version) != (FORMAT.application, FORMAT.version):
        raise LedgerUnavailable("the file is no audit log of this version")
