"""What composition needs to know of a mechanism: its Rényi divergence at every order.

D_α is the Rényi divergence of order α between the answers on neighbours, taken in both directions, at its largest over
all neighbours. Under composition, adaptive too, it adds up at a fixed order (Mironov 2017, arXiv 1702.07476, prop. 1).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol


class Curve(Protocol):
    """A mechanism, or several composed."""

    def renyi(self, order: float) -> Decimal:
        """An upper bound on D_α in nats, for 1 < α ≤ ∞; infinite where there is none."""
        ...

    def rho(self) -> Decimal:
        """An upper bound on D_α/α over all α > 1: the ρ of zCDP (Bun & Steinke 2016, arXiv 1605.02065)."""
        ...
