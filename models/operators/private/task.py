"""Darcy's problem with private measurements: the task, its result, what an answer costs, its line in the catalogue.

Each client has a square of ground, a map of its permeability, and the pressure that was measured there. The ground is
no longer what the maps say, and by how much only the measurements tell. The question is what the clients' measurements
say together of the pressure on another square, of which there is a map too. Nothing here imports PyTorch.

A dataset here is the name under which its owner's account is charged. The one that is served now is synthetic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.artefacts import Named
from models.base import ON_DEMAND, Array, Private, Refusal, Result, Spec, Task, scalar, tensor
from models.operators.predict.task import DARCY
from models.privacy.ensemble_release import Release
from models.privacy.events import Event

DATASET = "demo/darcy"
PUBLIC_VERSION = 1  # of the public operator: heads that were fitted to one are none of another

# ε = 4 at δ = 1e-6 pays for 105 answers at a multiplier of 13. The radius is a quarter of a field's root mean square;
# nineteen in twenty shards depart by less. At that multiplier eight shapes are 5.9 % off, sixteen 6.7 %.
RELEASE = Release(shards=512, radius=0.0022)
MODES = 8

SIDES = (22, 43)  # nodes: as the public operator has learnt
PERMEABILITY = (3.0, 12.0)
NOISE_MULTIPLIER = (1.0, 1000.0)  # one answer at 1 costs ε = 5.2 at δ = 1e-6; beyond 1000 there is only noise


@dataclass(frozen=True, kw_only=True)
class PrivatePredictTask(Task):
    dataset: str = scalar(DATASET, "whose measurements: the account that is charged", choices=(DATASET,))
    permeability: Array = tensor(
        "float32", ("side", "side"), "a as on the map, 3 to 12, at 22² to 43² nodes of the unit square, x first"
    )
    noise_multiplier: float = scalar(
        13.0, "σ of the noise over the sensitivity, 1 to 1000: an answer costs ρ = 1/(2 multiplier²)"
    )

    def check(self) -> None:
        """Raise `Refusal` WRONG_SIZE, OUT_OF_RANGE."""
        side = len(self.permeability)
        if not SIDES[0] <= side <= SIDES[1]:
            details = {"got": str(side), "least": str(SIDES[0]), "most": str(SIDES[1])}
            raise Refusal(
                "WRONG_SIZE", f"has {side} nodes a side; send {SIDES[0]} to {SIDES[1]}", "permeability", details
            )
        low, high = PERMEABILITY
        outside = ~((low <= self.permeability) & (self.permeability <= high))  # NaN is not between anything
        if outside.any():
            at = tuple(int(place) for place in np.argwhere(outside)[0])
            _check_range(f"permeability[{at[0]}, {at[1]}]", float(self.permeability[at]), PERMEABILITY)
        _check_range("noise_multiplier", self.noise_multiplier, NOISE_MULTIPLIER)


def _check_range(field: str, value: float, allowed: tuple[float, float]) -> None:
    low, high = allowed
    if not low <= value <= high:
        details = {"value": f"{value:g}", "low": f"{low:g}", "high": f"{high:g}"}
        raise Refusal("OUT_OF_RANGE", f"is {value:g}; send a value between {low:g} and {high:g}", field, details)


@dataclass(frozen=True, kw_only=True)
class PrivatePredictResult(Result):
    mean: Array = tensor(
        "float64", ("side", "side"), "the pressure: the public answer and the shards' noisy mean of it"
    )
    public: Array = tensor("float64", ("side", "side"), "the public operator's answer, which knows no record")
    noise_deviation: Array = tensor(
        "float64", ("side", "side"), "standard deviation of the noise in each value of mean"
    )
    shards: int = scalar(0, "how many disjoint parts of the records answered")


def dataset(task: PrivatePredictTask) -> str:
    return task.dataset


def worst_case(task: PrivatePredictTask) -> Event:
    """What every answer to this task releases: no answer costs less."""
    return RELEASE.event(task.noise_multiplier)


def named(task: PrivatePredictTask) -> Named:
    return Named(reads=((DARCY, PUBLIC_VERSION),))


def example() -> PrivatePredictTask:
    axis = np.linspace(0.0, 1.0, SIDES[0])
    waves = np.sin(7 * axis)[:, None] + np.cos(5 * axis)[None, :]
    return PrivatePredictTask(permeability=np.where(waves >= 0, 12.0, 3.0).astype(np.float32))


SPEC = Spec(
    name="operators.private",
    version="1",
    summary=(
        "Darcy flow from clients' private measurements: a public operator, and the noisy mean of how heads on disjoint "
        "shards depart from it. The records are synthetic: a demonstration."
    ),
    task=PrivatePredictTask,
    result=PrivatePredictResult,
    factory="models.operators.private.demonstration:Demonstration",
    example=example,
    max_batch=32,
    resources=ON_DEMAND,
    private=Private(dataset=dataset, worst_case=worst_case),
    artefacts=named,
)
