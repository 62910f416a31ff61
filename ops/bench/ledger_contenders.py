"""The ledgers of the ledger bench: ours and those of `peers/`, each with a disk and a number of clients."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ops.bench import ledger_load

PEERS = Path(__file__).parent / "peers"
FAST_S, CLOUD_S = 0.0001, 0.002  # a flush of a good local disk, and of a cloud's network disk
_POSTGRES = {"max_connections": "100", "shared_buffers": "128MB", "max_wal_size": "1GB"}  # no checkpoint meanwhile

Drive = Callable[[Path, float, Path], None]


@dataclass(frozen=True)
class Contender:
    """`drive` runs it in a folder for some seconds, and writes into a file what it did, as JSON."""

    name: str
    flush_s: float
    drive: Drive


def _sqlite(clients: int, flush_s: float) -> Contender:
    def drive(folder: Path, seconds: float, said: Path) -> None:
        ledger_load.drive_sqlite(folder, clients, seconds, said)

    return Contender(f"ours on SQLite, {clients} clients", flush_s, drive)


def _naive(transactions: int, flush_s: float) -> Contender:
    def drive(folder: Path, seconds: float, said: Path) -> None:
        _run(said, "naive_ledger.py", str(folder / "naive.sqlite"), str(seconds), str(transactions))

    return Contender(f"naive SQLite, {transactions} transactions a request", flush_s, drive)


def _postgres(clients: int, flush_s: float, leases: bool) -> Contender:
    def drive(folder: Path, seconds: float, said: Path) -> None:
        with closing(_Server(folder)) as server:
            ledger_load.drive_postgres(server.conninfo, folder if leases else None, clients, seconds, said)

    how = "leases from" if leases else "batches on"
    return Contender(f"ours by {how} PostgreSQL, {clients} clients", flush_s, drive)


def _select_for_update(clients: int, flush_s: float) -> Contender:
    def drive(folder: Path, seconds: float, said: Path) -> None:
        with closing(_Server(folder)) as server:
            _run(said, "select_for_update.py", server.conninfo, str(seconds), str(clients))

    return Contender(f"SELECT FOR UPDATE, {clients} clients", flush_s, drive)


OURS_16, OURS_256, OURS_FAST = _sqlite(16, CLOUD_S), _sqlite(256, CLOUD_S), _sqlite(64, FAST_S)
NAIVE, NAIVE_MERGED = _naive(3, CLOUD_S), _naive(2, CLOUD_S)
NAIVE_FAST, NAIVE_MERGED_FAST = _naive(3, FAST_S), _naive(2, FAST_S)
LEASES, BATCHES = _postgres(64, CLOUD_S, leases=True), _postgres(64, CLOUD_S, leases=False)
LOCKS = _select_for_update(16, CLOUD_S)  # more clients only wait longer for the one row
CONTENDERS = (
    OURS_16,
    NAIVE,
    LEASES,
    OURS_256,
    NAIVE_MERGED,
    LOCKS,
    OURS_FAST,
    NAIVE_FAST,
    BATCHES,
    NAIVE_MERGED_FAST,
)


class _Server:
    """A PostgreSQL of its own, whose flushes are as slow as those of the process that starts it."""

    def __init__(self, folder: Path) -> None:
        from ops.chaos.ledger.machines import Plain
        from ops.chaos.ledger.postgres import PostgresSite

        place = folder / "postgres"
        place.mkdir()
        self._site = PostgresSite(place, settings=_POSTGRES)
        self._site.start(Plain())
        self.conninfo = self._site.conninfo

    def close(self) -> None:
        self._site.end()


def _run(said: Path, program: str, *arguments: str) -> None:
    """Raises CalledProcessError."""
    with said.open("wb") as out:
        subprocess.run((sys.executable, str(PEERS / program), *arguments), check=True, stdout=out, env=dict(os.environ))
