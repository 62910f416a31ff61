"""Zero-shot: a network that was trained on Darcy at 22² alone, asked at 127².

Problems are solved on 127² nodes and seen on every sixth, as Li et al. (2021) subsample theirs: otherwise errors of the
22² mesh itself (1.7 % of these solutions) would be in the ratio. Ours has its Fourier modes on physical coordinates.
The peer is the same network, recipe and data with modes on the index grid, as FNOs have them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.base import returned
from models.operators.fno.config import FNO
from models.operators.generators.darcy import darcy
from models.operators.pairs import Pairs
from models.operators.training.errors import relative_errors
from models.operators.training.recipe import Recipe
from models.operators.training.train import train
from ops.bench.contract import Better, Findings, Row, Run, compare
from ops.bench.operators.one_thread import one_thread

WORK = "zero-shot 22² → 127², error ratio"
MOST = 1.1
UNIT = "times the error at 22²"
_DIVISIONS, _EVERY = 126, 6  # the grid that is solved on, and which of its nodes are trained on
_SAMPLES, _TESTED = 500, 100
_EPOCHS = 30  # of each round: some 25 CPU seconds for each network
NOTES = (
    f"zero-shot: {_SAMPLES} samples, {_EPOCHS} epochs a round; solutions of 127², of which 22² are seen in training",
)


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
    with one_thread():
        return between(asked, lambda basis: learnt(recipe(basis, _EPOCHS * asked.rounds), _SAMPLES, _TESTED))


def between(asked: Run, learn: Learn) -> Findings:
    found = {}
    bases: tuple[Literal["physical", "periodic"], ...] = ("physical", "periodic")
    for basis in bases:
        asked.say(f"zero-shot: training at 22², modes {basis}")
        found[basis] = learn(basis)
        asked.say(f"zero-shot: {found[basis].trained:.4f} at 22², {found[basis].asked:.4f} at 127²")
    ours, plain = found["physical"], found["periodic"]
    rows = (_row(ours, MOST, "what is wanted", 1.0), _row(ours, plain.ratio, "modes on the index grid", None))
    return Findings(rows, NOTES)


def recipe(basis: Literal["physical", "periodic"], epochs: int) -> Recipe:
    period = 1.25 if basis == "physical" else 1.0
    network = FNO(modes=(13, 13), width=24, lifting=24, mixing=0, projection=64, basis=basis, period=period)
    return Recipe(architecture=network, epochs=epochs, batch=16, clamped="all", augmentation="square")


def learnt(recipe: Recipe, samples: int, tested: int, divisions: int = _DIVISIONS, every: int = _EVERY) -> Errors:
    """Trained on every nth node, tested on these and on all, with other samples."""
    sizes = (samples, max(1, samples // 10), tested)
    training, held, test = (darcy(size, divisions, seed) for seed, size in enumerate(sizes))
    trained = returned(train(recipe, thinned(training, every), thinned(held, every)))

    def error(pairs: Pairs) -> float:
        return float(relative_errors(trained.operator, trained.scaling, pairs).mean())

    return Errors(error(thinned(test, every)), error(test))


def thinned(pairs: Pairs, every: int) -> Pairs:
    """The same functions on every nth node along each axis of a square grid, both ends among them."""
    side, dim = pairs.grid[0], len(pairs.grid)
    kept = np.arange(side**dim).reshape(pairs.grid)[::every, ::every].ravel()
    return Pairs(pairs.inputs[:, kept], pairs.targets[:, kept], pairs.positions[kept], ((side - 1) // every + 1,) * dim)


def _row(ours: Errors, peer: float, peer_name: str, reach: float | None) -> Row:
    return compare(WORK, [ours.ratio], [peer], peer_name=peer_name, unit=UNIT, better=Better.LESS, reach=reach)
