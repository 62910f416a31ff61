"""What every handle on a store does alike: check the arguments, apply an operation, hand out its result."""

from __future__ import annotations

import asyncio
import dataclasses
from abc import ABC, abstractmethod
from typing import Any, Generic, Protocol, TypeVar

from router.ledgers.amounts import checked_amount, checked_guarantee, checked_instant, checked_name
from router.ledgers.contract import (
    MAX_ANSWER_BYTES,
    MAX_PAGE,
    Account,
    AccountKey,
    Balance,
    Costs,
    Discrepancy,
    Fresh,
    Release,
    Reservation,
    Stored,
    Token,
)
from router.ledgers.errors import AnswerTooLarge
from router.ledgers.operations import (
    Freeze,
    Keep,
    Open,
    Operation,
    ReadAccount,
    ReadReleases,
    Reserve,
    SetLimit,
    Settle,
    Thaw,
    Void,
)
from router.ledgers.unsettled import Unsettled

T = TypeVar("T")


class Handle(ABC):
    """A `contract.Ledger` but for the store itself."""

    def __init__(self, max_answer_bytes: int = MAX_ANSWER_BYTES) -> None:
        self._max_answer_bytes = max_answer_bytes
        self._unsettled = Unsettled()

    async def open(self, account: Account, now: float) -> None:
        await self._do(Open(account, checked_instant("now", now)))

    async def set_limit(self, key: AccountKey, limit: int, epsilon: float, now: float) -> None:
        checked_guarantee(epsilon, 0.0)
        await self._do(SetLimit(key, checked_amount(limit), epsilon, checked_instant("now", now)))

    async def freeze(self, key: AccountKey, reason: str, now: float) -> None:
        await self._do(Freeze(key, checked_name("reason", reason), checked_instant("now", now)))

    async def thaw(self, key: AccountKey, now: float) -> None:
        await self._do(Thaw(key, checked_instant("now", now)))

    async def reserve(self, reservation: Reservation, now: float) -> Fresh | Stored:
        return await self._do(Reserve(reservation, checked_instant("now", now)))

    async def release(self, token: Token, answer: bytes, now: float) -> None:
        if len(answer) > self._max_answer_bytes:
            raise AnswerTooLarge(len(answer), self._max_answer_bytes)
        held = await self._do(Keep(token, answer, checked_instant("now", now)))
        self._unsettled.remember(token, held)

    async def settle(self, token: Token, costs: Costs, now: float, odometer: tuple[int, ...] | None = None) -> None:
        for _, cost in costs:
            checked_amount(cost)
        for amount in odometer or ():
            checked_amount(amount)
        self._available()
        self._do_lazily(self._unsettled.settle(token, costs, odometer, checked_instant("now", now)))

    async def void(self, token: Token, now: float) -> None:
        await self._do(Void(token, checked_instant("now", now)))

    async def account(self, key: AccountKey) -> Account:
        terms, balance, epsilon, _ = await self._do(ReadAccount(key))
        return dataclasses.replace(terms, limit=balance.limit, epsilon=epsilon)

    async def balance(self, key: AccountKey) -> Balance:
        _, balance, _, _ = await self._do(ReadAccount(key))
        return balance

    async def odometer(self, key: AccountKey) -> tuple[int, ...]:
        _, _, _, odometer = await self._do(ReadAccount(key))
        return odometer

    async def releases(self, dataset: str, after: int = 0, limit: int = MAX_PAGE) -> tuple[Release, ...]:
        if not 1 <= limit <= MAX_PAGE or not 0 <= after < 2**63:
            raise ValueError(f"a page has 1 to {MAX_PAGE} releases, not {limit}, beyond a cursor, not {after}")
        return await self._do(ReadReleases(dataset, after, limit))

    @abstractmethod
    async def verify(self) -> tuple[Discrepancy, ...]: ...

    @abstractmethod
    async def close(self) -> None: ...

    @abstractmethod
    async def _do(self, operation: Operation[T]) -> T:
        """Durable when it returns."""

    @abstractmethod
    def _do_lazily(self, operation: Settle) -> None:
        """Written with what comes next, or soon."""

    @abstractmethod
    def _available(self) -> None:
        """Raises `LedgerUnavailable` where nothing can be written any more."""


class Queue(Protocol):
    """What writes operations, in the order in which they are put. Its methods may raise `LedgerUnavailable`."""

    def put(self, operation: Any, future: asyncio.Future[Any] | None) -> None:
        """The future gets the result, once it is durable; without one, nobody waits."""
        ...

    def check(self) -> None: ...

    async def end(self) -> None:
        """After all that is queued has been written."""
        ...


Q = TypeVar("Q", bound=Queue)


class QueuedHandle(Handle, Generic[Q]):
    """A handle whose store has a writer of its own, which its operations queue for."""

    def __init__(self, writer: Q, max_answer_bytes: int) -> None:
        super().__init__(max_answer_bytes)
        self._writer = writer

    async def close(self) -> None:
        await self._writer.end()

    async def _do(self, operation: Operation[T]) -> T:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._writer.put(operation, future)
        return await future

    def _do_lazily(self, operation: Settle) -> None:
        self._writer.put(operation, None)

    def _available(self) -> None:
        self._writer.check()
