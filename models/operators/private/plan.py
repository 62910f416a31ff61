"""What is public of a private training, and what it releases: everything here is settled before a record is read."""

from __future__ import annotations

import math
from dataclasses import dataclass

from models.privacy.aggregate import Grid
from models.privacy.clipping import MOST_SQUARES
from models.privacy.events import Event
from models.privacy.kinds import SubsampledGaussian
from models.privacy.neighbours import Adjacency, Unit

MOST_STEPS = 2**26  # of the grid to the clipping norm: sums over 2^35 units stay within int64
_MOST_DEVIATION = 1e12  # in steps of the grid: `noise` takes a variance up to 1e24


@dataclass(frozen=True)
class PrivateTraining:
    """DP-SGD (Abadi et al. 2016, arXiv 1607.00133), with Poisson sampling as its accountant assumes.

    Each unit takes part in each step with probability `rate`. Its gradient is clipped to the ℓ₂ norm `clip`; the sum
    over those that take part gets noise of σ = `noise_multiplier` × clip in each weight, and is divided by rate ×
    `units`. `units` is how many there are *as the public knows*: the true number is private under add-remove.
    """

    rate: float
    noise_multiplier: float
    steps: int
    units: float
    clip: float = 1.0
    learning_rate: float = 1e-2
    unit: Unit = Unit.RECORD

    def __post_init__(self) -> None:
        """Raises ValueError."""
        SubsampledGaussian(self.rate, self.noise_multiplier, self.steps)
        for name in ("units", "clip", "learning_rate"):
            if not 1e-100 < getattr(self, name) < 1e100:  # NaN is not between anything
                raise ValueError(f"{name} is {getattr(self, name)}, not between 1e-100 and 1e100")

    def event(self) -> Event:
        """All steps together: what is charged before the first. Whoever stops early has released less."""
        mechanism = SubsampledGaussian(self.rate, self.noise_multiplier, self.steps)
        return Event(mechanism, self.unit, Adjacency.ADD_REMOVE)

    def grid(self, weights: int) -> Grid:
        """Of the gradients: as fine as exact arithmetic allows, a power of two of steps to the clipping norm."""
        finest = min(math.sqrt(MOST_SQUARES / weights), MOST_STEPS, _MOST_DEVIATION / self.noise_multiplier)
        steps = 2 ** int(math.log2(max(finest, 1.0)))
        return Grid(self.clip / steps, steps)

    def variance(self, grid: Grid) -> float:
        """Of the noise, in squares of the grid's steps; rounded up."""
        deviation = self.noise_multiplier * grid.norm  # exact: norm is a power of two
        return math.nextafter(deviation * deviation, math.inf)
