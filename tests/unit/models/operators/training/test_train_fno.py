"""A Fourier neural operator learns Darcy's problem, a very small one a little."""

from __future__ import annotations

from typing import Literal

import pytest

from models.operators.fno.config import FNO
from models.operators.generators.darcy import darcy
from models.operators.training.recipe import Recipe
from models.operators.training.train import train


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_it_learns_in_both_precisions(precision: Literal["float32", "bfloat16"]) -> None:
    recipe = Recipe(
        architecture=FNO(modes=(5, 5), width=8, layers=2, lifting=8, mixing=0, projection=8, period=1.25),
        epochs=12,
        batch=4,
        rate=0.01,
        clamped="all",
        augmentation="square",
        coarse=0.5,
        precision=precision,
    )
    for step in train(recipe, darcy(48, 12, seed=0), darcy(8, 12, seed=1)):
        last = step.progress.scalars
    assert last["validation_error"] < 0.25
