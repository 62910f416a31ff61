"""A model over private records that a test knows: one unit, the canary, is in one dataset and not in the other.

Each answer is a noisy sum of many columns, to every one of which the canary adds as much as it may: each column is one
sample of an audit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.base import Array, Private, Refusal, Resources, Result, Spec, Task, scalar, tensor
from models.privacy.clipped_sum import clipped_sum
from models.privacy.events import Event
from models.privacy.kinds import DiscreteGaussian
from models.privacy.neighbours import Adjacency, Unit
from models.privacy.random_bits import RandomBits

WITH, WITHOUT = "charite/with", "charite/without"
WIDTH, STEP = 2000, 7
RHO = 0.2  # of one column
VARIANCE = STEP**2 / (2 * RHO)
NORM = 314  # above STEP · √WIDTH: nothing is clipped


@dataclass(frozen=True, kw_only=True)
class CanaryTask(Task):
    dataset: str = scalar(WITH, "whose records", choices=(WITH, WITHOUT))
    number: int = scalar(0, "so that no two questions are the same")

    def check(self) -> None:
        """Any number is a question."""


@dataclass(frozen=True, kw_only=True)
class CanaryResult(Result):
    sums: Array = tensor("int64", ("columns",), "noisy sums")


class Canary:
    """`spent`: how many times the ρ that it says it spends; more than 1 is a liar."""

    def __init__(self, spent: float) -> None:
        self._variance = VARIANCE / spent
        empty = np.zeros((1, WIDTH), np.int64)
        self._records = {WITHOUT: empty, WITH: np.concatenate([empty, np.full((1, WIDTH), STEP)])}

    def run(self, tasks: Sequence[CanaryTask]) -> Sequence[CanaryResult | Refusal]:
        return [CanaryResult(sums=self._answer(task)) for task in tasks]

    def _answer(self, task: CanaryTask) -> Array:
        rows = self._records[task.dataset]
        sums, _ = clipped_sum(rows, NORM, self._variance, Unit.PATIENT, Adjacency.ADD_REMOVE, RandomBits())
        return sums


def honest(device: str) -> Canary:
    return Canary(1.0)


def lying(device: str) -> Canary:
    return Canary(1.6)


EVENT = Event(DiscreteGaussian(NORM**2, VARIANCE), Unit.PATIENT, Adjacency.ADD_REMOVE)


def spec(factory: str) -> Spec:
    """Of the `honest` or the `lying` one."""
    return Spec(
        name="canary",
        version="1",
        summary="Noisy sums, for audits.",
        task=CanaryTask,
        result=CanaryResult,
        factory=f"tests.support.canary:{factory}",
        example=CanaryTask,
        max_batch=1,
        resources=Resources(min_replicas=0),
        private=Private(dataset=lambda task: task.dataset, worst_case=lambda task: EVENT),
    )
