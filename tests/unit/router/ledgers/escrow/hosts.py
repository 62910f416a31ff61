"""Hosts of one cluster: each with a file of its own, and a clock that tests move by hand."""

from __future__ import annotations

import asyncio
from pathlib import Path

from router.ledgers.escrow.ledger import EscrowLedger, open_escrow_ledger
from router.ledgers.postgres.leases import Terms
from router.ledgers.postgres.ledger import open_postgres_ledger


class Clock:
    """Time passes only by `passes`. `pause` returns when it has."""

    def __init__(self) -> None:
        self.now = 0.0
        self._moved = asyncio.Condition()

    def __call__(self) -> float:
        return self.now

    async def passes(self, seconds: float) -> None:
        self.now += seconds
        async with self._moved:
            self._moved.notify_all()

    async def pause(self, seconds: float) -> None:
        end = self.now + seconds
        async with self._moved:
            await self._moved.wait_for(lambda: self.now >= end)


async def host(
    database: str,
    folder: Path,
    name: str,
    *,
    clock: Clock | None = None,
    terms: Terms | None = None,
    term_s: float = 3.0,
    patience_s: float = 5.0,
) -> EscrowLedger:
    clock = clock if clock is not None else Clock()
    return await open_escrow_ledger(
        await open_postgres_ledger(database, patience_s=patience_s),
        folder / f"{name}.sqlite",
        name,
        frozenset({"ward"}),
        terms=terms if terms is not None else Terms(share=4, small=10),
        term_s=term_s,
        idle_s=30.0,
        clock=clock,
        pause=clock.pause,
        wall=lambda: 1.0,
    )
