"""What a Fourier neural operator is made of. Light: PyTorch is imported where one is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from models.operators.fno.network import FourierOperator

MOST_DIMENSIONS = 3


class FNO(msgspec.Struct, frozen=True, kw_only=True, tag="fno", forbid_unknown_fields=True):
    """`modes` counts the frequencies kept along each axis: −⌊n/2⌋ … ⌈n/2⌉−1, and 0 … ⌊n/2⌋ of the last one, whose
    conjugates come for nothing; neuraloperator counts so too. Odd counts keep a frequency with its conjugate.

    `basis` "periodic" takes the j-th of n points for j/n, as `torch.fft` does. "physical" takes them where they are,
    both ends of the box among them, with quadrature weights, so that what was learnt on one grid holds on another;
    its series has `period` boxes, above 1 for functions that are not periodic.

    `ranks` factorise each kernel after Tucker: of channels in and out, then of each axis; empty: dense kernels.
    Hidden widths: `lifting` before the layers, `mixing` of the network after each convolution (0: none), and
    `projection` before the head. Raises ValueError.
    """

    modes: tuple[int, ...]
    width: int = 32
    layers: int = 4
    input_channels: int = 1
    output_channels: int = 1
    lifting: int = 64
    mixing: int = 16
    projection: int = 64
    coordinates: bool = True  # whether each point's own are among the channels that go in
    basis: Literal["periodic", "physical"] = "physical"
    period: float = 1.0
    ranks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= len(self.modes) <= MOST_DIMENSIONS:
            raise ValueError(f"modes are of {len(self.modes)} axes, not of 1 to {MOST_DIMENSIONS}")
        sizes = (self.width, self.layers, self.input_channels, self.output_channels, self.lifting, self.projection)
        if min(*self.modes, *sizes) < 1 or self.mixing < 0:
            raise ValueError("modes, widths, layers and channels are at least 1, mixing at least 0")
        if not 1 <= self.period < 100 or (self.basis == "periodic" and self.period != 1):
            raise ValueError(f"period is {self.period:g}: from 1 to 100, and 1 with the periodic basis")
        sides = (self.width, self.width, *self.frequencies)
        if self.ranks and len(self.ranks) != len(sides):
            raise ValueError(f"ranks are {len(self.ranks)}, not one for each of {len(sides)} sides")
        if not all(1 <= rank <= side for rank, side in zip(self.ranks, sides, strict=False)):
            raise ValueError(f"ranks {self.ranks} are not between 1 and {sides}")

    @property
    def dimension(self) -> int:
        return len(self.modes)

    @property
    def frequencies(self) -> tuple[int, ...]:
        """How many complex coefficients are kept along each axis."""
        return (*self.modes[:-1], self.modes[-1] // 2 + 1)

    def build(self, seed: int) -> FourierOperator:
        """With initial weights that follow from the seed; the global generator is left as it was."""
        import torch

        from models.operators.fno.network import FourierOperator

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return FourierOperator(self)
