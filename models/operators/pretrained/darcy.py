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
from models.operators.operator import Functions, Operator
from models.operators.pairs import Pairs
from models.operators.pretrained.recipe import DARCY
from models.operators.training.errors import relative_errors
from models.operators.training.recipe import Recipe
from models.operators.training.train import train
from models.operators.uncertainty.conformal import Conformal
from models.operators.uncertainty.temperature import Tempered

NAME = "darcy"


@dataclass(frozen=True)
class Sets:
    """How many samples each set has; each is of its own seed, so that none has one of another's."""

    divisions: int = 42
    training: int = 1000
    validation: int = 100
    calibration: int = 400
    test: int = 200
    tested: tuple[int, ...] = (21, 42, 126)  # the grids, in divisions, of the errors in the card

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
    known = Calibrated(card, trained.operator, trained.scaling)
    calibrated = calibrate(known, training, sets.made("calibration"), "variance_head")
    for divisions in sets.tested:
        metrics |= _tested(calibrated, sets.made("test", divisions))
    whole = replace(calibrated, card=msgspec.structs.replace(calibrated.card, metrics=metrics))
    return _halved(whole.packed())


def _tested(known: Calibrated, pairs: Pairs) -> dict[str, float]:
    """The error, and which part of all values is in its 90 % interval. Intervals are calibrated on one grid and promise
    nothing on another: what they are worth there is measured only."""
    side, errors = pairs.grid[0], relative_errors(known.operator, known.scaling, pairs)
    found = {f"relative_l2_{side}": round(float(errors.mean()), 6)}
    interval = known.interval("pointwise", 0.9)
    if known.method is not None and interval is not None:
        parts = [_covered(known.method, interval, pairs.of(slice(at, at + 1))) for at in range(len(pairs))]
        found[f"coverage_90_{side}"] = round(sum(parts) / len(parts), 4)
    return found


def _covered(method: Tempered, interval: Conformal, sample: Pairs) -> float:
    """Of the values that the boundary conditions do not give."""
    raw = Functions(torch.tensor(sample.inputs), torch.tensor(sample.positions), sample.grid)
    prediction = method.predict(raw)
    low, high = interval.interval(prediction)
    target = torch.tensor(sample.targets)
    inside = (low <= target) & (target <= high)
    return float(inside[prediction.deviation > 0].float().mean())


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
