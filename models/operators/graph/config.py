"""What there is to choose in operators on point clouds and meshes. Light: PyTorch is imported where one is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from models.operators.fno.config import FNO

if TYPE_CHECKING:
    from models.operators.graph.gino import LatentGridOperator
    from models.operators.graph.gno import GraphOperator

MOST_DIMENSIONS = 3
MOST_NODES = 2**18  # of a latent grid: 512² or 64³. It is in no weight, so that only this holds who reads a card to it


class GNO(msgspec.Struct, frozen=True, kw_only=True, tag="gno", forbid_unknown_fields=True):
    """Averages with learnt kernels over the points that are nearer than `radius`, in units of length; or over the
    `nearest` so many, where it is not 0: see `averages.over_nearest` for when. `hidden` is the width of the kernels'
    own layers. Raises ValueError."""

    dimension: int = 2
    radius: float = 0.15
    nearest: int = 0
    width: int = 32
    layers: int = 4
    hidden: int = 32
    input_channels: int = 1
    output_channels: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.dimension <= MOST_DIMENSIONS:
            raise ValueError(f"dimension is {self.dimension}, not 1 to {MOST_DIMENSIONS}")
        if min(self.width, self.layers, self.hidden, self.input_channels, self.output_channels) < 1:
            raise ValueError("widths, layers and channels are at least 1")
        if not (self.radius > 0 and self.nearest >= 0):
            raise ValueError(f"radius is {self.radius:g} and nearest {self.nearest}: send more than 0, and 0 or more")

    def build(self, seed: int) -> GraphOperator:
        """With initial weights that follow from the seed; the global generator is left as it was."""
        from models.operators.graph.gno import GraphOperator
        from models.operators.seeded import seeded

        return seeded(seed, lambda: GraphOperator(self))


class GINO(msgspec.Struct, frozen=True, kw_only=True, tag="gino", forbid_unknown_fields=True):
    """From the points to a grid over the unit box, with `nodes` along each axis; a Fourier operator there; and back.

    Both ways are averages over balls of `radius`: at least the step of the grid, and no less than the points are apart.
    `hidden` is the width of their kernels' own layers; `modes`, `mixing` and `period` are as in `FNO`. Raises
    ValueError.
    """

    modes: tuple[int, ...]
    nodes: int = 24
    radius: float = 0.1
    width: int = 32
    layers: int = 4
    hidden: int = 32
    mixing: int = 16
    period: float = 1.25
    input_channels: int = 1
    output_channels: int = 1

    def __post_init__(self) -> None:
        _ = self.latent  # which raises what it has against modes, width, layers, mixing and period
        if self.nodes < 2 or min(self.hidden, self.input_channels, self.output_channels) < 1:
            raise ValueError("hidden widths and channels are at least 1, nodes at least 2")
        if self.nodes ** len(self.modes) > MOST_NODES:
            raise ValueError(f"{self.nodes} nodes along each axis are more than {MOST_NODES} together")
        if not self.radius * (self.nodes - 1) >= 1:
            raise ValueError(f"radius is {self.radius:g}, less than the step of {self.nodes} nodes")

    @property
    def latent(self) -> FNO:
        """What its blocks are of."""
        return FNO(modes=self.modes, width=self.width, layers=self.layers, mixing=self.mixing, period=self.period)

    @property
    def dimension(self) -> int:
        return len(self.modes)

    def build(self, seed: int) -> LatentGridOperator:
        """With initial weights that follow from the seed; the global generator is left as it was."""
        from models.operators.graph.gino import LatentGridOperator
        from models.operators.seeded import seeded

        return seeded(seed, lambda: LatentGridOperator(self))
