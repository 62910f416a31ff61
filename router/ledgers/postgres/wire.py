"""Each operation as `apply` is asked for it, and what its outcome means."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

import msgspec

from router.ledgers.books import State
from router.ledgers.contract import Account, AccountKey, Costs, Fresh, Reservation, Stored, Token
from router.ledgers.errors import (
    AccountExists,
    AccountFrozen,
    BadCost,
    BudgetSpent,
    InProgress,
    LedgerUnavailable,
    NotOpen,
    Refused,
    RequestReused,
    UnknownAccount,
    UnknownAttempt,
)
from router.ledgers.events import Event, Frozen, LimitSet, Opened, Released, Reserved, Settled, Thawed, Voided, encode
from router.ledgers.operations import (
    Freeze,
    Held,
    Keep,
    Open,
    ReadAccount,
    ReadReleases,
    Reserve,
    SetLimit,
    Settle,
    Thaw,
    Void,
)
from router.ledgers.postgres.reading import read_account, read_answer, read_releases
from router.ledgers.postgres.schema import Connection

Outcome = dict[str, Any]  # one of `apply`'s, as its JSON
Meaning = Callable[[Connection, list[Outcome]], Awaitable[Any]]  # from the outcomes of the batch; may look further

_json = msgspec.json.Encoder().encode
_NONE = 0  # an attempt that nobody has
_SETS: tuple[tuple[int, int], ...] = ()  # filled in by the database, which knows the ids


@dataclass
class Batch:
    """The arguments of one `apply`. Places count from 1, as they do there."""

    keys: dict[AccountKey, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)

    def account(self, key: AccountKey) -> int:
        return self.keys.setdefault(key, len(self.keys) + 1)

    def accounts(self, costs: Costs) -> str:
        return _array(self.account(key) for key, _ in costs)

    def answer(self, body: bytes) -> int:
        self.answers.append(body)
        return len(self.answers)

    def add(self, do: str, event: Event, **fields: object) -> int:
        """Where its outcome will be."""
        self.asked.append(_json({"do": do, "event": msgspec.Raw(encode(event)), **fields}).decode())
        return len(self.asked) - 1


@singledispatch
def ask(operation: object, batch: Batch) -> Meaning:
    """Add it to the batch. What only reads is not in the batch; it is looked up after it."""
    raise TypeError(f"{type(operation).__name__} is no operation of this store")


@ask.register
def _(operation: Open, batch: Batch) -> Meaning:
    asked = operation.account
    place = batch.add("open", Opened(operation.now, asked), account=batch.account(asked.key))

    async def meaning(connection: Connection, outcomes: list[Outcome]) -> None:
        if msgspec.convert(outcomes[place]["terms"], Account) != asked:
            raise AccountExists(str(asked.key))

    return meaning


@ask.register
def _(operation: SetLimit, batch: Batch) -> Meaning:
    event = LimitSet(operation.now, _NONE, operation.limit, operation.epsilon)
    return _changed(operation.key, batch.add("set_limit", event, account=batch.account(operation.key)))


@ask.register
def _(operation: Freeze, batch: Batch) -> Meaning:
    event = Frozen(operation.now, _NONE, operation.reason)
    return _changed(operation.key, batch.add("freeze", event, account=batch.account(operation.key)))


@ask.register
def _(operation: Thaw, batch: Batch) -> Meaning:
    event = Thawed(operation.now, _NONE)
    return _changed(operation.key, batch.add("thaw", event, account=batch.account(operation.key)))


@ask.register
def _(operation: Reserve, batch: Batch) -> Meaning:
    asked = operation.reservation
    event = Reserved(
        at=operation.now,
        tenant=asked.tenant,
        request_id=asked.request_id,
        request_hash=asked.request_hash,
        charges=_SETS,
        odometer=asked.odometer,
        event=asked.event,
        owner=asked.owner,
        expires=asked.expires,
        supersedes=_NONE,
    )
    place = batch.add(
        "reserve",
        event,
        accounts=batch.accounts(asked.costs),
        amounts=_array(cost for _, cost in asked.costs),
        odometer=_array(asked.odometer),
    )
    keys = {batch.account(key): key for key, _ in asked.costs}

    async def meaning(connection: Connection, outcomes: list[Outcome]) -> Fresh | Stored:
        outcome = outcomes[place]
        if "fresh" in outcome:
            return Fresh(Token(outcome["fresh"]))
        if "stored" not in outcome:
            raise _not_reserved(asked, keys.get(outcome.get("account", 0)), outcome)
        answer = await read_answer(connection, outcome["stored"])
        if answer is None:
            raise LedgerUnavailable("the answer has gone since")
        return Stored(answer)

    return meaning


@ask.register
def _(operation: Keep, batch: Batch) -> Meaning:
    token, answer = operation.token, operation.answer
    event = Released(operation.now, _attempt(token), hashlib.sha256(answer).digest())
    place = batch.add("release", event, attempt=_attempt(token), answer=batch.answer(answer))

    async def meaning(connection: Connection, outcomes: list[Outcome]) -> Held:
        outcome = _ended(token, outcomes[place])
        costs = tuple((AccountKey(*names), amount) for *names, amount in outcome["held"])
        return Held(costs, tuple(outcome["odometer"]))

    return meaning


@ask.register
def _(operation: Settle, batch: Batch) -> Meaning:
    place = batch.add(
        "settle",
        Settled(operation.now, operation.token, _SETS, ()),
        attempt=operation.token,
        accounts=batch.accounts(operation.costs),
        amounts=_array(cost for _, cost in operation.costs),
        odometer=_array(operation.odometer),
    )

    async def meaning(connection: Connection, outcomes: list[Outcome]) -> None:
        assert not outcomes[place]

    return meaning


@ask.register
def _(operation: Void, batch: Batch) -> Meaning:
    token = operation.token
    place = batch.add("void", Voided(operation.now, _attempt(token)), attempt=_attempt(token))

    async def meaning(connection: Connection, outcomes: list[Outcome]) -> None:
        _ended(token, outcomes[place])

    return meaning


@ask.register
def _(operation: ReadAccount, batch: Batch) -> Meaning:
    async def meaning(connection: Connection, outcomes: list[Outcome]) -> Any:
        sheet = await read_account(connection, operation.key)
        return sheet.terms, sheet.balance(), sheet.epsilon, sheet.odometer

    return meaning


@ask.register
def _(operation: ReadReleases, batch: Batch) -> Meaning:
    async def meaning(connection: Connection, outcomes: list[Outcome]) -> Any:
        dataset = await read_account(connection, AccountKey(operation.dataset))
        return await read_releases(connection, dataset.id, operation.after, operation.limit)

    return meaning


def _changed(key: AccountKey, place: int) -> Meaning:
    async def meaning(connection: Connection, outcomes: list[Outcome]) -> None:
        if outcomes[place]:
            raise UnknownAccount(str(key))

    return meaning


def _not_reserved(asked: Reservation, at_fault: AccountKey | None, outcome: Outcome) -> Refused:
    match outcome["refused"]:
        case "request reused":
            return RequestReused(asked.tenant, asked.request_id)
        case "in progress":
            return InProgress(asked.tenant, asked.request_id, outcome["expires"])
        case "odometer":
            return BadCost(repr(asked.odometer), f"the odometer of {at_fault} has {outcome['places']} places")
        case _:
            return not_granted(str(at_fault), outcome)


def not_granted(account: str, outcome: Outcome) -> Refused:
    match outcome["refused"]:
        case "frozen":
            return AccountFrozen(account, outcome["reason"])
        case "spent":
            return BudgetSpent(account, outcome["asked"], outcome["left"])
        case _:
            return UnknownAccount(account)


def _ended(token: Token, outcome: Outcome) -> Outcome:
    match outcome.get("refused"):
        case None:
            return outcome
        case "not open":
            raise NotOpen(token, State(outcome["state"]).name.lower())
        case "expired":
            raise NotOpen(token, "expired")
        case _:
            raise UnknownAttempt(token)


def _attempt(token: Token) -> int:
    return token if 0 < token < 2**63 else _NONE


def _array(numbers: Iterable[int]) -> str:
    """As PostgreSQL writes an array."""
    return "{" + ",".join(map(str, numbers)) + "}"
