"""The model that trains operators: data, training, calibration, measurement, publication, step by step."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from msgspec.structs import replace as changed

from models.artefacts import Artefacts
from models.base import Evidence, Progress, State, Step, SteppedModel
from models.operators.artefact import Card, data_digest, part, under
from models.operators.calibrated import Calibrated, calibrate
from models.operators.measured import measured
from models.operators.pairs import Pairs
from models.operators.published import published
from models.operators.training.data import Sets, joined, made, parts
from models.operators.training.task import SPEC, TrainResult, TrainTask
from models.operators.training.train import Trained, train

_DATA, _TRAINED = 0.1, 0.95  # how far a whole one is, once its data are there, and once it is trained


class Trainer(SteppedModel[TrainTask, TrainResult]):
    """A step is some samples of data, or some batches of training."""

    def __init__(self, device: str, artefacts: Artefacts) -> None:
        self._device = device
        self._artefacts = artefacts

    def steps(self, task: TrainTask, state: State | None) -> Generator[Step, None, TrainResult]:
        task.check()
        done = 0 if state is None else int(state["step"][0])
        sizes = parts(task)
        several: list[Pairs] = []
        for number, count in enumerate(sizes):  # what was made before an interruption is made again: it is not kept
            several.append(made(task, number, count))
            if number >= done:
                whole, so_far = sum(sizes), sum(sizes[: number + 1])
                told = Progress(number + 1, _DATA * so_far / whole, f"{so_far} of {whole} samples made")
                yield Step(told, {"step": np.array([number + 1])})
        sets = joined(task, several)
        training = part(state, "training") if state is not None and done > len(sizes) else None
        trained = yield from self._trained(task, sets, max(done, len(sizes)), training)
        return self._result(task, sets, trained)

    def _trained(self, task: TrainTask, sets: Sets, done: int, state: State | None) -> Generator[Step, None, Trained]:
        steps = train(task.recipe, sets.training, sets.validation, state, self._device)
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                trained: Trained = end.value
                return trained
            done += 1
            fraction = _DATA + (_TRAINED - _DATA) * (step.progress.fraction or 0.0)
            told = changed(step.progress, step=done, fraction=fraction)
            yield Step(told, {"step": np.array([done]), **under("training", dict(step.state))})

    def _result(self, task: TrainTask, sets: Sets, trained: Trained) -> TrainResult:
        bare = Calibrated(_card(task, sets), trained.operator, trained.scaling, training=sets.training.digests())
        whole = bare
        if task.uncertainty != "none":
            whole = calibrate(bare, sets.training, sets.calibration, task.uncertainty)
        figures = measured(whole, sets.test).figures | {"validation_error": trained.error}
        content = replace(whole, card=changed(whole.card, metrics=figures)).packed()
        number, kept = published(self._artefacts, task, content, SPEC.name)
        return TrainResult(
            name=task.publish,
            version=number,
            artefact=kept,
            metric_names=",".join(sorted(figures)),
            metrics=np.array([figures[name] for name in sorted(figures)]),
            history=trained.history,
            evidence=Evidence(method=f"{type(task.recipe.architecture).__name__}, AdamW; {task.uncertainty}"),
        )


def _card(task: TrainTask, sets: Sets) -> Card:
    grid = sets.training.grid
    return Card(
        name=task.publish,
        problem=task.problem,
        architecture=task.recipe.architecture,
        clamped=task.recipe.clamped,
        data_digest=data_digest(sets.training),
        seed=task.seed,
        code_version=code_version(),
        least_points=min(grid, default=0),
        most_points=max(grid, default=0),
    )


def code_version() -> str:
    """Of the distribution that trains; empty where it is not installed as one."""
    try:
        return version("faraday-server")
    except PackageNotFoundError:
        return ""
