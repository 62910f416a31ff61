"""Zero-shot: a network that was trained on Darcy at 22² alone, asked at 127².

Ours has its Fourier modes on physical coordinates. The peer is the same network, recipe and data with modes on the
index grid, as FNOs have them (Li et al. 2021); both learn the boundary conditions, so that only the modes differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch

from models.operators.fno.config import FNO
from models.operators.generators.darcy import darcy
from models.operators.pairs import Pairs
from models.operators.training.measured import relative_errors
from models.operators.training.recipe import Recipe
from models.operators.training.train import train
from ops.bench.contract import Better, Findings, Row, Run, compare

WORK = "zero-shot 22² → 127², error ratio"
MOST = 1.1
UNIT = "times the error at 22²"
_TRAINED, _ASKED = 21, 126  # divisions
_SAMPLES, _HELD, _TESTED = 500, 50, 50
_EPOCHS = 30  # of each round: one round is about two CPU minutes for each network


@dataclass(frozen=True)
class Errors:
    """Mean relative L² errors."""

    trained: float
    asked: float

    @property
    def ratio(self) -> float:
        return self.asked / self.trained


Learn = Callable[[Literal["physical", "periodic"]], Errors]


def measure(asked: Run) -> Findings:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return between(asked, lambda basis: learnt(recipe(basis, _EPOCHS * asked.rounds), _SAMPLES, _TESTED))
    finally:
        torch.set_num_threads(before)


def between(asked: Run, learn: Learn) -> Findings:
    found = {}
    bases: tuple[Literal["physical", "periodic"], ...] = ("physical", "periodic")
    for basis in bases:
        asked.say(f"zero-shot: training at 22², modes {basis}")
        found[basis] = learn(basis)
        asked.say(f"zero-shot: {found[basis].trained:.4f} at 22², {found[basis].asked:.4f} at 127²")
    ours, plain = found["physical"], found["periodic"]
    return Findings((_row(ours, MOST, "what is wanted", 1.0), _row(ours, plain.ratio, "modes on the index grid", None)))


def recipe(basis: Literal["physical", "periodic"], epochs: int) -> Recipe:
    period = 1.25 if basis == "physical" else 1.0
    network = FNO(modes=(13, 13), width=24, lifting=24, mixing=0, projection=64, basis=basis, period=period)
    return Recipe(architecture=network, epochs=epochs, batch=16, augmentation="square")


def learnt(recipe: Recipe, samples: int, tested: int, coarse: int = _TRAINED, fine: int = _ASKED) -> Errors:
    """The seeds of the sets differ; both test sets have the same one, and so fields of the same law."""
    training, held = darcy(samples, coarse, seed=0), darcy(_HELD, coarse, seed=1)
    steps = train(recipe, training, held)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            trained = end.value
            break

    def error(pairs: Pairs) -> float:
        return float(relative_errors(trained.operator, trained.scaling, pairs).mean())

    return Errors(error(darcy(tested, coarse, seed=3)), error(darcy(tested, fine, seed=3)))


def _row(ours: Errors, peer: float, peer_name: str, reach: float | None) -> Row:
    return compare(WORK, [ours.ratio], [peer], peer_name=peer_name, unit=UNIT, better=Better.LESS, reach=reach)
