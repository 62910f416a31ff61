"""Which residual a flag has, by what its operator answers."""

from __future__ import annotations

from models.operators.artefact import Card
from models.operators.uncertainty.darcy_residual import darcy_residual
from models.operators.uncertainty.flag import LEVEL, Residual, needed


def residual_of(card: Card) -> Residual | None:
    """A card may claim any problem: channels and dimension have to be the equation's, too."""
    architecture = card.architecture
    kind = card.problem, architecture.input_channels, architecture.output_channels, architecture.dimension
    return darcy_residual if kind == ("darcy", 1, 1, 2) else None


def fitting_residual(card: Card, grid: tuple[int, ...], functions: int) -> Residual | None:
    """None where it says nothing on this grid, or where so few functions tell no threshold of two scores."""
    found = residual_of(card)
    is_square = len(grid) == 2 and grid[0] == grid[1]
    return found if is_square and functions >= needed(LEVEL, found) else None
