"""The model that trains operators: data, training, calibration, measurement, publication, step by step."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np
from msgspec.structs import replace as changed

from models.artefacts import Artefacts
from models.base import Evidence, State, Step, SteppedModel
from models.operators.calibrated import Calibrated, calibrate
from models.operators.measured import measured
from models.operators.published import published
from models.operators.training.data import Sets
from models.operators.training.finished import card
from models.operators.training.prepared import counted, inner, prepared
from models.operators.training.task import SPEC, TrainResult, TrainTask
from models.operators.training.train import Trained, train


class Trainer(SteppedModel[TrainTask, TrainResult]):
    """A step is some samples of data, or some batches of training."""

    def __init__(self, device: str, artefacts: Artefacts) -> None:
        self._device = device
        self._artefacts = artefacts

    def steps(self, task: TrainTask, state: State | None) -> Generator[Step, None, TrainResult]:
        task.check()
        sets = yield from prepared(task, state)
        steps = train(task.recipe, sets.training, sets.validation, inner(task, state), self._device)
        trained = yield from counted(task, state, steps)
        return self._result(task, sets, trained)

    def _result(self, task: TrainTask, sets: Sets, trained: Trained) -> TrainResult:
        learnt = sets.training
        whole = Calibrated(card(task, learnt), trained.operator, trained.scaling, training=learnt.digests())
        if task.uncertainty != "none":
            whole = calibrate(whole, learnt, sets.calibration, task.uncertainty)
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
