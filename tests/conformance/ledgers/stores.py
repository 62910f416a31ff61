"""The stores that claim the ledger's contract, each as a place that handles are opened on and that can lose power."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from pathlib import Path

from router.ledgers.contract import MAX_ANSWER_BYTES, Ledger
from router.ledgers.escrow.ledger import EscrowLedger, open_escrow_ledger
from router.ledgers.memory import MemoryBooks, MemoryLedger
from router.ledgers.postgres.leases import Terms
from router.ledgers.postgres.ledger import PostgresLedger, open_postgres_ledger
from router.ledgers.sqlite.ledger import open_sqlite_ledger
from tests.support import postgres


class Site(ABC):
    """One store. `lazy`: whether a settlement waits for the next transaction, and is lost with its process.

    `shared`: whether several processes may open it, by its `address`.
    """

    lazy: bool
    shared = True

    @property
    def address(self) -> str:
        raise NotImplementedError("nobody else can open this store")

    @abstractmethod
    async def handle(self, max_answer_bytes: int = 1000) -> Ledger:
        """One more handle on the store."""

    @abstractmethod
    async def crash(self) -> None:
        """All handles end at once; what they had made durable is what the next ones find."""

    @abstractmethod
    async def close(self) -> None:
        """Close all handles."""


class MemorySite(Site):
    lazy = False
    shared = False

    def __init__(self, folder: Path) -> None:
        self._books = MemoryBooks()

    async def handle(self, max_answer_bytes: int = 1000) -> Ledger:
        return MemoryLedger(self._books, max_answer_bytes)

    async def crash(self) -> None:
        """What is in memory is the store, and stays."""

    async def close(self) -> None:
        """Nothing is held open."""


class SqliteSite(Site):
    """A crash copies what the processes had written, as the system keeps it for them, and goes on with the copy."""

    lazy = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._crashes = 0
        self._handles: list[Ledger] = []

    @property
    def file(self) -> Path:
        return self._folder / f"{self._crashes}" / "ledger.sqlite"

    @property
    def address(self) -> str:
        return f"sqlite {self.file}"

    async def handle(self, max_answer_bytes: int = 1000) -> Ledger:
        self.file.parent.mkdir(exist_ok=True)
        never_s = 3600.0  # a settlement waits for the next transaction, so that a model knows when it is written
        self._handles.append(
            await open_sqlite_ledger(self.file, max_answer_bytes=max_answer_bytes, idle_flush_s=never_s)
        )
        return self._handles[-1]

    async def crash(self) -> None:
        left = [self.file, self.file.with_name(self.file.name + "-wal")]
        self._crashes += 1
        self.file.parent.mkdir()
        for file in left:
            shutil.copy(file, self.file.parent)
        await self.close()

    async def close(self) -> None:
        for ledger in self._handles:
            await ledger.close()
        self._handles.clear()


class PostgresSite(Site):
    """A database of its own on the tests' server. A crash ends the handles and leaves the server; see test_crashes."""

    lazy = True

    def __init__(self, folder: Path) -> None:
        self._database = postgres.shared().lend()
        self._handles: list[PostgresLedger] = []

    @property
    def conninfo(self) -> str:
        return postgres.shared().conninfo(self._database)

    @property
    def address(self) -> str:
        return f"postgres {self.conninfo}"

    async def handle(self, max_answer_bytes: int = 1000) -> Ledger:
        never_s = 3600.0
        self._handles.append(
            await open_postgres_ledger(self.conninfo, max_answer_bytes=max_answer_bytes, idle_flush_s=never_s)
        )
        return self._handles[-1]

    async def crash(self) -> None:
        for ledger in self._handles:
            await ledger.abandon()
        self._handles.clear()

    async def close(self) -> None:
        for ledger in self._handles:
            await ledger.close()
        postgres.shared().take_back(self._database)


class EscrowSite(Site):
    """One host of a cluster, whose handles are its processes. A crash is one of the host: it goes on with its file.

    Terms end never, so that nothing is written but by what a test asks for.
    """

    lazy = True

    def __init__(self, folder: Path) -> None:
        self._database = postgres.shared().lend()
        self._folder = folder
        self._crashes = 0
        self._handles: list[EscrowLedger] = []

    @property
    def file(self) -> Path:
        return self._folder / f"{self._crashes}" / "leases.sqlite"

    @property
    def address(self) -> str:
        return f"escrow {self.file} {postgres.shared().conninfo(self._database)}"

    async def handle(self, max_answer_bytes: int = 1000) -> Ledger:
        self.file.parent.mkdir(exist_ok=True)
        self._handles.append(await _leasing(postgres.shared().conninfo(self._database), self.file, max_answer_bytes))
        return self._handles[-1]

    async def crash(self) -> None:
        left = [self.file, self.file.with_name(self.file.name + "-wal")]
        self._crashes += 1
        self.file.parent.mkdir()
        for file in left:
            shutil.copy(file, self.file.parent)
        for ledger in self._handles:
            await ledger.abandon()
        self._handles.clear()

    async def close(self) -> None:
        for ledger in self._handles:
            await ledger.close()
        postgres.shared().take_back(self._database)


async def _leasing(conninfo: str, file: Path, max_answer_bytes: int = MAX_ANSWER_BYTES) -> EscrowLedger:
    never_s = 3600.0
    central = await open_postgres_ledger(conninfo, max_answer_bytes=max_answer_bytes, idle_flush_s=never_s)
    return await open_escrow_ledger(
        central,
        file,
        "host",
        frozenset({"ward", "lab"}),
        terms=Terms(share=3, small=20),
        term_s=never_s,
        idle_s=never_s,
        idle_flush_s=never_s,
        max_answer_bytes=max_answer_bytes,
    )


async def open_at(address: str) -> Ledger:
    """One more handle, in whatever process, on the store of a site."""
    store, _, place = address.partition(" ")
    match store:
        case "sqlite":
            return await open_sqlite_ledger(Path(place))
        case "postgres":
            return await open_postgres_ledger(place)
        case _:
            file, _, conninfo = place.partition(" ")
            return await _leasing(conninfo, Path(file))


SITES: tuple[type[Site], ...] = (MemorySite, SqliteSite, PostgresSite, EscrowSite)
