"""The model: heads on disjoint shards of private functions, whose clipped mean leaves with noise, or not at all.

What it refuses depends on the task and on public settings only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from models.base import Evidence, Refusal
from models.operators.operator import Functions
from models.operators.predict.forward import nodes
from models.operators.private.heads import Heads
from models.operators.private.modes import sines
from models.operators.private.task import MODES, PrivatePredictResult, PrivatePredictTask, worst_case
from models.privacy.draws import Draws
from models.privacy.random_bits import RandomBits


class PrivatePredictor:
    """Of the holdings called `name`, which themselves are no longer needed."""

    def __init__(self, name: str, heads: Heads, draws: Callable[[], Draws] = RandomBits) -> None:
        """`draws` gives the randomness of one answer: fresh each time."""
        self._name = name
        self._heads = heads
        self._draws = draws

    def run(self, tasks: Sequence[PrivatePredictTask]) -> list[PrivatePredictResult | Refusal]:
        return [self._answer(task) for task in tasks]

    def _answer(self, task: PrivatePredictTask) -> PrivatePredictResult | Refusal:
        try:
            task.check()
            self._check_dataset(task)
            return self._release_mean(task)
        except Refusal as refusal:
            return refusal

    def _check_dataset(self, task: PrivatePredictTask) -> None:
        if task.dataset != self._name:
            details = {"dataset": task.dataset, "served": self._name}
            raise Refusal("UNKNOWN_DATASET", f"is {task.dataset!r}; served is {self._name!r}", "dataset", details)

    def _release_mean(self, task: PrivatePredictTask) -> PrivatePredictResult:
        side = len(task.permeability)
        values = torch.from_numpy(np.array(task.permeability)).reshape(1, -1, 1)
        asked = Functions(values, torch.from_numpy(nodes((side, side))), (side, side))
        said = self._heads.answer(asked, sines(side, MODES), task.noise_multiplier, self._draws())
        if said.event != worst_case(task):
            message = "what the replica would release is not what was paid for; report it to the operator"
            raise Refusal("RELEASE_MISMATCH", message, "dataset", {"dataset": self._name})
        shards = self._heads.release.shards
        return PrivatePredictResult(
            mean=said.mean.reshape(side, side),
            public=said.public.reshape(side, side),
            noise_deviation=said.deviation.reshape(side, side),
            shards=shards,
            evidence=Evidence(
                method=(
                    f"sample and aggregate: a public operator, and the clipped mean of how {shards} heads on disjoint "
                    f"shards depart from it in {MODES} sines, plus discrete Gaussian noise of standard deviation up to "
                    f"{said.deviation.max():.3g} at a point; the mean's own distance to the true field is not known"
                ),
            ),
        )
