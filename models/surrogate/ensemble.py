"""The model: surrogates on disjoint shards of the records, whose clipped mean leaves with noise, or not at all.

What it refuses depends on the task and on public settings only. It does the same arithmetic for every task; only the
sampler of the noise takes longer for larger noise (see DESIGN.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from models.base import Array, Evidence, Refusal
from models.privacy.aggregate import private_mean
from models.privacy.draws import Draws
from models.privacy.random_bits import RandomBits
from models.privacy.shards import assign
from models.surrogate.dataset import Dataset
from models.surrogate.plate import reference, scale
from models.surrogate.ridge import basis, fit
from models.surrogate.task import SENSORS, PlateResult, PlateTask, worst_case


class Ensemble:
    """Trained when it is made; the records themselves are then let go."""

    def __init__(self, dataset: Dataset, draws: Callable[[], Draws] = RandomBits) -> None:
        """`draws` gives the randomness of one answer: fresh each time."""
        self._name = dataset.manifest.name
        self._release = dataset.manifest.release
        self._draws = draws
        shard = assign(dataset.records.clients, dataset.key, self._release.shards)
        self._surrogates = np.stack([fit(dataset.records.of(shard == k)) for k in range(self._release.shards)])

    def run(self, tasks: Sequence[PlateTask]) -> list[PlateResult | Refusal]:
        return [self._answer(task) for task in tasks]

    def _answer(self, task: PlateTask) -> PlateResult | Refusal:
        try:
            task.check()
            self._check_dataset(task)
            return self._release_mean(task)
        except Refusal as refusal:
            return refusal

    def _check_dataset(self, task: PlateTask) -> None:
        if task.dataset != self._name:
            details = {"dataset": task.dataset, "served": self._name}
            raise Refusal("UNKNOWN_DATASET", f"is {task.dataset!r}; served is {self._name!r}", "dataset", details)

    def _release_mean(self, task: PlateTask) -> PlateResult:
        release = self._release
        departure, released = private_mean(
            self._departures(task.conductivity),
            release.grid,
            release.variance(task.noise_multiplier),
            release.unit,
            release.adjacency,
            self._draws(),
        )
        if released != worst_case(task):
            message = "what the replica would release is not what was paid for; report it to the operator"
            raise Refusal("RELEASE_MISMATCH", message, "dataset", {"dataset": self._name})
        factor = float(scale(task.conductivity[None], np.array(task.source))[0])
        deviation = release.deviation(task.noise_multiplier) * factor
        return PlateResult(
            u=(reference() + departure) * factor,
            sensors=SENSORS,
            noise_deviation=deviation,
            shards=release.shards,
            evidence=Evidence(
                method=(
                    f"sample and aggregate: clipped mean of {release.shards} quadratic ridge regressions on disjoint "
                    f"shards, plus discrete Gaussian noise of standard deviation {deviation:.3g} at each sensor; "
                    "the mean's own distance to the true field is not known"
                ),
            ),
        )

    def _departures(self, conductivity: Array) -> Array:
        """(shards, 9): each surrogate's own answer, never to be released."""
        return np.asarray(np.tensordot(self._surrogates, basis(conductivity[None])[0], axes=(1, 0)))
