"""The running sums that the rules read and change, whatever they are kept in. See `events` for the ids."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Protocol

from router.ledgers.contract import Account, AccountKey, Balance, Release
from router.ledgers.events import Charges, Event


class State(enum.IntEnum):
    """Stored as its number."""

    RESERVED = 0
    RELEASED = 1
    SETTLED = 2
    VOIDED = 3
    SUPERSEDED = 4


@dataclass(slots=True)
class AccountSheet:
    """One account: its terms as opened, and its sums in 1e-12 ρ."""

    id: int
    terms: Account
    limit: int
    epsilon: float
    spent: int = 0
    reserved: int = 0
    frozen: str = ""
    odometer: tuple[int, ...] = ()

    def balance(self) -> Balance:
        return Balance(self.limit, self.spent, self.reserved, self.frozen)


@dataclass(slots=True)
class AttemptSheet:
    """One attempt, and what it holds of each account now."""

    id: int
    tenant: str
    request_id: str
    request_hash: bytes
    expires: float
    charges: Charges
    odometer: tuple[int, ...]
    state: State = State.RESERVED
    answer: bytes | None = field(default=None, repr=False)  # once released


class Books(Protocol):
    """What one operation sees: the state now. All changes of an operation become durable together, or none does."""

    def find_account(self, key: AccountKey) -> AccountSheet | None: ...

    def account(self, id: int) -> AccountSheet: ...

    def latest(self, tenant: str, request_id: str) -> AttemptSheet | None:
        """The newest attempt of a request, with its answer."""
        ...

    def attempt(self, id: int) -> AttemptSheet | None:
        """Perhaps without its answer."""
        ...

    def releases(self, dataset: int, after: int, limit: int) -> tuple[Release, ...]: ...

    def append(self, event: Event) -> int:
        """Its id."""
        ...

    def add_account(self, sheet: AccountSheet) -> None: ...

    def add_attempt(self, sheet: AttemptSheet) -> None: ...

    def account_changed(self, sheet: AccountSheet) -> None: ...

    def attempt_changed(self, sheet: AttemptSheet) -> None: ...

    def add_release(self, sheet: AttemptSheet, id: int, at: float) -> None:
        """List the answer of this attempt under each dataset that it charged; `id` and `at` of its Released."""
        ...
