"""An operator that was just trained, whole: calibrated, measured, with its card, as one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from msgspec.structs import replace as changed

from models.base import Array
from models.operators.artefact import Card, data_digest
from models.operators.calibrated import Calibrated, calibrate
from models.operators.measured import measured
from models.operators.operator import Operator
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.operators.training.data import Sets
from models.operators.training.task import TrainTask


@dataclass(frozen=True, eq=False)
class Finished:
    content: bytes
    figures: Mapping[str, float]  # those of its card

    @property
    def names(self) -> list[str]:
        return sorted(self.figures)

    @property
    def metrics(self) -> Array:
        """In the order of their names."""
        return np.array([self.figures[name] for name in self.names])


def finished(
    task: TrainTask, sets: Sets, learnt: Pairs, operator: Operator, scaling: Scaling, more: Mapping[str, float]
) -> Finished:
    """`more`: figures that the training itself gave. Raises `Refusal` as `calibrate`."""
    whole = Calibrated(_card(task, learnt), operator, scaling, training=learnt.digests())
    if task.uncertainty != "none":
        whole = calibrate(whole, learnt, sets.calibration, task.uncertainty)
    figures = measured(whole, sets.test).figures | dict(more)
    return Finished(replace(whole, card=changed(whole.card, metrics=figures)).packed(), figures)


def _card(task: TrainTask, learnt: Pairs) -> Card:
    """Without figures: these are measured on what it says of how sure it is, too."""
    recipe = task.recipe
    return Card(
        name=task.publish,
        problem=task.problem,
        architecture=recipe.architecture,
        clamped=recipe.clamped,
        data_digest=data_digest(learnt),
        seed=task.seed,
        code_version=_code_version(),
        least_points=min(learnt.grid, default=0),
        most_points=max(learnt.grid, default=0),
    )


def _code_version() -> str:
    """Of the distribution that trains; empty where it is not installed as one."""
    try:
        return version("faraday-server")
    except PackageNotFoundError:
        return ""
