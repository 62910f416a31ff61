"""Active learning of Darcy flow: how many labels a strategy needs for the error that random labels reach at 400.

Smaller than the issue's figures: 17² nodes and a network of 36,000 weights, so that five seeds are minutes. Every
training has as many steps of the optimiser, and starts anew. All strategies start from the same 50 labels and choose
75 at a time from a pool of 1450 functions; errors are of 1000 others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np

from models.operators.acquisition.strategy import strategy
from models.operators.fno.config import FNO
from models.operators.generators.darcy import darcy
from models.operators.learning.darcy import darcy_lesson
from models.operators.learning.loop import Course, Lesson, learn
from models.operators.training.recipe import Recipe
from ops.bench.contract import Findings, Row, Run
from ops.bench.operators.one_thread import one_thread

# Random choice itself is a row that informs: how much of a saving is only that the last labels teach little.
STRATEGIES = {"residual": "residual-weighted k-means++", "lcmd": "LCMD", "random": "random choice"}
REACH = 2.0  # times fewer labels
_ERROR = "held_out_error_p95"

Curve = dict[int, float]  # the 95th percentile of errors, by the number of labels


@dataclass(frozen=True)
class Setting:
    """How large the comparison is. `start`, `pool`, `validation` and `test` count functions, all different."""

    divisions: int = 16
    seeds: int = 5
    start: int = 50
    batch: int = 75
    rounds: int = 2
    peer: int = 400  # labels of the random strategy
    pool: int = 1450
    validation: int = 16
    test: int = 1000
    updates: int = 1200  # steps of the optimiser in each training
    network: FNO = FNO(modes=(8, 8), width=12, layers=3, lifting=24, mixing=6, projection=32)

    def note(self) -> str:
        return (
            f"active learning: Darcy on {self.divisions + 1}² nodes, {self.seeds} seeds, medians of the 95th "
            f"percentile of relative L² errors on {self.test} functions; a small network, {self.updates} steps each"
        )


def measure(asked: Run, setting: Setting = Setting()) -> Findings:
    with one_thread():
        return _measured(asked, setting)


def _measured(asked: Run, setting: Setting) -> Findings:
    wanted: list[float] = []
    curves: dict[str, list[Curve]] = {name: [] for name in STRATEGIES}
    for seed in range(setting.seeds):
        lesson = _lesson(setting, seed)
        at_random = _course(setting, "random", seed, 1, setting.peer - setting.start)
        wanted.append(curve_of(at_random, lesson)[setting.peer])
        asked.say(f"active learning, seed {seed}: random {wanted[-1]:.4f} at {setting.peer}")
        for name, found in curves.items():
            found.append(curve_of(_course(setting, name, seed, setting.rounds, setting.batch), lesson))
            asked.say(f"active learning, seed {seed}: {name} {_told(found[-1])}")
    rows = tuple(row(name, found, wanted, setting.peer) for name, found in curves.items())
    return Findings(rows, (setting.note(),))


def curve_of(course: Course, lesson: Lesson) -> Curve:
    told = [step.progress.scalars for step in learn(course, lesson)]
    return {int(scalars["labels"]): scalars[_ERROR] for scalars in told if _ERROR in scalars}


def labels_to_reach(curve: Curve, wanted: float) -> float:
    """Where the error first falls to what is wanted, both logarithms being linear between trainings; else infinite."""
    counts = sorted(curve)
    if curve[counts[0]] <= wanted:
        return float(counts[0])
    for before, after in pairwise(counts):
        if curve[after] <= wanted:
            share = np.log(curve[before] / wanted) / np.log(curve[before] / curve[after])
            return float(before * (after / before) ** share)
    return float("inf")


def row(name: str, curves: Sequence[Curve], wanted: Sequence[float], peer: int) -> Row:
    """Of medians over seeds, label count by label count. What is never reached took 0 labels, and is not ok."""
    whole = {count: median(curve[count] for curve in curves) for count in curves[0]}
    needed = labels_to_reach(whole, median(wanted))
    at_half = [labels_to_reach(*each) <= peer / REACH for each in zip(curves, wanted, strict=True)]
    told = _told(whole)
    return Row(
        work=f"labels for random's 95th percentile at {peer}, {STRATEGIES[name]}",
        ours=needed if np.isfinite(needed) else 0.0,
        peer=float(peer),
        peer_name="random",
        unit="labels",
        ratio=peer / needed,
        reach=None if name == "random" else REACH,
        ok=name == "random" or peer / needed >= REACH,
        note=f"{told}; random {median(wanted):.4f}; half of its labels did in {sum(at_half)} of {len(wanted)} seeds",
    )


def _told(curve: Curve) -> str:
    return ", ".join(f"{error:.4f} at {count}" for count, error in curve.items())


def _lesson(setting: Setting, seed: int) -> Lesson:
    sizes = (setting.start, setting.pool, setting.validation, setting.test)
    whole = darcy(sum(sizes), setting.divisions, seed)
    ends = np.cumsum((0, *sizes))
    start, pool, validation, test = (whole.of(slice(*ends[place : place + 2])) for place in range(4))
    return darcy_lesson(start, pool.inputs, validation, test)


def _course(setting: Setting, name: str, seed: int, rounds: int, batch: int) -> Course:
    network = setting.network
    recipe = Recipe(architecture=network, seed=seed, batch=16, rate=5e-3, clamped="all", augmentation="square")
    return Course(recipe, strategy(name), rounds, batch, seed, setting.updates)
