"""What an account that has spent so much has promised: the (ε, δ) that its gate holds it to, and no sharper one.

The inverse of `cost.limit_in_picorho`. Costs add up at one order fixed beforehand, so that the sum bounds questions
that were chosen after earlier answers, too (Feldman & Zrnic 2021, arXiv 2008.11193).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from models.privacy.conversion import epsilon_at, epsilon_of
from models.privacy.cost import PICORHO
from models.privacy.rounding import precise


@dataclass(frozen=True)
class _Line:
    """ρ-zCDP: D_α ≤ ρα for every α."""

    cost: int

    @precise
    def renyi(self, order: float) -> Decimal:
        return Decimal(self.cost) / PICORHO * Decimal(order) if order < math.inf else Decimal(math.inf)

    @precise
    def rho(self) -> Decimal:
        return Decimal(self.cost) / PICORHO


@lru_cache(maxsize=4096)
def epsilon_promised(cost: int, delta: float, order: float | None) -> float:
    """ε at δ for a sum of costs (picorho at `order`, or of ρ where that is None), rounded up; 0 for nothing spent."""
    if cost == 0:
        return 0.0
    line = _Line(cost)
    return epsilon_of(line, delta) if order is None else epsilon_at(line, delta, order)
