"""Measure a published operator: the task, its result, and its line in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from models.artefacts import Named
from models.base import ON_DEMAND, Array, Result, Spec, scalar, tensor
from models.operators.evaluation.task import EvaluationTask


@dataclass(frozen=True, kw_only=True)
class MetricsTask(EvaluationTask):
    diagram: bool = scalar(False, "whether a reliability diagram is drawn")


@dataclass(frozen=True, kw_only=True)
class MetricsResult(Result):
    version: int = scalar(0, "the version that was measured")
    metric_names: str = scalar("", "what was measured, separated by commas")
    metrics: Array = tensor("float64", ("metrics",), "the figures, in the order of their names")
    levels: Array = tensor("float64", ("levels",), "nominal levels of quantiles; none without deviations")
    observed: Array = tensor("float64", ("levels",), "the part of the values below each of these quantiles")
    diagram: Array | None = tensor("uint8", (-1,), "the reliability diagram as PNG", optional=True)


def named(task: MetricsTask) -> Named:
    return Named(reads=((task.operator, task.version),))


SPEC = Spec(
    name="operators.metrics",
    version="1",
    summary="Errors, NLL, CRPS, ECE, coverage and sharpness of a published operator on samples that it never saw.",
    task=MetricsTask,
    result=MetricsResult,
    factory="models.operators.evaluation.metrics:Examiner",
    example=lambda: MetricsTask(samples=4),
    max_batch=1,
    resources=ON_DEMAND,
    artefacts=named,
)
