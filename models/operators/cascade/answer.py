"""What goes into the cascade beside the question, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass

from models.base import Array, Evidence
from models.operators.cascade.costs import Spent
from models.operators.cascade.estimate import Estimate
from models.operators.cascade.road import Decision


@dataclass(frozen=True, eq=False)
class Guess:
    """What the operator says: 0 on the boundary, as `Grid.conforming` makes it; finite or not."""

    field: Array  # (points,)
    is_far: bool = False  # the flag: the input is far from what the operator was trained on


@dataclass(frozen=True, eq=False)
class Answer:
    """`evidence.error_bound` is on the energy error of u: GUARANTEED against the exact solution where the wish was
    certified, else ESTIMATED against the discrete one. Where u is None it is that of the best field, which is withheld.
    """

    u: Array | None  # (points,); None where nothing was within the tolerance
    decision: Decision
    evidence: Evidence
    given: Estimate | None = None  # of the operator's own field, where that was looked at
    left: Estimate | None = None  # of u, where it is the operator's field or a corrected one, and was looked at
    shares: Array | None = None  # (cells,): each cell's part of the squared guaranteed bound
    spent: tuple[Spent, ...] = ()  # for `Costs.fed`
    is_missed: bool | None = None  # likewise
