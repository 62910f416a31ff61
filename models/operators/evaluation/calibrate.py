"""The model that calibrates published operators anew: a new version with the same weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.artefacts import Artefacts
from models.base import Evidence, Refusal
from models.operators.calibrated import recalibrate
from models.operators.evaluation.calibrate_task import SPEC, CalibrateResult, CalibrateTask
from models.operators.evaluation.samples import samples
from models.operators.predict.library import Library
from models.operators.published import published


class Calibrator:
    def __init__(self, device: str, artefacts: Artefacts) -> None:
        self._artefacts = artefacts
        self._library = Library(artefacts, device)

    def run(self, tasks: Sequence[CalibrateTask]) -> list[CalibrateResult | Refusal]:
        """One result or refusal for each task, in order."""
        return [self._one(task) for task in tasks]

    def _one(self, task: CalibrateTask) -> CalibrateResult | Refusal:
        try:
            task.check()
            held = self._library.of(task.operator, task.version)
            found = recalibrate(held.calibrated, samples(task, held.calibrated))
            number, kept = published(self._artefacts, task, found.packed(), SPEC.name)
        except Refusal as refusal:
            return refusal
        assert found.method is not None
        return CalibrateResult(
            name=task.publish,
            version=number,
            artefact=kept,
            temperature=float(found.method.temperature),
            levels=np.array([each.level for each in found.intervals]),
            factors=np.array([each.factor for each in found.intervals]),
            simultaneous=np.array([each.kind == "band" for each in found.intervals], bool),
            evidence=Evidence(method=f"temperature by likelihood, split conformal; {held.name} version {held.version}"),
        )
