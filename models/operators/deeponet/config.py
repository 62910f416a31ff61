"""What a deep operator network is made of. Light: PyTorch is imported where one is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from models.operators.deeponet.network import BranchTrunk

MOST_DIMENSIONS = 3


class DeepONet(msgspec.Struct, frozen=True, kw_only=True, tag="deeponet", forbid_unknown_fields=True):
    """The branch sees the input by its cosine coefficients, `modes` along each axis of the unit box: points have to be
    nearer to each other than 1 / (modes − 1). `rank` products of branch and trunk are summed.

    `trunk` "network" learns the functions of position; "modes" takes them from the targets that it is prepared with,
    `rank` for each channel, kept at `knots` along each axis. Raises ValueError.
    """

    dimension: int = 2
    modes: int = 12
    rank: int = 64
    trunk: Literal["network", "modes"] = "network"
    knots: int = 64
    width: int = 128
    layers: int = 3  # hidden ones, of branch and of trunk
    input_channels: int = 1
    output_channels: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.dimension <= MOST_DIMENSIONS:
            raise ValueError(f"dimension is {self.dimension}, not 1 to {MOST_DIMENSIONS}")
        sizes = (self.modes, self.rank, self.width, self.layers, self.input_channels, self.output_channels)
        if min(sizes) < 1 or self.knots < 2:
            raise ValueError("modes, rank, widths, layers and channels are at least 1, knots at least 2")

    def build(self, seed: int) -> BranchTrunk:
        """With initial weights that follow from the seed; the global generator is left as it was."""
        from models.operators.deeponet.network import BranchTrunk
        from models.operators.seeded import seeded

        return seeded(seed, lambda: BranchTrunk(self))
