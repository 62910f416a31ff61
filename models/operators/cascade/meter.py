"""What each work of one answer takes, by the caller's clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from models.operators.cascade.costs import Spent, Work

T = TypeVar("T")


@dataclass(frozen=True)
class Meter:
    clock: Callable[[], float]  # in seconds, of any kind; never runs back
    spent: list[Spent] = field(default_factory=list)

    def of(self, work: Work, run: Callable[[], T], count: int = 1) -> T:
        """`count`: how many times what runs does the work."""
        began = self.clock()
        found = run()
        self.spent.append(Spent(work, self.clock() - began, count))
        return found
