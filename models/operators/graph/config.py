"""What there is to choose in operators on point clouds and meshes. Light."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from models.operators.operator import Operator

Count = Annotated[int, Meta(ge=1)]
Dimension = Annotated[int, Meta(ge=1, le=3)]
Length = Annotated[float, Meta(gt=0)]


class GNO(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="gno"):
    """Averages with learnt kernels over the points that are nearer than `radius`, in units of length; or over the
    `nearest` so many, where it is not 0: see `averages.over_nearest` for when."""

    dim: Dimension
    input_channels: Count
    output_channels: Count
    width: Count = 32
    layers: Count = 4
    hidden: Count = 32  # width of the kernels' own layers
    radius: Length = 0.15
    nearest: Annotated[int, Meta(ge=0)] = 0

    def build(self, seed: int) -> Operator:
        from models.operators.graph.gno import GraphOperator
        from models.operators.seeded import seeded

        return seeded(seed, lambda: GraphOperator(self))


class GINO(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="gino"):
    """Points to a grid over the unit box, a Fourier operator there, and back to the points; `nodes` in each direction.

    Both ways are averages over balls of `radius`, which has to be at least the grid's step."""

    dim: Dimension
    input_channels: Count
    output_channels: Count
    width: Count = 32
    layers: Count = 4
    modes: Count = 8  # in each direction
    nodes: Annotated[int, Meta(ge=2)] = 24
    hidden: Count = 32
    radius: Length = 0.1

    def build(self, seed: int) -> Operator:
        """Raises `Refusal` OUT_OF_RANGE where the radius is less than the step of the grid."""
        from models.operators.graph.gino import LatentGridOperator
        from models.operators.seeded import seeded

        return seeded(seed, lambda: LatentGridOperator(self))
