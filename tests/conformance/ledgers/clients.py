"""A client that reserves, releases, settles, voids and reads at random, and writes down what it was told.

As a program, with a store's address, a seed and a count, it is several of them in a process of their own: it says
that it is ready, waits for a line, and prints its history as JSON. Times are of the monotonic clock, which is one for
all processes of a host.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import math
import random
import sys
import time

from router.ledgers.contract import Fresh, Ledger
from router.ledgers.errors import BudgetSpent
from tests.conformance.ledgers.examples import WARD, asking
from tests.conformance.ledgers.linearizability import Observed
from tests.conformance.ledgers.stores import open_at


async def client(ledger: Ledger, name: str, rng: random.Random, count: int) -> list[Observed]:
    """`count` requests, one after the other, on the ward's account."""
    history: list[Observed] = []
    for number in range(count):
        if rng.random() < 0.2:
            called = time.monotonic()
            balance = await ledger.balance(WARD)
            history.append(Observed(called, time.monotonic(), 0, left=balance.left))
            continue
        cost = rng.randint(1, 9)
        called = time.monotonic()
        try:
            outcome = await ledger.reserve(asking(f"{name} {number}", cost), 1.0)
        except BudgetSpent as refusal:
            history.append(Observed(called, time.monotonic(), 0, asked=cost, left=refusal.left))
            continue
        history.append(Observed(called, time.monotonic(), cost, granted=True))
        assert isinstance(outcome, Fresh), outcome
        called = time.monotonic()
        if rng.random() < 0.5:
            await ledger.void(outcome.token, 2.0)
            history.append(Observed(called, time.monotonic(), -cost))
        else:
            await ledger.release(outcome.token, b"answer", 2.0)
            actual = rng.randint(0, cost)
            called = time.monotonic()
            await ledger.settle(outcome.token, ((WARD, actual),), 3.0)
            history.append(Observed(called, math.inf, actual - cost))  # written when it suits the store
    return history


async def clients(ledger: Ledger, prefix: str, seed: int, count: int, requests: int = 12) -> list[Observed]:
    """`count` of them at once."""
    runs = (client(ledger, f"{prefix} {n}", random.Random(f"{seed} {n}"), requests) for n in range(count))
    return [operation for history in await asyncio.gather(*runs) for operation in history]


async def main(address: str, seed: str, count: str) -> None:
    ledger = await open_at(address)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)  # begin when the others do
    history = await clients(ledger, f"process {seed}", int(seed), int(count))
    await ledger.close()
    print(json.dumps([dataclasses.asdict(operation) for operation in history]))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
