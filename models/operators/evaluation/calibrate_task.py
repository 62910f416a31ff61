"""Calibrate a published operator anew: the task, its result, and its line in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from models.artefacts import Named, check_name
from models.base import ON_DEMAND, Array, Refusal, Result, Spec, scalar, tensor
from models.operators.evaluation.task import EvaluationTask


@dataclass(frozen=True, kw_only=True)
class CalibrateTask(EvaluationTask):
    publish: str = scalar("", 'where the version is published, "owner/name"; empty: the result holds it')
    channel: str = scalar(
        "none", "where it is to answer; a first version is stable in any case", choices=("none", "stable", "canary")
    )
    canary_weight: float = scalar(0.1, "of a canary: its part of the questions, above 0, at most 1")

    def check(self) -> None:
        super().check()
        if self.publish:
            check_name(self.publish, "publish")
        if not 0.0 < self.canary_weight <= 1.0:
            details = {"value": f"{self.canary_weight:g}"}
            message = f"is {self.canary_weight:g}; send a part above 0, at most 1"
            raise Refusal("OUT_OF_RANGE", message, "canary_weight", details)


@dataclass(frozen=True, kw_only=True)
class CalibrateResult(Result):
    name: str = scalar("", "where it was published; empty: nowhere")
    version: int = scalar(0, "as which version")
    artefact: Array | None = tensor("uint8", (-1,), "the operator, where it was not published", optional=True)
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
