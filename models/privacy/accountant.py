"""What a list of events amounts to in one account's eyes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from models.privacy.conversion import delta_of, epsilon_of
from models.privacy.events import Event
from models.privacy.kinds import Mechanism
from models.privacy.neighbours import Adjacency, Unit
from models.privacy.rounding import float_above, precise


@dataclass(frozen=True)
class Accountant:
    """A value: `after` gives the next one. Equal events are counted, not repeated.

    It is an odometer, at the best of all orders. Its (ε, δ) holds for events that were settled before the first answer;
    what was chosen on the way is held to (ε, δ) by the gate of `cost`.
    """

    unit: Unit
    adjacency: Adjacency
    counts: Mapping[Mechanism, int] = field(default_factory=dict)

    def after(self, event: Event, count: int = 1) -> Accountant:
        """Raises `OtherUnit`, `OtherRelation`; then nothing has changed."""
        if count < 1:
            raise ValueError(f"count is {count}, below 1")
        mechanism = event.under(self.unit, self.adjacency)
        counts = {**self.counts, mechanism: self.counts.get(mechanism, 0) + count}
        return Accountant(self.unit, self.adjacency, counts)

    def epsilon(self, delta: float) -> float:
        """Rounded up; 0 before the first event."""
        return epsilon_of(self, delta) if self.counts else 0.0

    def delta(self, epsilon: float) -> float:
        """Rounded up; 0 before the first event."""
        return delta_of(self, epsilon) if self.counts else 0.0

    def zcdp(self) -> float:
        """ρ, rounded up."""
        return float_above(self.rho())

    @precise
    def renyi(self, order: float) -> Decimal:
        return sum((count * mechanism.renyi(order) for mechanism, count in self.counts.items()), Decimal(0))

    @precise
    def rho(self) -> Decimal:
        return sum((count * mechanism.rho() for mechanism, count in self.counts.items()), Decimal(0))
