"""What each work has cost here, and whether solving is the cheaper road. Light: NumPy only.

Costs are averages of what the caller has measured, in seconds of whichever clock it has, by work and by the number of
cells. They are values: feeding them makes new ones. The decision is a pure function of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from models.operators.cascade.wish import Wish

# The weight of a new figure is one over how many count, and never less than this: an exponential moving average over
# the last eight or so. A busy machine's figures vary by two.
LEAST_WEIGHT = 1 / 8
# A cost that was not measured while others were shrinks by this part. A road that looks ten times dearer, because its
# first call compiled or the machine was busy, is so tried again after some six hundred calls, and else never would be.
FORGETTING = 1 / 256


class Work(Enum):
    FORWARD = "forward"  # of the operator, for one input
    STEP = "step"  # towards the discrete solution, each; see `Wish.all_steps`
    CERTIFICATE = "certificate"  # of the operator's field, or of a corrected one
    SOLVE = "solve"
    BOUND = "bound"  # of the discrete solution


@dataclass(frozen=True)
class Average:
    value: float
    count: int

    def fed(self, figure: float) -> Average:
        """The first figure, in which loops may have been compiled, counts only as long as there is no other."""
        weight = max(1 / max(self.count, 1), LEAST_WEIGHT)
        return Average(self.value + weight * (figure - self.value), self.count + 1)


_NOTHING = Average(0.0, 0)


@dataclass(frozen=True)
class Spent:
    """Seconds of one work, 0 or more, that was done `count` times."""

    work: Work
    seconds: float
    count: int = 1


@dataclass(frozen=True)
class Costs:
    """Of one grid."""

    seconds: Mapping[Work, Average] = field(default_factory=dict)
    missed: Average = _NOTHING  # the part of the operator's answers that were certified and not within the tolerance

    def fed(self, spent: tuple[Spent, ...], is_missed: bool | None = None) -> Costs:
        """`is_missed`: whether the operator's answer was held to a tolerance and missed it; None where it was not."""
        seconds = {work: Average(held.value * (1 - FORGETTING), held.count) for work, held in self.seconds.items()}
        for each in spent:
            seconds[each.work] = self.seconds.get(each.work, _NOTHING).fed(each.seconds / each.count)
        return Costs(seconds, self.missed if is_missed is None else self.missed.fed(float(is_missed)))


def is_solving_cheaper(wish: Wish, costs: Costs) -> bool:
    """Whether the discrete solution, which is the better answer, is expected to cost no more than the operator's road.

    False where a cost is not known, and where nothing is to be verified: then the operator is what was asked for.
    """
    if not wish.is_verified:
        return False
    checking, certifying = ([Work.BOUND], [Work.CERTIFICATE]) if wish.is_certified else ([Work.STEP] * 2, [])
    solving = _sum(costs, [Work.SOLVE, *checking])
    own = _sum(costs, [Work.FORWARD, *[Work.STEP] * wish.all_steps, *certifying])
    if own is None or solving is None:
        return False
    return solving <= own + (costs.missed.value * solving if wish.tolerance is not None else 0.0)


def _sum(costs: Costs, works: Sequence[Work]) -> float | None:
    if any(work not in costs.seconds for work in works):
        return None
    return sum(costs.seconds[work].value for work in works)
