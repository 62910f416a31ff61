"""Calibrate a published operator anew: the task, its result, and its line in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from models.artefacts import Named
from models.base import ON_DEMAND, Array, Spec, scalar, tensor
from models.operators.evaluation.task import EvaluationTask
from models.operators.published import PublicationResult, PublicationTask


@dataclass(frozen=True, kw_only=True)
class CalibrateTask(PublicationTask, EvaluationTask):
    def check(self) -> None:
        super().check()
        self.check_publication()


@dataclass(frozen=True, kw_only=True)
class CalibrateResult(PublicationResult):
    temperature: float = scalar(1.0, "what its own deviations are multiplied by")
    levels: Array = tensor("float64", ("intervals",), "of the intervals that were fitted")
    factors: Array = tensor("float64", ("intervals",), "how many deviations each reaches")
    simultaneous: Array = tensor("bool", ("intervals",), "whether it holds at all points of a function at once")


def named(task: CalibrateTask) -> Named:
    return Named(reads=((task.operator, task.version),), publishes=(task.publish,) if task.publish else ())


SPEC = Spec(
    name="operators.calibrate",
    version="1",
    summary="Fits the temperature and the conformal intervals of a published operator on samples that it never saw.",
    task=CalibrateTask,
    result=CalibrateResult,
    factory="models.operators.evaluation.calibrate:Calibrator",
    example=lambda: CalibrateTask(samples=20),
    max_batch=1,
    resources=ON_DEMAND,
    artefacts=named,
)
