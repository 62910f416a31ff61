"""How the Darcy operator that comes with the system is trained."""

from __future__ import annotations

from models.operators.fno.config import FNO
from models.operators.training.recipe import Recipe

DARCY = Recipe(
    architecture=FNO(modes=(15, 15), width=24, layers=4, lifting=24, mixing=0, projection=64, period=1.25),
    epochs=180,
    batch=16,
    rate=3e-3,
    clamped="all",
    augmentation="square",
    coarse=0.5,
    precision="bfloat16",
)
