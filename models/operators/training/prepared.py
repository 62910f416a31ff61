"""The steps that make the data of a training, and those of what follows, counted on."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

import numpy as np
from msgspec.structs import replace as changed

from models.base import Progress, State, Step
from models.operators.artefact import part, under
from models.operators.pairs import Pairs
from models.operators.training.data import Sets, joined, made, parts
from models.operators.training.task import TrainTask

R = TypeVar("R")
_DATA, _DONE = 0.1, 0.95  # how far a whole one is, once its data are there, and once nothing is left but to measure


def prepared(task: TrainTask, state: State | None) -> Generator[Step, None, Sets]:
    """A step for each part. What was made before an interruption is made again: it is not kept."""
    done = 0 if state is None else int(state["step"][0])
    sizes = parts(task)
    several: list[Pairs] = []
    for number, count in enumerate(sizes):
        several.append(made(task, number, count))
        if number >= done:
            whole, so_far = sum(sizes), sum(sizes[: number + 1])
            told = Progress(number + 1, _DATA * so_far / whole, f"{so_far} of {whole} samples made")
            yield Step(told, {"step": np.array([number + 1])})
    return joined(task, several)


def inner(task: TrainTask, state: State | None) -> State | None:
    """The state of what follows the data; None where that has not begun."""
    begun = state is not None and int(state["step"][0]) > len(parts(task))
    return part(state, "inner") if begun and state is not None else None


def counted(task: TrainTask, state: State | None, steps: Generator[Step, None, R]) -> Generator[Step, None, R]:
    """What follows the data, with its steps counted on from theirs."""
    done = max(len(parts(task)), 0 if state is None else int(state["step"][0]))
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            result: R = end.value
            return result
        done += 1
        fraction = _DATA + (_DONE - _DATA) * (step.progress.fraction or 0.0)
        told = changed(step.progress, step=done, fraction=fraction)
        yield Step(told, {"step": np.array([done]), **under("inner", dict(step.state))})
