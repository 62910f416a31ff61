"""What the world has heard, call by call, and what the ledger may and must hold for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ops.chaos.ledger.world import (
    Asked,
    Cost,
    Denied,
    Granted,
    Left,
    Repeated,
    Settling,
    Unavailable,
    Voided,
    Voiding,
    Word,
)
from router.ledgers.contract import AccountKey


@dataclass
class Call:
    """One use of reserve, as far as it was heard of."""

    name: str
    request: str
    costs: tuple[Cost, ...]
    denied: str = ""
    granted: bool = False
    repeated: str | None = None  # the answer of an earlier attempt
    left: str | None = None  # its own answer
    actual: int | None = None  # once it has begun to settle
    unavailable: str = ""
    voiding: bool = False
    voided: bool = False

    @property
    def open(self) -> bool:
        """Cut off in the middle: the ledger may or may not have done what it was asked for last."""
        asked = not (self.denied or self.granted or self.repeated is not None)
        return asked or (self.voiding and not self.voided)

    def held(self, cost: int) -> tuple[int, int]:
        """The least and the most that the ledger may hold of an account that this call was to charge with `cost`."""
        if self.denied or self.repeated is not None or self.voided:
            return 0, 0
        if self.left is not None:
            return (cost if self.actual is None else self.actual), cost
        return (cost if self.granted and not self.voiding else 0), cost


@dataclass
class Hearsay:
    """Of any number of trials on one store."""

    calls: dict[str, Call] = field(default_factory=dict)

    def add(self, words: Iterable[Word]) -> list[Call]:
        """What one process said in its life; the calls that it was about."""
        before = len(self.calls)
        for word in words:
            self._add(word)
        return list(self.calls.values())[before:]

    def bounds(self) -> dict[AccountKey, tuple[int, int]]:
        """For each account the least and the most that it may be charged with in all."""
        found: dict[AccountKey, tuple[int, int]] = {}
        for call in self.calls.values():
            for dataset, tenant, user, cost in call.costs:
                key = AccountKey(dataset, tenant, user)
                least, most = found.get(key, (0, 0))
                low, high = call.held(cost)
                found[key] = least + low, most + high
        return found

    def answers(self) -> dict[str, set[str]]:
        """By request, all that ever left for it."""
        found: dict[str, set[str]] = {}
        for call in self.calls.values():
            for answer in (call.left, call.repeated):
                if answer is not None:
                    found.setdefault(call.request, set()).add(answer)
        return found

    def _add(self, word: Word) -> None:
        if isinstance(word, Asked):
            self.calls[word.call] = Call(word.call, word.request, word.costs)
            return
        call = self.calls[word.call]
        match word:
            case Denied():
                call.denied = word.why
            case Granted():
                call.granted = True
            case Repeated():
                call.repeated = word.answer
            case Left():
                call.left = word.answer
            case Unavailable():
                call.unavailable = word.why
            case Settling():
                call.actual = word.actual
            case Voiding():
                call.voiding = True
            case Voided():
                call.voided = True
