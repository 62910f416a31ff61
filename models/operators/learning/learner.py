"""The model that learns actively: chooses, labels by finite elements, trains, again; and publishes what is as good."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from models.artefacts import Artefacts
from models.base import Array, Evidence, Refusal, State, Step, SteppedModel
from models.operators.acquisition.strategy import strategy
from models.operators.calibrated import unpacked
from models.operators.generators.darcy import PERMEABLE, TIGHT
from models.operators.generators.gaussian_field import gaussian_fields
from models.operators.learning.canary import Verdict, verdict
from models.operators.learning.darcy import darcy_lesson
from models.operators.learning.loop import Candidate, Course, learn
from models.operators.learning.task import SPEC, LearnResult, LearnTask
from models.operators.pairs import Pairs
from models.operators.published import published
from models.operators.training.data import Sets
from models.operators.training.errors import relative_errors
from models.operators.training.finished import finished
from models.operators.training.prepared import counted, inner, prepared

_POOL = 1  # the part of the seed that the pool is drawn by


class Learner(SteppedModel[LearnTask, LearnResult]):
    """On the CPU, whatever the device: choosing takes longer than training there."""

    def __init__(self, device: str, artefacts: Artefacts) -> None:
        self._artefacts = artefacts

    def steps(self, task: LearnTask, state: State | None) -> Generator[Step, None, LearnResult]:
        task.check()
        sets = yield from prepared(task, state)
        lesson = darcy_lesson(sets.training, _pool(task), sets.validation, sets.test)
        course = Course(task.recipe, strategy(task.strategy), task.rounds, task.labels, task.seed & (2**63 - 1))
        candidate = yield from counted(task, state, learn(course, lesson, inner(task, state)))
        return self._result(task, sets, candidate)

    def _result(self, task: LearnTask, sets: Sets, found: Candidate) -> LearnResult:
        labels = {"labels": float(len(found.learnt))}
        whole = finished(task, sets, found.learnt, found.operator, found.scaling, labels)
        judged = self._verdict(task, sets.test, found.errors)
        if judged.publish:
            number, kept = published(self._artefacts, task, whole.content, SPEC.name)
        else:
            number, kept = 0, np.frombuffer(whole.content, np.uint8)
        return LearnResult(
            name=task.publish if number else "",
            version=number,
            artefact=kept,
            verdict=judged.reason,
            metric_names=",".join(whole.names),
            metrics=whole.metrics,
            chosen=found.chosen,
            evidence=Evidence(method=f"{task.strategy}, {task.rounds} rounds of {task.labels} labels"),
        )

    def _verdict(self, task: LearnTask, test: Pairs, errors: Array) -> Verdict:
        """Against the version that answers now, on functions that neither has learnt from."""
        if not task.publish:
            return Verdict(True, "it is published nowhere")
        try:
            stable = self._artefacts.channels(task.publish).stable
            before = unpacked(self._artefacts.read(task.publish, stable))
        except Refusal as refusal:
            if refusal.reason != "UNKNOWN_ARTEFACT":
                raise
            return Verdict(True, "it is the first version")
        if test.digests() & (before.training | before.calibration):
            return Verdict(False, f"version {stable} has learnt from the test samples: choose another seed")
        return verdict(relative_errors(before.operator, before.scaling, test).numpy(), errors)


def _pool(task: LearnTask) -> Array:
    """(functions, points, 1) float32: permeabilities as the generator's, and none of its own."""
    axis = np.linspace(0.0, 1.0, task.divisions + 1)
    seed = int(np.random.SeedSequence([task.seed & (2**63 - 1), 2**32, _POOL]).generate_state(1, np.uint32)[0])
    fields = gaussian_fields(task.pool_samples, axis, seed)
    values = np.array([np.where(field >= 0, PERMEABLE, TIGHT).ravel() for field in fields])
    return values.astype(np.float32)[..., None]
