"""Whether a recipe can be followed on its data: refused before anything is computed."""

from __future__ import annotations

import numpy as np

from models.base import Array, Refusal
from models.operators.pairs import Pairs
from models.operators.training.recipe import Recipe

# Of positions on the unit box, which are float32.
_ROUND_OFF = 1e-6


def check(recipe: Recipe, pairs: Pairs, validation: Pairs) -> None:
    """Raises `Refusal` OUT_OF_RANGE, EMPTY, NOT_FINITE, ZERO_TARGET, WRONG_POINTS, NO_GRID or OVERLAPPING_SETS."""
    recipe.check()
    for name, each in (("pairs", pairs), ("validation", validation)):
        _check_values(name, each)
        _check_points(recipe, name, each)
    common = pairs.digests() & validation.digests()
    if common:
        raise Refusal(
            "OVERLAPPING_SETS",
            f"has {len(common)} samples of the training set; an error on them says nothing",
            "validation",
            {"common": str(len(common))},
        )


def _check_values(name: str, pairs: Pairs) -> None:
    if not len(pairs):
        raise Refusal("EMPTY", "has no sample", name)
    for part, values in (("inputs", pairs.inputs), ("targets", pairs.targets), ("positions", pairs.positions)):
        if not np.isfinite(values).all():
            raise Refusal("NOT_FINITE", "has NaN or Inf", f"{name}.{part}")
    zero = np.flatnonzero(~pairs.targets.any(axis=(1, 2)))
    if len(zero):
        message = "is zero everywhere: no error is relative to it; leave the sample out"
        raise Refusal("ZERO_TARGET", message, f"{name}.targets[{zero[0]}]", {"sample": str(zero[0])})


def _check_points(recipe: Recipe, name: str, pairs: Pairs) -> None:
    field = f"{name}.positions"
    inside = (pairs.positions >= -_ROUND_OFF).all() and (pairs.positions <= 1 + _ROUND_OFF).all()
    if recipe.clamped == "all" and not inside:
        raise Refusal("WRONG_POINTS", "leave the unit box, whose sides the recipe clamps", field)
    if recipe.augmentation == "square" and not _is_square(pairs.positions, pairs.grid):
        message = "are no grid of equal steps over the unit square, whose symmetries the recipe takes"
        raise Refusal("WRONG_POINTS", message, field)
    if recipe.coarse > 0 and not (pairs.grid and all(side % 2 and side >= 5 for side in pairs.grid)):
        message = "are no grid with an odd number of nodes, 5 at least, along each side: every second is no grid"
        raise Refusal("WRONG_POINTS", message, field)
    if recipe.loss != "l2" and not pairs.grid:
        raise Refusal("NO_GRID", "slopes need a grid; take the loss l2 for scattered points", "recipe.loss")


def _is_square(positions: Array, grid: tuple[int, ...]) -> bool:
    if len(grid) != 2 or grid[0] != grid[1]:
        return False
    axis = np.linspace(0.0, 1.0, grid[0])
    expected = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    return bool(np.abs(positions - expected).max() <= _ROUND_OFF)
