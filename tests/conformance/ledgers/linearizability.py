"""Is there an order of these operations that one account, used by one client at a time, would have answered so?

Each operation must take effect at one instant between its call and its return (Herlihy & Wing 1990, ACM TOPLAS 12(3)).
The search is Wing & Gong's (1993, J. Parallel Distrib. Comput. 17), with Lowe's memory of what was tried (2017,
Concurr. Comput. 29(4)). For a counter it is small: its value depends on *which* operations have taken effect and not on
their order, so a set of operations is visited once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Observed:
    """One operation on the account, with what its client was told.

    `change` is added to what is spent when it takes effect: a cost, a refund (negative), or 0. `left` is what the
    answer said was left, where it said so: before a refusal, or at a reading. `granted`: the change had to fit into
    what was left. `returned` is infinite for what may take effect whenever, or never: a call that got no answer.
    """

    called: float
    returned: float
    change: int
    granted: bool = False
    asked: int = 0  # by a refused reservation: it must not have fitted
    left: int | None = None

    def fits(self, left: int) -> bool:
        if self.granted and self.change > left:
            return False
        if self.asked and self.asked <= left:
            return False
        return self.left is None or self.left == left


def linearizable(history: Sequence[Observed], limit: int) -> bool:
    """Whether some order explains the whole history of an account with this limit, empty at first."""
    operations = sorted(history, key=lambda operation: operation.called)
    must = sum(1 << index for index, operation in enumerate(operations) if operation.returned < math.inf)
    tried: set[int] = set()
    waiting = [(0, limit)]  # (the set that has taken effect, what is then left)
    while waiting:
        done, left = waiting.pop()
        if done & must == must:
            return True
        if done in tried:
            continue
        tried.add(done)
        waiting += _steps(operations, done, left)
    return False


def _steps(operations: Sequence[Observed], done: int, left: int) -> list[tuple[int, int]]:
    """Who may be next: one that was called before any other that is still to come has returned."""
    steps = []
    first_return = math.inf
    for index, operation in enumerate(operations):
        if operation.called > first_return:
            break
        if not done >> index & 1:
            first_return = min(first_return, operation.returned)
            if operation.fits(left):
                steps.append((done | 1 << index, left - operation.change))
    return steps
