"""Answers that have been paid for and have left: the same question gets the same answer, for nothing.

What has been released once may be shown again at no further cost (post-processing), so this is a cache and no part of
the guarantee: an answer that is lost here is computed and paid for anew. It is a file beside the ledger, so that all
workers of a host and its next start share it; a power loss may cost its last entries.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sqlite3
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import msgspec

from models import schema
from router.call import Question

log = logging.getLogger(__name__)

_PATIENCE_S = 1.0  # the file is locked for as long as one answer takes to write
_SCHEMA = "CREATE TABLE IF NOT EXISTS answer (question BLOB PRIMARY KEY, answer BLOB NOT NULL)"


class ReleasedAnswers(Protocol):
    async def get(self, question: bytes) -> bytes | None:
        """The answer to a question, by its `digest`."""
        ...

    def put(self, question: bytes, answer: bytes) -> None:
        """Only after the answer was released. Soon, and perhaps."""
        ...

    async def close(self) -> None: ...


def digest(method: str, version: str, dataset: str, question: Question) -> bytes:
    """Equal for equal questions, whoever asks and whatever the request is called.

    `version` is the model's. A dataset never changes under its name: records that arrive later are another one.
    """
    scalars, arrays = schema.flatten(question.task)
    described = [(name, array.dtype.str, array.shape) for name, array in arrays.items()]
    _, wanted = question.echo
    hashed = hashlib.blake2b(digest_size=32)
    hashed.update(msgspec.msgpack.encode((method, question.model, version, dataset, wanted, scalars, described)))
    for array in arrays.values():
        hashed.update(array.tobytes())
    return hashed.digest()


class NoAnswers:
    """Keeps nothing: every question is paid for."""

    async def get(self, question: bytes) -> bytes | None:
        return None

    def put(self, question: bytes, answer: bytes) -> None:
        pass

    async def close(self) -> None:
        pass


class SqliteAnswers:
    """In one SQLite file, for this user alone. A file that cannot be used is logged and does without."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._thread = ThreadPoolExecutor(1, "answers")  # the connection lives on it
        self._connection: sqlite3.Connection | None = None
        self._thread.submit(self._open).result()

    async def get(self, question: bytes) -> bytes | None:
        return await asyncio.wrap_future(self._thread.submit(self._get, question))

    def put(self, question: bytes, answer: bytes) -> None:
        self._thread.submit(self._put, question, answer).add_done_callback(_told)

    async def close(self) -> None:
        await asyncio.wrap_future(self._thread.submit(self._close))
        self._thread.shutdown(wait=False)

    def _open(self) -> None:
        self._file.touch(mode=0o600)
        self._connection = sqlite3.connect(self._file, timeout=_PATIENCE_S, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute(_SCHEMA)

    def _get(self, question: bytes) -> bytes | None:
        assert self._connection is not None, "closed"
        try:
            query = "SELECT answer FROM answer WHERE question = ?"
            row: tuple[bytes] | None = self._connection.execute(query, (question,)).fetchone()
        except sqlite3.OperationalError as error:
            log.warning("released answers cannot be read, so this one is paid for again: %s", error)
            return None
        return None if row is None else row[0]

    def _put(self, question: bytes, answer: bytes) -> None:
        assert self._connection is not None, "closed"
        self._connection.execute("INSERT OR IGNORE INTO answer VALUES (?, ?)", (question, answer))

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _told(done: Future[None]) -> None:
    error = done.exception()
    if error is not None:
        log.warning("a released answer is not remembered: %s", error)
