"""The card of an operator that was just trained."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from models.operators.artefact import Card, data_digest
from models.operators.pairs import Pairs
from models.operators.training.task import TrainTask


def card(task: TrainTask, learnt: Pairs) -> Card:
    """Without figures: these are measured on what it says of how sure it is, too."""
    recipe = task.recipe
    return Card(
        name=task.publish,
        problem=task.problem,
        architecture=recipe.architecture,
        clamped=recipe.clamped,
        data_digest=data_digest(learnt),
        seed=task.seed,
        code_version=code_version(),
        least_points=min(learnt.grid, default=0),
        most_points=max(learnt.grid, default=0),
    )


def code_version() -> str:
    """Of the distribution that trains; empty where it is not installed as one."""
    try:
        return version("faraday-server")
    except PackageNotFoundError:
        return ""
