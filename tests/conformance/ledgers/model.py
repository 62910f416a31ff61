"""A second ledger, as slow and plain as can be: no running sums, everything is added up from the list of attempts.

It shares nothing with the rules but the words. Amounts are of one dataset's account and one cap, in that order.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Amounts = tuple[int, int]


@dataclass
class ModelAttempt:
    """`held` is what it costs now; `state` is open, released, voided or superseded."""

    request: str
    request_hash: bytes
    held: Amounts
    expires: float
    state: str = "open"
    answer: bytes = b""
    handle: int = -1  # that released it
    settled: bool = False


@dataclass
class Model:
    """Outcomes are words: granted, stored, or the name of the error."""

    limits: list[int]
    frozen: bool = False
    attempts: list[ModelAttempt] = field(default_factory=list)
    credits: dict[int, list[tuple[ModelAttempt, Amounts]]] = field(default_factory=dict)  # not yet written, by handle

    def spent(self, account: int) -> int:
        return sum(attempt.held[account] for attempt in self.attempts if attempt.state != "voided")

    def reserved(self, account: int) -> int:
        return sum(attempt.held[account] for attempt in self.attempts if attempt.state == "open")

    def write_credits(self, handle: int) -> None:
        """Any transaction of a handle carries what it has settled."""
        for attempt, actual in self.credits.pop(handle, []):
            attempt.held = actual

    def reserve(self, request: str, request_hash: bytes, costs: Amounts, expires: float, now: float) -> str:
        mine = [attempt for attempt in self.attempts if attempt.request == request]
        if any(attempt.request_hash != request_hash for attempt in mine):
            return "RequestReused"
        if any(attempt.state == "released" for attempt in mine):
            return "stored"
        if any(attempt.state == "open" and now < attempt.expires for attempt in mine):
            return "InProgress"
        if self.frozen:
            return "AccountFrozen"
        for account, cost in enumerate(costs):
            if cost and self.spent(account) + cost > self.limits[account]:
                return "BudgetSpent"
        for attempt in mine:
            attempt.state = "superseded" if attempt.state == "open" else attempt.state
        self.attempts.append(ModelAttempt(request, request_hash, costs, expires))
        return "granted"

    def answer(self, request: str) -> bytes:
        return next(
            attempt.answer for attempt in self.attempts if (attempt.request, attempt.state) == (request, "released")
        )

    def release(self, attempt: ModelAttempt, answer: bytes, handle: int) -> str:
        if attempt.state != "open":
            return "NotOpen"
        attempt.state, attempt.answer, attempt.handle = "released", answer, handle
        return "done"

    def void(self, attempt: ModelAttempt, now: float) -> str:
        if attempt.state != "open" or now >= attempt.expires:
            return "NotOpen"
        attempt.state = "voided"
        return "done"

    def settle(self, attempt: ModelAttempt, actual: Amounts, handle: int) -> str:
        if attempt.state != "released" or attempt.handle != handle or attempt.settled:
            return "UnknownAttempt"
        if any(cost > held for cost, held in zip(actual, attempt.held, strict=True)):
            return "BadCost"
        attempt.settled = True
        self.credits.setdefault(handle, []).append((attempt, actual))
        return "done"

    def crash(self) -> None:
        """Credits that were not written are lost, and those who could have settled are gone."""
        self.credits.clear()
        for attempt in self.attempts:
            attempt.handle = -1
