"""The model that measures published operators."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.artefacts import Artefacts
from models.base import Evidence, Refusal
from models.operators.evaluation.metrics_task import MetricsResult, MetricsTask
from models.operators.evaluation.samples import samples
from models.operators.measured import Measured, measured
from models.operators.predict.library import Held, Library
from models.operators.uncertainty.diagram import reliability


class Examiner:
    def __init__(self, device: str, artefacts: Artefacts) -> None:
        self._library = Library(artefacts, device)

    def run(self, tasks: Sequence[MetricsTask]) -> list[MetricsResult | Refusal]:
        """One result or refusal for each task, in order."""
        return [self._one(task) for task in tasks]

    def _one(self, task: MetricsTask) -> MetricsResult | Refusal:
        try:
            task.check()
            held = self._library.of(task.operator, task.version)
            return _result(task, held, measured(held.calibrated, samples(task, held.calibrated)))
        except Refusal as refusal:
            return refusal


def _result(task: MetricsTask, held: Held, found: Measured) -> MetricsResult:
    names = sorted(found.figures)
    drawn = None
    if task.diagram and len(found.levels):
        drawn = np.frombuffer(reliability({held.name: found.observed}), np.uint8)
    return MetricsResult(
        version=held.version,
        metric_names=",".join(names),
        metrics=np.array([found.figures[name] for name in names]),
        levels=found.levels,
        observed=found.observed,
        diagram=drawn,
        evidence=Evidence(method=f"{held.name} version {held.version} on samples that it never saw"),
    )
