"""Load on a ledger: clients that reserve, release and settle as fast as they are answered."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from ops.bench.contract import BenchFailed
from router.ledgers.contract import Account, AccountKey, Fresh, Ledger, Reservation
from router.ledgers.sqlite.ledger import open_sqlite_ledger

_KEY = AccountKey("bench")
_COST, _ACTUAL = 10, 5


def drive_sqlite(folder: Path, clients: int, seconds: float, said: Path) -> None:
    """Until the time is over; writes what the programs of `peers/` print. Raises BenchFailed for wrong books."""
    did = uvloop.run(_measured(lambda: open_sqlite_ledger(folder / "ledger.sqlite"), clients, seconds))
    said.write_text(json.dumps(did))


def drive_postgres(conninfo: str, host: Path | None, clients: int, seconds: float, said: Path) -> None:
    """The same, with leases to a ledger in the folder `host` where there is one."""
    from router.ledgers.escrow.ledger import open_escrow_ledger
    from router.ledgers.postgres.leases import Terms
    from router.ledgers.postgres.ledger import open_postgres_ledger

    async def opened() -> Ledger:
        central = await open_postgres_ledger(conninfo)
        if host is None:
            return central
        datasets, terms = frozenset({_KEY.dataset}), Terms(share=3, small=_COST)
        return await open_escrow_ledger(central, host / "leases.sqlite", "host", datasets, terms=terms)

    said.write_text(json.dumps(uvloop.run(_measured(opened, clients, seconds))))


async def _measured(opened: Callable[[], Awaitable[Ledger]], clients: int, seconds: float) -> dict[str, float]:
    ledger = await opened()
    await ledger.open(Account(_KEY, "patient", "add_remove", epsilon=1.0, delta=1e-6, limit=10**17), now=0.0)
    begun = time.perf_counter()
    counts = await asyncio.gather(*(_client(ledger, f"client {n}", begun + seconds) for n in range(clients)))
    took = time.perf_counter() - begun
    await ledger.close()  # the last settlements are written
    ledger = await opened()
    spent, requests = (await ledger.balance(_KEY)).spent, sum(counts)
    if spent != requests * _ACTUAL or await ledger.verify():
        raise BenchFailed(f"{spent} are spent after {requests} requests of {_ACTUAL}")
    await ledger.close()
    return {"requests": requests, "seconds": took}


async def _client(ledger: Ledger, name: str, end: float) -> int:
    count = 0
    while time.perf_counter() < end:
        granted = await ledger.reserve(_asking(f"{name}, request {count}"), 1.0)
        assert isinstance(granted, Fresh)  # every request is a new one
        await ledger.release(granted.token, b"answer", 1.0)
        await ledger.settle(granted.token, ((_KEY, _ACTUAL),), 1.0)
        count += 1
    return count


def _asking(request: str) -> Reservation:
    return Reservation("tenant", request, b"hash", ((_KEY, _COST),), b"{}", owner="bench", expires=1e9)
