"""A small operator with all that says how sure it is: scaled and calibrated on Darcy's problem, and hardly trained."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from models.operators.artefact import Card, data_digest
from models.operators.calibrated import Calibrated, calibrate
from models.operators.fno.config import FNO
from models.operators.generators.darcy import darcy
from models.operators.pairs import Pairs
from models.operators.training.fitted import fitted_scaling

SIDE = 9  # nodes
GRID = np.array([SIDE, SIDE])
NETWORK = FNO(modes=(4, 4), width=6, layers=2, lifting=8, mixing=4, projection=8)


@cache
def pairs(seed: int, count: int) -> Pairs:
    return darcy(count, SIDE - 1, seed)


@cache
def bare(seed: int = 0) -> Calibrated:
    """One that says nothing of how sure it is."""
    training = pairs(1, 24)
    card = Card(
        name="small",
        problem="darcy",
        architecture=NETWORK,
        clamped="all",
        data_digest=data_digest(training),
        seed=seed,
        metrics={"validation_error": 1.0},
        code_version="test",
        least_points=SIDE,
        most_points=SIDE,
    )
    operator = NETWORK.build(seed).requires_grad_(False).eval()
    scaling = fitted_scaling(training, "all")
    return Calibrated(card, operator, scaling, training=training.digests())


@cache
def small() -> Calibrated:
    """Its intervals were fitted on 60 functions: the 50th of a hundred may still be told."""
    return calibrate(bare(), pairs(1, 24), pairs(2, 120), "variance_head")


@cache
def content() -> bytes:
    return small().packed()


def without(calibrated: Calibrated) -> Calibrated:
    """The same without intervals."""
    return replace(calibrated, intervals=())
