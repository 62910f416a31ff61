"""The stores that can be broken: a new one is a line here, and the module that it names."""

from __future__ import annotations

import random
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

from ops.chaos.ledger.machines import Machine
from router.ledgers.contract import Ledger


class Site(Protocol):
    """One store in a folder of its own."""

    @property
    def disk(self) -> Path:
        """The folder of all that it keeps: what loses power."""
        ...

    def start(self, machine: Machine) -> None:
        """Run whatever must run beside the processes that open the ledger, and return when it answers."""
        ...

    def strike(self, machine: Machine, rng: random.Random) -> None:
        """kill -9 some of that or all while clients are at work, and have it back."""
        ...

    def end(self) -> None:
        """kill -9 all of it, with no effect where it does not run."""
        ...

    async def ledger(self) -> Ledger: ...


class MakeSite(Protocol):
    """In an empty folder, which is its own."""

    def __call__(self, folder: Path) -> Site: ...


@dataclass(frozen=True)
class Store:
    """Its module makes a `site`, and a `careless_site` whose flushes are turned down, which must not survive."""

    name: str
    module: str  # imported only when the store is broken: not every installation has its client
    life_s: float  # of a process, at most, once its clients have begun: some tens of requests
    leaks: bool = False  # whether a crash may leave more spent than was ever asked for

    @property
    def site(self) -> MakeSite:
        made: MakeSite = import_module(self.module).site
        return made

    @property
    def careless_site(self) -> MakeSite:
        made: MakeSite = import_module(self.module).careless_site
        return made


STORES = {
    store.name: store
    for store in (
        Store("sqlite", "ops.chaos.ledger.sqlite", life_s=0.04),
        Store("postgres", "ops.chaos.ledger.postgres", life_s=0.08),
        Store("leases", "ops.chaos.ledger.leases", life_s=0.2, leaks=True),  # what was on its way between the two
    )
}
