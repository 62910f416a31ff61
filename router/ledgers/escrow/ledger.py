"""The ledger of a cluster with hot datasets: their accounts are charged on the host, from parts leased to it.

Each host has a SQLite ledger of its own, shared by its processes. What it leases is spent in PostgreSQL at once, and
durably; it is the limit of the host's account, which the host's ledger does not overspend. So a hot account costs the
cluster a lock for each lease, and not for each request.

**Why this cannot overspend.** Let L be an account's limit in PostgreSQL, S what is spent there, c what requests were
charged there, hᵢ what host i has taken and not given back, gᵢ the limit on host i and sᵢ what is spent on it. At any
instant, in durable states alone:

1. S = c + Σhᵢ, by the function that charges, leases and takes back; and it lets S grow only up to L.
2. sᵢ ≤ gᵢ, by the host's ledger, whose limit is only lowered to what is spent.
3. gᵢ ≤ hᵢ, since hᵢ grows durably before gᵢ, and gᵢ falls durably before hᵢ, by no more; a crash, a lost connection or
   an unknown outcome between the two leaves gᵢ < hᵢ for ever. PostgreSQL refuses to let hᵢ fall below zero.

So c + Σsᵢ ≤ c + Σgᵢ ≤ S: all that was charged anywhere is at most what PostgreSQL has granted, and S ≤ L but where L
was lowered since. No clock has a part in it. A lease is not due at any time: a host that is lost takes what it held
along, spent for ever. (A copy of a host's file that is put back forgets debits, as with any ledger.)

**What is refused although there is budget.** A request on one host, when what it lacks is in the leases of others. A
host leases what it needs and a `share`-th of the rest, and nothing but what it needs once less than `small` is left.
It gives all back on `close`, after `idle_s` without a request, and when it sees at a renewal (every third of
`term_s`) that less than `small` is left. So a request that costs at most `small` is refused only while that is so,
and may be asked again a third of `term_s` later, when only budget that was charged is missing. `small` should be no
less than any one cost.

**Freezing** is heard by other hosts when they renew. A host that has not heard of an account for `term_s` does not
charge it, and says `LedgerUnavailable` if it cannot ask; `freeze` and `set_limit` wait for `term_s` where others have
had leases. So when they return, the old state is charged nowhere. Clocks need only run alike, not agree.

**What is the host's alone.** The requests on leased datasets are in its file: a repeat there gets the stored answer,
and a repeat at another host is another attempt, charged again. `releases` and `odometer` show PostgreSQL's and this
host's. A request that charges leased and other datasets together is charged in PostgreSQL.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from router.ledgers.contract import (
    MAX_ANSWER_BYTES,
    MAX_PAGE,
    Account,
    AccountKey,
    Balance,
    Costs,
    Discrepancy,
    Fresh,
    Ledger,
    Release,
    Reservation,
    Stored,
    Token,
)
from router.ledgers.errors import BudgetSpent, LedgerUnavailable, NotOpen, UnknownAccount, UnknownAttempt
from router.ledgers.escrow.leases import Leases
from router.ledgers.escrow.local import LocalLedger, open_local_ledger
from router.ledgers.escrow.passage import Passage
from router.ledgers.escrow.wholly import Wholly
from router.ledgers.odometers import added
from router.ledgers.postgres.leases import Terms
from router.ledgers.postgres.ledger import PostgresLedger

_HERE = 2**62  # cursors from here on are of the host's ledger


class EscrowLedger:
    """A `contract.Ledger`, made by `open_escrow_ledger`. Tokens are even in PostgreSQL and odd on the host."""

    def __init__(
        self,
        central: PostgresLedger,
        local: LocalLedger,
        leases: Leases,
        passage: Passage,
        wholly: Wholly,
        datasets: frozenset[str],
        term_s: float,
        idle_s: float,
        pause: Callable[[float], Awaitable[None]],
        wall: Callable[[], float],
    ) -> None:
        self._central = central
        self._local = local
        self._leases = leases
        self._passage = passage
        self._wholly = wholly
        self._datasets = datasets
        self._term_s = term_s
        self._idle_s = idle_s
        self._pause = pause
        self._wall = wall
        self._closed = False
        self._tending = asyncio.create_task(self._tend(), name="ledger leases")

    async def open(self, account: Account, now: float) -> None:
        await self._central.open(account, now)

    async def set_limit(self, key: AccountKey, limit: int, epsilon: float, now: float) -> None:
        async def change() -> None:
            async with self._passing():
                await self._leases.give_back(key, now)
                await self._central.set_limit(key, limit, epsilon, now)

        await self._wholly(change())
        await self._heard(key)

    async def freeze(self, key: AccountKey, reason: str, now: float) -> None:
        async def change() -> None:
            async with self._passing():
                await self._central.freeze(key, reason, now)
                with suppress(UnknownAccount):
                    await self._local.freeze(key, reason, now)

        await self._wholly(change())
        await self._heard(key)

    async def thaw(self, key: AccountKey, now: float) -> None:
        async def change() -> None:
            async with self._passing():
                await self._central.thaw(key, now)
                with suppress(UnknownAccount):
                    await self._local.thaw(key, now)

        await self._wholly(change())

    async def reserve(self, reservation: Reservation, now: float) -> Fresh | Stored:
        self._available()
        if all(key.dataset in self._datasets for key, _ in reservation.costs):
            outcome = await self._leases.charge(reservation, now)
            return _fresh(outcome, here=True)
        try:
            return _fresh(await self._central.reserve(reservation, now), here=False)
        except BudgetSpent:
            await self._wholly(self._give_back(reservation.costs, now))
            return _fresh(await self._central.reserve(reservation, now), here=False)

    async def release(self, token: Token, answer: bytes, now: float) -> None:
        with self._named(token) as (ledger, name):
            await ledger.release(name, answer, now)

    async def settle(self, token: Token, costs: Costs, now: float, odometer: tuple[int, ...] | None = None) -> None:
        with self._named(token) as (ledger, name):
            await ledger.settle(name, costs, now, odometer)

    async def void(self, token: Token, now: float) -> None:
        with self._named(token) as (ledger, name):
            await ledger.void(name, now)

    async def account(self, key: AccountKey) -> Account:
        return await self._central.account(key)

    async def balance(self, key: AccountKey) -> Balance:
        """What other hosts have leased counts as spent."""

        async def read() -> Balance:
            async with self._passing():
                balance, here = await self._central.balance(key), await self._leases.here(key)
            if here is None:
                return balance
            return dataclasses.replace(
                balance, spent=balance.spent - here.left, reserved=balance.reserved + here.reserved
            )

        return await self._wholly(read())

    async def odometer(self, key: AccountKey) -> tuple[int, ...]:
        central = await self._central.odometer(key)
        with suppress(UnknownAccount):
            return added(central, await self._local.odometer(key))
        return central

    async def releases(self, dataset: str, after: int = 0, limit: int = MAX_PAGE) -> tuple[Release, ...]:
        """Those in PostgreSQL, oldest first, then those of this host, oldest first."""
        page: tuple[Release, ...] = ()
        if not _HERE <= after < 2**63:
            page, after = await self._central.releases(dataset, after, limit), _HERE
        if len(page) < limit:
            with suppress(UnknownAccount):
                here = await self._local.releases(dataset, after - _HERE, limit - len(page))
                page += tuple(dataclasses.replace(release, cursor=release.cursor + _HERE) for release in here)
        return page

    async def verify(self) -> tuple[Discrepancy, ...]:
        """Both ledgers, and that the host may charge no more than it has leased."""

        async def read() -> tuple[Discrepancy, ...]:
            async with self._passing():
                found = [*await self._central.verify(), *await self._local.verify()]
                held = dict(await self._leases.held())
                for key in held.keys() | set(self._leases.keys):
                    here = await self._leases.here(key)
                    if here is not None and here.limit > held.get(key, 0):
                        found.append(Discrepancy(f"lease of {key}", f"{here.limit}", f"{held.get(key, 0)}"))
            return tuple(found)

        return await self._wholly(read())

    async def close(self) -> None:
        """Give back what is left first, if PostgreSQL answers; else it stays leased, and here to be charged."""
        if self._closed:
            return
        with suppress(LedgerUnavailable):
            await self._wholly(self._give_all_back())
        await self._end()
        await self._central.close()
        await self._local.close()

    async def abandon(self) -> None:
        """As if the process ended: nothing is given back."""
        await self._central.abandon()
        await self._end()
        await self._local.close()

    async def _end(self) -> None:
        self._closed = True
        self._tending.cancel()
        await asyncio.wait([self._tending])
        await self._passage.close()

    def _available(self) -> None:
        if self._closed:
            raise LedgerUnavailable("this handle is closed")

    @asynccontextmanager
    async def _passing(self) -> AsyncIterator[None]:
        self._available()
        async with self._passage.taken():
            yield

    async def _heard(self, key: AccountKey) -> None:
        """Until no other host can still believe what was before."""
        if (await self._leases.standing(key)).shared:
            await self._pause(self._term_s)

    async def _give_all_back(self) -> None:
        async with self._passing():
            await self._leases.give_back_idle(0.0, self._wall())

    async def _give_back(self, costs: Costs, now: float) -> None:
        async with self._passing():
            for key, _ in costs:
                await self._leases.give_back(key, now)

    async def _tend(self) -> None:
        """Renew what is in use, give back what is not. What cannot be renewed lapses by itself."""
        while True:
            await self._pause(self._term_s / 3)
            with suppress(LedgerUnavailable):
                await self._wholly(self._tend_once())

    async def _tend_once(self) -> None:
        async with self._passing():
            await self._leases.give_back_idle(self._idle_s, self._wall())
            for key in self._leases.keys:
                await self._leases.renew(key, self._wall())

    @contextmanager
    def _named(self, token: Token) -> Iterator[tuple[Ledger, Token]]:
        self._available()
        try:
            yield self._local if token % 2 else self._central, Token(token // 2)
        except NotOpen as refusal:
            raise NotOpen(token, refusal.state) from None
        except UnknownAttempt:
            raise UnknownAttempt(token) from None


def _fresh(outcome: Fresh | Stored, here: bool) -> Fresh | Stored:
    return Fresh(Token(2 * outcome.token + here)) if isinstance(outcome, Fresh) else outcome


async def open_escrow_ledger(
    central: PostgresLedger,
    file: Path,
    holder: str,
    datasets: frozenset[str],
    *,
    terms: Terms,
    term_s: float = 3.0,
    idle_s: float = 30.0,
    patience_s: float = 5.0,
    idle_flush_s: float = 0.05,
    max_answer_bytes: int = MAX_ANSWER_BYTES,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    wall: Callable[[], float] = time.time,
) -> EscrowLedger:
    """Over `central`, which it closes when it is closed. `file` is the host's ledger, of all its processes.

    `holder` names that file in PostgreSQL: one name for the file's whole life, and no other file's. `datasets` are
    those whose accounts are leased. Raises `LedgerUnavailable`.
    """
    passage = Passage(file.with_name(file.name + "-passage"), patience_s, clock, sleep)
    try:
        local = await open_local_ledger(file, patience_s, idle_flush_s, max_answer_bytes, clock, sleep)
    except LedgerUnavailable:
        await passage.close()
        raise
    wholly = Wholly()
    leases = Leases(central, local, holder, passage, wholly, terms, term_s, clock)
    try:
        await leases.remember()
    except LedgerUnavailable:
        await local.close()
        await passage.close()
        raise
    return EscrowLedger(central, local, leases, passage, wholly, datasets, term_s, idle_s, pause, wall)
