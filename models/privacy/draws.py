"""Where randomness comes from: whole numbers, uniform to the last bit.

Nothing that is drawn touches a float: the low bits of floating-point noise tell what it was added to (Mironov 2012,
CCS).
"""

from __future__ import annotations

from typing import Protocol


class Uniform(Protocol):
    """A source of independent draws."""

    def below(self, bound: int) -> int:
        """Uniform on 0 … bound − 1."""
        ...

    def chance(self, numerator: int, denominator: int) -> bool:
        """True with probability numerator/denominator, of 0 to 1."""
        ...


class Draws(Uniform, Protocol):
    """What the samplers of noise draw from."""

    def decays(self, numerator: int, denominator: int) -> bool:
        """True with probability e^−γ, γ = numerator/denominator ≥ 0."""
        ...
