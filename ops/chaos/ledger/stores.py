"""The stores that can be broken, one entry each."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ops.chaos.ledger.machines import Machine
from router.ledgers.contract import Ledger
from router.ledgers.sqlite.ledger import open_sqlite_ledger
from router.ledgers.sqlite.schema import Durability


class Site(Protocol):
    """One store in a folder of its own, below which lies all that it keeps."""

    def start(self, machine: Machine) -> None:
        """Run whatever must run beside the processes that open the ledger, and return when it answers."""
        ...

    def crash(self, rng: random.Random, everything: bool) -> None:
        """End that, as kill -9 would, wholly or in part; everything where the machine itself ends."""
        ...

    async def ledger(self) -> Ledger: ...


@dataclass(frozen=True)
class SqliteSite:
    folder: Path
    durability: Durability = Durability.FULL

    def start(self, machine: Machine) -> None:
        """SQLite runs in the processes that use it."""

    def crash(self, rng: random.Random, everything: bool) -> None:
        """Nor is there anything to be killed but them."""

    async def ledger(self) -> Ledger:
        return await open_sqlite_ledger(self.folder / "ledger.sqlite", durability=self.durability)


@dataclass(frozen=True)
class Store:
    """`careless` is the same store with its flushes turned down, which must not survive a loss of power."""

    site: Callable[[Path], Site]
    careless: Callable[[Path], Site]


STORES: dict[str, Store] = {
    "sqlite": Store(site=SqliteSite, careless=lambda folder: SqliteSite(folder, Durability.NORMAL)),
}
