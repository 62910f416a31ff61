"""A log of its own: its file, its keys, and events as the router would tell them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from router.audit.checkpoint import Checkpoint, PublicKeys, Signer, read_public_keys, read_signer
from router.audit.event import AuditEvent, Kind
from router.audit.log import AuditLog, open_audit_log
from router.audit.reading import Reading, read_newest
from router.audit.subject_keys import SubjectKeys, read_master_key, write_master_key
from router.audit.verify import Verdict, verify_file
from router.minting import public_file_of, write_signing_key

INTERVAL = 4
PATIENCE_S = 20.0  # several processes on a busy machine


@dataclass(frozen=True)
class Place:
    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "audit.sqlite"

    @property
    def keys_folder(self) -> Path:
        return self.folder / "keys"

    def prepare(self) -> Place:
        write_master_key(self.folder / "master.key", os.urandom)
        write_signing_key(self.folder / "signing.pem", os.urandom)
        return self

    def signer(self) -> Signer:
        return read_signer(self.folder / "signing.pem")

    def public(self) -> PublicKeys:
        return read_public_keys(public_file_of(self.folder / "signing.pem"))

    def keys(self) -> SubjectKeys:
        return SubjectKeys(self.keys_folder, read_master_key(self.folder / "master.key"), os.urandom)

    async def open(self, patience_s: float = PATIENCE_S) -> AuditLog:
        keys, signer = self.keys(), self.signer()
        return await open_audit_log(
            self.file, keys, signer, 0.0, os.urandom, interval=INTERVAL, patience_s=patience_s, linger_s=0.001
        )

    async def written(self, events: Sequence[AuditEvent]) -> Checkpoint:
        """One handle writes them and closes; the checkpoint that it closes with."""
        log = await self.open()
        await log.record(*events)
        held = await log.checkpoint(99.0)
        await log.close(99.0)
        return held

    def verify(self, *held: Checkpoint) -> Verdict:
        return verify_file(self.file, self.public(), PATIENCE_S, held)

    def read(self, limit: int = 1000, dataset: str | None = None) -> tuple[Reading, ...]:
        return read_newest(self.file, self.keys(), PATIENCE_S, limit, dataset)


def charge(request: int, actor: str = "clinic/ada", dataset: str = "ward", kind: Kind = Kind.CHARGED) -> AuditEvent:
    return AuditEvent(
        kind,
        float(request),
        dataset,
        actor,
        model="llm.notes",
        request_id=f"r{request}",
        cost=7,
        epsilon=0.5,
        delta=1e-6,
    )


@contextmanager
def forger(file: Path) -> Iterator[sqlite3.Connection]:
    """Somebody who can write the file and is stopped by no trigger."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
