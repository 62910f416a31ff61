"""The data of a training: made by finite elements a part at a time, or as they were sent; and parted for their uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import numpy as np

from models.base import Array
from models.operators.pairs import Pairs
from models.operators.training.task import TrainTask

Generator = Callable[[int, int, int], Pairs]
MAKERS = {
    "darcy": "models.operators.generators.darcy:darcy",
    "heat": "models.operators.generators.heat:heat",
    "helmholtz": "models.operators.generators.helmholtz:helmholtz",
    "plate_with_a_hole": "models.operators.generators.plate:plate_with_a_hole",
    "burgers": "models.operators.generators.burgers:burgers",
}
_POINTS = 2**15  # of a part: half a second or so of finite elements


@dataclass(frozen=True, eq=False)
class Sets:
    """No sample is in two of them. `calibration` is empty where nobody asked how sure the operator is."""

    training: Pairs
    validation: Pairs
    calibration: Pairs
    test: Pairs


def parts(task: TrainTask) -> list[int]:
    """How many samples each part has that is made; none where the data were sent."""
    if task.problem == "own":
        return []
    count = task.samples + task.held_back
    size = max(1, _POINTS // (task.divisions + 1) ** 2)
    return [min(size, count - first) for first in range(0, count, size)]


def made(task: TrainTask, number: int, count: int) -> Pairs:
    """Part `number`; the same whenever it is made."""
    draws = np.random.SeedSequence([task.seed & (2**63 - 1), number])
    return maker(task.problem)(count, task.divisions, int(draws.generate_state(1, np.uint32)[0]))


def maker(problem: str) -> Generator:
    module, _, name = MAKERS[problem].partition(":")
    found: Generator = getattr(import_module(module), name)
    return found


def joined(task: TrainTask, several: list[Pairs]) -> Sets:
    """Of all parts, or of what was sent."""
    whole = task.sent() if task.problem == "own" else _together(several)
    ends = np.cumsum(
        [
            len(whole) - task.held_back,
            task.validation_samples,
            0 if task.uncertainty == "none" else task.calibration_samples,
        ]
    ).tolist()
    return Sets(*(whole.of(slice(first, end)) for first, end in zip([0, *ends], [*ends, len(whole)], strict=True)))


def _together(several: list[Pairs]) -> Pairs:
    first = several[0]
    inputs: Array = np.concatenate([each.inputs for each in several])
    return Pairs(inputs, np.concatenate([each.targets for each in several]), first.positions, first.grid)
