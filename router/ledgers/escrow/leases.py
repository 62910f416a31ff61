"""Moving budget between the cluster's ledger and the host's, so that it is at no time in both.

A lease is durably spent in the cluster's ledger before the host's limit grows by it. What is given back can durably no
longer be charged on the host before the cluster's ledger has it again. Between the two steps it is in neither: a crash
there costs budget and never protection. See `router.ledgers.escrow.ledger` for the argument.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from router.ledgers.contract import AccountKey, Balance, Costs, Fresh, Reservation, Stored
from router.ledgers.errors import AccountFrozen, BudgetSpent, UnknownAccount
from router.ledgers.escrow.local import Lapsed, LocalLedger
from router.ledgers.escrow.passage import Passage
from router.ledgers.escrow.wholly import Wholly
from router.ledgers.postgres.leases import Standing, Terms
from router.ledgers.postgres.ledger import PostgresLedger


@dataclass
class Use:
    """Of one account, in seconds of the clock."""

    until: float = -math.inf  # when what was last heard of it is too old to charge it
    charged: float = -math.inf  # when that was last asked for


class Leases:
    """`holder` names the host's ledger among all. `term_s` is how old the news of an account may be that is charged."""

    def __init__(
        self,
        central: PostgresLedger,
        local: LocalLedger,
        holder: str,
        passage: Passage,
        wholly: Wholly,
        terms: Terms,
        term_s: float,
        clock: Callable[[], float],
    ) -> None:
        self._central = central
        self._local = local
        self._holder = holder
        self._passage = passage
        self._wholly = wholly
        self._terms = terms
        self._term_s = term_s
        self._clock = clock
        self._uses: dict[AccountKey, Use] = {}

    @property
    def keys(self) -> tuple[AccountKey, ...]:
        """What this process has leases of, as far as it knows."""
        return tuple(self._uses)

    async def held(self) -> tuple[tuple[AccountKey, int], ...]:
        return await self._central.held(self._holder)

    async def standing(self, key: AccountKey) -> Standing:
        return await self._central.standing(key, self._holder)

    async def remember(self) -> None:
        """What an earlier process of the host has left: to be charged, or given back."""
        for key, _ in await self.held():
            self._uses.setdefault(key, Use())

    async def charge(self, reservation: Reservation, now: float) -> Fresh | Stored:
        """From the host's leases, which are renewed and extended as needed."""
        while True:
            uses = [self._uses.setdefault(key, Use()) for key, _ in reservation.costs]
            for use in uses:
                use.charged = self._clock()
            try:
                until = min(use.until for use in uses)
                return await self._local.charge(reservation, now, until, self._clock)
            except Lapsed:
                await self._wholly(self._renew_all(reservation.costs, now))
            except (BudgetSpent, UnknownAccount):
                await self._wholly(self._extend(reservation.costs, now))

    async def renew(self, key: AccountKey, now: float) -> None:
        """Hear whether it is frozen, and give back what is left where it runs out. To be called within the passage."""
        asked = self._clock()
        standing = await self.standing(key)
        balance, here = standing.balance, await self.here(key)
        if here is not None and here.frozen != balance.frozen:
            await (self._local.freeze(key, balance.frozen, now) if balance.frozen else self._local.thaw(key, now))
        if balance.spent > balance.limit or balance.left < self._terms.small:
            await self.give_back(key, now)
        self._uses.setdefault(key, Use()).until = asked + self._term_s

    async def give_back(self, key: AccountKey, now: float) -> None:
        """All that is left on this host. To be called within the passage.

        Asks first whether PostgreSQL is there: what is given up and not taken back is lost.
        """
        await self.standing(key)
        left = await self._local.give_up(key, now)
        if left:
            await self._central.give_back(key, self._holder, left, now)

    async def give_back_idle(self, idle_s: float, now: float) -> None:
        """What nobody has asked for lately. To be called within the passage."""
        for key, use in list(self._uses.items()):
            if self._clock() >= use.charged + idle_s:
                await self.give_back(key, now)
                self._uses.pop(key, None)

    async def here(self, key: AccountKey) -> Balance | None:
        """On this host; None where nothing was ever leased."""
        with suppress(UnknownAccount):
            return await self._local.balance(key)
        return None

    async def _renew_all(self, costs: Costs, now: float) -> None:
        async with self._passage.taken():
            for key in self._lapsed(key for key, _ in costs):
                await self.renew(key, now)

    def _lapsed(self, keys: Iterable[AccountKey]) -> list[AccountKey]:
        """Others may have renewed them meanwhile."""
        return [key for key in keys if self._clock() >= self._uses.setdefault(key, Use()).until]

    async def _extend(self, costs: Costs, now: float) -> None:
        """Until each of the costs fits, at this moment. Raises for the first that cannot."""
        async with self._passage.taken():
            for key, cost in costs:
                here = await self.here(key)
                if here is not None and here.frozen:
                    raise AccountFrozen(str(key), here.frozen)
                if here is not None and cost <= here.left:
                    continue
                left = here.left if here is not None else 0
                try:
                    taken = await self._central.lease(key, self._holder, cost - left, self._terms, now)
                except BudgetSpent as refusal:
                    raise BudgetSpent(str(key), cost, refusal.left + left) from None
                if here is None:
                    await self._local.begin(await self._central.account(key), now)
                await self._local.grow(key, taken, now)
