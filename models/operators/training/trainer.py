"""The model that trains operators: data, training, calibration, measurement, publication, step by step."""

from __future__ import annotations

from collections.abc import Generator

from models.artefacts import Artefacts
from models.base import Evidence, State, Step, SteppedModel
from models.operators.published import published
from models.operators.training.data import Sets
from models.operators.training.finished import finished
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
        errors = {"validation_error": trained.error}
        found = finished(task, sets, sets.training, trained.operator, trained.scaling, errors)
        number, kept = published(self._artefacts, task, found.content, SPEC.name)
        return TrainResult(
            name=task.publish,
            version=number,
            artefact=kept,
            metric_names=",".join(found.names),
            metrics=found.metrics,
            history=trained.history,
            evidence=Evidence(method=f"{type(task.recipe.architecture).__name__}, AdamW; {task.uncertainty}"),
        )
