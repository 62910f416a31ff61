"""A ledger in one SQLite file, which runs in the processes that use it; see `stores.Site`."""

from __future__ import annotations

import random
from pathlib import Path

from ops.chaos.ledger.machines import PATIENCE_S, Machine
from router.ledgers.contract import Ledger
from router.ledgers.sqlite.ledger import open_sqlite_ledger
from router.ledgers.sqlite.schema import Durability


class SqliteSite:
    def __init__(self, folder: Path, durability: Durability = Durability.FULL) -> None:
        self.disk = folder
        self._durability = durability

    def start(self, machine: Machine) -> None:
        """There is no server."""

    def strike(self, machine: Machine, rng: random.Random) -> None:
        """Nor anything to be killed but the clients' processes."""

    def end(self) -> None:
        """Nor anything to be ended."""

    async def ledger(self) -> Ledger:
        return await open_sqlite_ledger(self.disk / "ledger.sqlite", durability=self._durability, patience_s=PATIENCE_S)


def site(folder: Path) -> SqliteSite:
    return SqliteSite(folder)


def careless_site(folder: Path) -> SqliteSite:
    return SqliteSite(folder, Durability.NORMAL)
