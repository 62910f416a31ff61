"""How the Darcy operator that comes with the system is made, whole: data, recipe, calibration, what was measured.

The same code, PyTorch, machine and threads make the same tensors to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

import msgspec
import torch

from models.base import Step
from models.operators.artefact import Card, data_digest, pack, unpack
from models.operators.calibrated import Calibrated, calibrate
from models.operators.generators.darcy import darcy
from models.operators.measured import measured
from models.operators.operator import Operator
from models.operators.pairs import Pairs
from models.operators.pretrained.recipe import DARCY
from models.operators.training.recipe import Recipe
from models.operators.training.train import train

NAME = "darcy"
_OF_TRAINING = ("validation_error", "training_cpu_s", "epochs")


@dataclass(frozen=True)
class Sets:
    """How many samples each set has; each is of its own seed, so that none has one of another's."""

    divisions: int = 42
    training: int = 1000
    validation: int = 100
    calibration: int = 400
    test: int = 200
    elsewhere: tuple[int, ...] = (21, 63)  # further grids, in divisions, that intervals are fitted on
    tested: tuple[int, ...] = (21, 42, 63, 126)  # those of the errors in the card

    def made(self, name: str, divisions: int | None = None) -> Pairs:
        names = ("training", "validation", "calibration", "test")
        return darcy(getattr(self, name), divisions or self.divisions, seed=names.index(name))


def made(
    cpu_s: Callable[[], float], code_version: str, recipe: Recipe = DARCY, sets: Sets = Sets()
) -> Generator[Step, None, bytes]:
    """Yields the steps of the training and returns the artefact. `cpu_s` is a clock of this process' CPU seconds."""
    began = cpu_s()
    training = sets.made("training")
    trained = yield from train(recipe, training, sets.made("validation"))
    spent = cpu_s() - began
    _round(trained.operator)
    metrics = {
        "validation_error": trained.error,
        "training_cpu_s": round(spent, 1),
        "epochs": float(len(trained.history)),
    }
    card = Card(
        name=NAME,
        problem="darcy",
        architecture=recipe.architecture,
        clamped=recipe.clamped,
        data_digest=data_digest(training),
        seed=recipe.seed,
        metrics=metrics,
        code_version=code_version,
        least_points=sets.divisions // 2 + 1 if recipe.coarse else sets.divisions + 1,
        most_points=sets.divisions + 1,
    )
    return calibrated(Calibrated(card, trained.operator, trained.scaling), sets)


def calibrated(known: Calibrated, sets: Sets = Sets()) -> bytes:
    """The artefact of an operator that was trained on these sets, whatever doubts it had before."""
    calibration = [sets.made("calibration", divisions) for divisions in (sets.divisions, *sets.elsewhere)]
    found = calibrate(known, sets.made("training"), calibration[0], "variance_head", elsewhere=calibration[1:])
    metrics = {name: value for name, value in known.card.metrics.items() if name in _OF_TRAINING}
    for divisions in sets.tested:
        metrics |= _tested(found, sets.made("test", divisions))
    whole = replace(found, card=msgspec.structs.replace(found.card, metrics=metrics))
    return _halved(whole.packed())


def _tested(known: Calibrated, pairs: Pairs) -> dict[str, float]:
    """The error, which part of all values is in its 90 % interval, what deviations are worth, and how many functions
    are flagged. On a grid that no intervals were fitted on they promise nothing: what they are worth there is measured
    only."""
    names = {"relative_l2": "relative_l2", "coverage": "coverage_90", "far": "far"}
    names |= {name: name for name in ("nll", "crps", "ece")}
    figures = measured(known, pairs).figures
    return {f"{told}_{pairs.grid[0]}": round(figures[name], 6) for name, told in names.items()}


def _round(operator: Operator) -> None:
    """To half precision, so that what is measured and calibrated is what is kept."""
    with torch.no_grad():
        for weight in operator.parameters():
            weight.copy_(weight.half().float())


def _halved(content: bytes) -> bytes:
    """With the weights in half precision, which they are rounded to already: half of the bytes."""
    card, tensors = unpack(content)
    return pack(
        card,
        {name: array.astype("float16") if name.startswith("operator.") else array for name, array in tensors.items()},
    )
