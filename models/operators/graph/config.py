"""What there is to choose in operators on point clouds and meshes. Light: PyTorch is imported where one is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from models.operators.graph.gno import GraphOperator

MOST_DIMENSIONS = 3


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
        check_dimension(self.dimension)
        sizes = (self.width, self.layers, self.hidden, self.input_channels, self.output_channels)
        check_sizes(sizes)
        if not (self.radius > 0 and self.nearest >= 0):
            raise ValueError(f"radius is {self.radius:g} and nearest {self.nearest}: send more than 0, and 0 or more")

    def build(self, seed: int) -> GraphOperator:
        """With initial weights that follow from the seed; the global generator is left as it was."""
        from models.operators.graph.gno import GraphOperator
        from models.operators.seeded import seeded

        return seeded(seed, lambda: GraphOperator(self))


def check_dimension(dimension: int) -> None:
    if not 1 <= dimension <= MOST_DIMENSIONS:
        raise ValueError(f"dimension is {dimension}, not 1 to {MOST_DIMENSIONS}")


def check_sizes(sizes: tuple[int, ...]) -> None:
    if min(sizes) < 1:
        raise ValueError("widths, layers and channels are at least 1")
