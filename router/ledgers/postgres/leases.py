"""Parts of accounts that holders take, to charge them in stores of their own; all of a part counts as spent here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from router.ledgers.books import Books
from router.ledgers.contract import AccountKey, Balance
from router.ledgers.events import LeaseReturned, LeaseTaken
from router.ledgers.postgres.reading import read_account
from router.ledgers.postgres.schema import Connection
from router.ledgers.postgres.wire import Batch, Meaning, Outcome, ask, not_granted

_NONE = 0  # account and amount are filled in by the database


@dataclass(frozen=True)
class Terms:
    """How much a lease takes beyond what is needed: a `share`-th of what is left, and nothing of a small account.

    So the leases of an account shrink as it runs out. `small` in 1e-12 ρ, and no less than any one cost.
    """

    share: int
    small: int


@dataclass(frozen=True)
class Standing:
    """An account as a holder of a lease has to know it."""

    balance: Balance
    shared: bool  # others have held a lease of it, and may do so now


@dataclass(frozen=True)
class Lease:
    """Its result is what was taken, `needed` at least, in 1e-12 ρ. `BudgetSpent`, `AccountFrozen`, `UnknownAccount`."""

    key: AccountKey
    holder: str
    needed: int
    terms: Terms
    now: float

    def apply(self, books: Books) -> int:
        raise NotImplementedError("leases are of a store that hosts share")


@dataclass(frozen=True)
class GiveBack:
    """More than is held is an error of our own, and fails the whole batch."""

    key: AccountKey
    holder: str
    amount: int
    now: float

    def apply(self, books: Books) -> None:
        raise NotImplementedError("leases are of a store that hosts share")


@dataclass(frozen=True)
class ReadStanding:
    key: AccountKey
    holder: str

    def apply(self, books: Books) -> Standing:
        raise NotImplementedError("leases are of a store that hosts share")


@dataclass(frozen=True)
class ReadHeld:
    """The accounts of which this holder has given back less than it took, and how much less."""

    holder: str

    def apply(self, books: Books) -> tuple[tuple[AccountKey, int], ...]:
        raise NotImplementedError("leases are of a store that hosts share")


@ask.register
def _(operation: Lease, batch: Batch) -> Meaning:
    event = LeaseTaken(operation.now, _NONE, operation.holder, _NONE)
    terms = operation.terms
    account = batch.account(operation.key)
    place = batch.add("lease", event, account=account, needed=operation.needed, share=terms.share, small=terms.small)

    async def meaning(connection: Connection, outcomes: list[Outcome]) -> int:
        if "refused" in outcomes[place]:
            raise not_granted(str(operation.key), outcomes[place])
        taken: int = outcomes[place]["taken"]
        return taken

    return meaning


@ask.register
def _(operation: GiveBack, batch: Batch) -> Meaning:
    event = LeaseReturned(operation.now, _NONE, operation.holder, operation.amount)
    place = batch.add("give_back", event, account=batch.account(operation.key))

    async def meaning(connection: Connection, outcomes: list[Outcome]) -> None:
        assert not outcomes[place]

    return meaning


@ask.register
def _(operation: ReadStanding, batch: Batch) -> Meaning:
    async def meaning(connection: Connection, outcomes: list[Outcome]) -> Standing:
        sheet = await read_account(connection, operation.key)
        query = "SELECT EXISTS (SELECT FROM faraday_ledger.lease WHERE account = %s AND holder <> %s)"
        row = await (await connection.execute(query, [sheet.id, operation.holder])).fetchone()
        return Standing(sheet.balance(), row is not None and row[0])

    return meaning


@ask.register
def _(operation: ReadHeld, batch: Batch) -> Meaning:
    async def meaning(connection: Connection, outcomes: list[Outcome]) -> Any:
        query = (
            'SELECT a.dataset, a.tenant, a."user", l.held_picorho FROM faraday_ledger.lease l '
            "JOIN faraday_ledger.account a ON a.id = l.account WHERE l.holder = %s AND l.held_picorho > 0"
        )
        rows = await (await connection.execute(query, [operation.holder])).fetchall()
        return tuple((AccountKey(*names), held) for *names, held in rows)

    return meaning
