"""The ledger's contract: what an account, a reservation and a balance are, and what every store promises of them.

    reserve the worst case (durable) → run → release (durable) → the answer leaves → settle what provably did not

A store knows whole numbers and bytes, and nothing of privacy's mathematics: an amount is an int of 1e-12 ρ at the order
that its account was opened with, rounded up by whoever asks. A crash between any two steps leaves the worst case spent.

An *attempt* is one reservation and what became of it. A request has at most one attempt that may still be released.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NewType, Protocol

from router.ledgers.amounts import checked_amount, checked_guarantee, checked_instant, checked_name
from router.ledgers.errors import BadCost

MAX_EVENT_BYTES = 64 * 1024
MAX_ANSWER_BYTES = 1024 * 1024
MAX_PAGE = 1000

Token = NewType("Token", int)  # names one attempt within its store


@dataclass(frozen=True)
class AccountKey:
    """A dataset's own account (no tenant), or the cap of a tenant, or of one user of a tenant, on that dataset.

    The dataset's account counts all analysts together, since they may collude: it is the one that protects people.
    """

    dataset: str
    tenant: str = ""
    user: str = ""

    def __post_init__(self) -> None:
        checked_name("dataset", self.dataset)
        if self.tenant or self.user:
            checked_name("tenant", self.tenant)
        if self.user:
            checked_name("user", self.user)

    def __str__(self) -> str:
        return "/".join(part for part in (self.dataset, self.tenant, self.user) if part)


@dataclass(frozen=True)
class Account:
    """The terms of an account, fixed for ever when it is opened; only its limit, with the ε it stands for, can be set.

    There is no renewal by the clock: records that arrived later are another `block`, under a dataset name of their own.
    """

    key: AccountKey
    unit: str  # what one person's share is: patient, record, client
    adjacency: str  # add_remove or replace
    epsilon: float  # with delta, what `limit` stands for; the store only keeps them
    delta: float  # one for the account's whole life
    limit: int  # 1e-12 ρ
    order: float | None = None  # the Rényi order α > 1 that costs are of; None for ρ of zCDP, the supremum over all
    block: str = ""  # the time partition of the records, e.g. 2026Q3
    odometer_orders: tuple[float, ...] = ()  # what each place of the odometer is of; empty keeps none

    def __post_init__(self) -> None:
        checked_amount(self.limit)
        checked_name("unit", self.unit)
        checked_name("adjacency", self.adjacency)
        if self.block:
            checked_name("block", self.block)
        checked_guarantee(self.epsilon, self.delta)
        for order in (self.order, *self.odometer_orders):
            if order is not None and not 1 < order < math.inf:
                raise ValueError(f"order is {order}, not above 1 and finite")


Costs = tuple[tuple[AccountKey, int], ...]


@dataclass(frozen=True)
class Reservation:
    """What one request may cost at worst. All accounts are charged or none is."""

    tenant: str
    request_id: str
    request_hash: bytes  # a repeat must have the same one
    costs: Costs  # for every dataset its own account, and any caps; each account once
    event: bytes  # the privacy event as data, re-accounted by whoever reads it later
    owner: str  # the process that answers, for an operator to read
    expires: float  # unix seconds: without an answer until then, the attempt is spent for ever and may be repeated
    odometer: tuple[int, ...] = ()  # one amount for each of the accounts' odometer_orders

    def __post_init__(self) -> None:
        checked_name("tenant", self.tenant)
        checked_name("request_id", self.request_id)
        checked_name("owner", self.owner)
        checked_instant("expires", self.expires)
        for amount in self.odometer:
            checked_amount(amount)
        if len(self.request_hash) > 64 or len(self.event) > MAX_EVENT_BYTES:
            raise ValueError(f"a hash has up to 64 bytes and an event up to {MAX_EVENT_BYTES}")
        _check_costs(self.costs)


@dataclass(frozen=True)
class Fresh:
    """Charged: run, then release this attempt or void it."""

    token: Token


@dataclass(frozen=True)
class Stored:
    """The request was answered before, with these bytes; nothing was charged."""

    answer: bytes = field(repr=False)


@dataclass(frozen=True)
class Balance:
    """In 1e-12 ρ. `spent` never falls but by a void before release or a settlement after it."""

    limit: int
    spent: int  # all that was reserved, less what was refunded; above the limit only where the limit was lowered
    reserved: (
        int  # the part of spent whose attempts have no answer (yet), expired ones included until they are repeated
    )
    frozen: str  # the reason, or empty

    @property
    def left(self) -> int:
        return max(0, self.limit - self.spent)


@dataclass(frozen=True)
class Release:
    """One answer that may have left. `costs` are what it holds now: as reserved, or as settled."""

    cursor: int  # pass the last one to `releases` for the next page
    at: float  # unix seconds
    tenant: str
    request_id: str
    event: bytes
    costs: Costs


@dataclass(frozen=True)
class Discrepancy:
    """A running sum that is not what the events add up to."""

    what: str
    stored: str
    recounted: str


class Ledger(Protocol):
    """One handle on a store. Several handles, in one process or many, share a store's accounts.

    Awaited on one event loop. Every method may raise `LedgerUnavailable`; unless said otherwise, what a method did is
    durable when it returns, and it raises `Refused` before any effect. Times are unix seconds, of the caller's clock.
    An await that is cancelled may or may not have taken effect; a reservation lost so is spent.
    """

    async def open(self, account: Account, now: float) -> None:
        """Again with the same terms: no effect, whatever the limit was set to since. With others: `AccountExists`."""
        ...

    async def set_limit(self, key: AccountKey, limit: int, epsilon: float, now: float) -> None:
        """`epsilon` is what it stands for. Below what is spent, nothing more is granted. `UnknownAccount`."""
        ...

    async def freeze(self, key: AccountKey, reason: str, now: float) -> None:
        """Nothing more is reserved; what was reserved may still be released, having been paid. `UnknownAccount`."""
        ...

    async def thaw(self, key: AccountKey, now: float) -> None:
        """`UnknownAccount`."""
        ...

    async def reserve(self, reservation: Reservation, now: float) -> Fresh | Stored:
        """Charge all accounts at once, or return the answer that (tenant, request_id) already has.

        Raises `RequestReused`, `InProgress`; `UnknownAccount`, `AccountFrozen`, `BudgetSpent` for the first account at
        fault; `BadCost` where the odometer has not the account's places. Where an earlier attempt has expired without
        an answer, it stays spent, this one is charged besides, and the earlier one can no longer be released.
        """
        ...

    async def release(self, token: Token, answer: bytes, now: float) -> None:
        """Keep the answer. Only when this has returned may it leave the process; from then on nothing can be voided.

        An expired attempt may be released as long as nobody has repeated the request: it is paid. Raises `NotOpen`,
        `UnknownAttempt`, `AnswerTooLarge`.
        """
        ...

    async def settle(self, token: Token, costs: Costs, now: float, odometer: tuple[int, ...] | None = None) -> None:
        """Credit reserved − actual: `costs` are what was spent in truth; accounts left out keep what they hold.

        Once, after `release` has returned, by the same handle: a credit dies with its process, and all stays spent.
        Ruled upon at once, written lazily: after a crash it may be lost, never applied twice and never before the
        release is durable. What this handle does next sees it. Raises `UnknownAttempt` where this handle has not
        released it or has settled it, and `BadCost` for more than was reserved.
        """
        ...

    async def void(self, token: Token, now: float) -> None:
        """Refund everything: nothing has left this process, and nothing will. Raises `NotOpen`, `UnknownAttempt`.

        Refused once released, superseded or expired.
        """
        ...

    async def account(self, key: AccountKey) -> Account:
        """The terms, with the limit and ε of now. `UnknownAccount`."""
        ...

    async def balance(self, key: AccountKey) -> Balance:
        """`UnknownAccount`."""
        ...

    async def odometer(self, key: AccountKey) -> tuple[int, ...]:
        """Sums over all charges, per order, stopping at `MAX_ODOMETER`; to show, never a gate. `UnknownAccount`."""
        ...

    async def releases(self, dataset: str, after: int = 0, limit: int = MAX_PAGE) -> tuple[Release, ...]:
        """Up to `limit` (1 to `MAX_PAGE`) releases that charged this dataset, oldest first, beyond `after`."""
        ...

    async def verify(self) -> tuple[Discrepancy, ...]:
        """Add up all events again and compare with the running sums. Empty where they agree."""
        ...

    async def close(self) -> None:
        """Write what is pending. Afterwards every method raises `LedgerUnavailable`."""
        ...


def _check_costs(costs: Costs) -> None:
    keys = {key for key, _ in costs}
    if not costs or len(keys) != len(costs):
        raise BadCost(repr(len(costs)), "charge at least one account, and each once")
    for key, cost in costs:
        checked_amount(cost)
        if key.tenant and AccountKey(key.dataset) not in keys:
            raise BadCost(repr(cost), f"{key} is a cap; the dataset's own account must be charged with it")
