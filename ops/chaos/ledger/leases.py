"""PostgreSQL with leases to the SQLite ledger of one host; see `stores.Site`. Both lose power at once."""

from __future__ import annotations

import random
from pathlib import Path

from ops.chaos.ledger.machines import PATIENCE_S, Machine
from ops.chaos.ledger.plan import DATASETS
from ops.chaos.ledger.postgres import PostgresSite
from router.ledgers.contract import Ledger
from router.ledgers.escrow.ledger import open_escrow_ledger
from router.ledgers.postgres.leases import Terms
from router.ledgers.postgres.ledger import open_postgres_ledger
from router.ledgers.postgres.schema import Durability

_TERMS = Terms(share=3, small=20)  # no request costs more than 20


class LeasesSite:
    def __init__(self, folder: Path, durability: Durability = Durability.ON) -> None:
        self._server = PostgresSite(folder)
        self._durability = durability
        self.disk = self._server.disk
        self._host = self.disk / "host"
        self._host.mkdir()

    def start(self, machine: Machine) -> None:
        self._server.start(machine)

    def strike(self, machine: Machine, rng: random.Random) -> None:
        self._server.strike(machine, rng)

    def end(self) -> None:
        self._server.end()

    async def ledger(self) -> Ledger:
        central = await open_postgres_ledger(self._server.conninfo, durability=self._durability, patience_s=PATIENCE_S)
        return await open_escrow_ledger(
            central, self._host / "ledger.sqlite", "host", DATASETS, terms=_TERMS, patience_s=PATIENCE_S
        )


def site(folder: Path) -> LeasesSite:
    return LeasesSite(folder)


def careless_site(folder: Path) -> LeasesSite:
    """What was leased is forgotten, and is granted again."""
    return LeasesSite(folder, Durability.OFF)
