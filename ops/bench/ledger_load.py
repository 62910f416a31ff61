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
    """Until the time is over; writes what `naive_ledger.py` prints. Raises BenchFailed for books that do not add up."""
    did = uvloop.run(_measured(lambda: open_sqlite_ledger(folder / "ledger.sqlite"), clients, seconds))
    said.write_text(json.dumps(did))


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
