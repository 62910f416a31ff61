"""A plate with private measurements: the task, its result, what an answer costs, and its line in the catalogue.

The plate is the unit square in 2 × 2 blocks of conductivity k with u = 0 on its boundary and a constant source f. Each
client measured one plate: its k, its f, and u at nine sensors. The question is what the clients' measurements say of u
at the sensors for another k and f.

A dataset here is the name under which its owner's account is charged. The one that is served now is synthetic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array, Private, Refusal, Resources, Result, Spec, Task, scalar, tensor
from models.privacy.ensemble_release import Release
from models.privacy.events import Event

DATASET = "demo/diffusion"

# ε = 4 at δ = 1e-6 pays for 105 answers at a multiplier of 13. Noise in them is 5 % of the field with 512 shards, 37 %
# with 64. The radius is 0.31 of the homogeneous plate's norm; no plate in range departs from it by more than 0.052.
RELEASE = Release(shards=512, radius=0.05)

CONDUCTIVITY = (0.5, 2.0)  # what clients measured, and so what may be asked
SOURCE = (0.1, 10.0)
NOISE_MULTIPLIER = (1.0, 1000.0)  # one answer at 1 costs ε = 5.2 at δ = 1e-6; beyond 1000 there is only noise

SENSORS = np.array([(x, y) for y in (0.25, 0.5, 0.75) for x in (0.25, 0.5, 0.75)])


@dataclass(frozen=True, kw_only=True)
class PlateTask(Task):
    dataset: str = scalar(DATASET, "whose measurements: the account that is charged", choices=(DATASET,))
    conductivity: Array = tensor("float64", (2, 2), "k by block: row 0 is the lower half, column 0 the left; 0.5 to 2")
    source: float = scalar(1.0, "f, 0.1 to 10")
    noise_multiplier: float = scalar(
        13.0, "σ of the noise over the sensitivity, 1 to 1000: an answer costs ρ = 1/(2 multiplier²)"
    )

    def check(self) -> None:
        """Raise `Refusal` OUT_OF_RANGE."""
        for at, value in np.ndenumerate(self.conductivity):
            _check_range(f"conductivity[{', '.join(map(str, at))}]", float(value), CONDUCTIVITY)
        _check_range("source", self.source, SOURCE)
        _check_range("noise_multiplier", self.noise_multiplier, NOISE_MULTIPLIER)


def _check_range(field: str, value: float, allowed: tuple[float, float]) -> None:
    low, high = allowed
    if not low <= value <= high:  # NaN is not between anything
        details = {"value": f"{value:g}", "low": f"{low:g}", "high": f"{high:g}"}
        raise Refusal("OUT_OF_RANGE", f"is {value:g}; send a value between {low:g} and {high:g}", field, details)


@dataclass(frozen=True, kw_only=True)
class PlateResult(Result):
    u: Array = tensor("float64", ("sensors",), "the noisy mean of the shards' answers at the sensors")
    sensors: Array = tensor("float64", ("sensors", 2), "where they are")
    noise_deviation: float = scalar(0.0, "standard deviation of the noise in each value of u")
    shards: int = scalar(0, "how many disjoint parts of the records answered")


def dataset(task: PlateTask) -> str:
    return task.dataset


def worst_case(task: PlateTask) -> Event:
    """What every answer to this task releases: no answer costs less."""
    return RELEASE.event(task.noise_multiplier)


SPEC = Spec(
    name="surrogate.diffusion",
    version="1",
    summary=(
        "Stationary diffusion from clients' private measurements: the noisy mean of surrogates on disjoint shards. "
        "The records are synthetic: a demonstration."
    ),
    task=PlateTask,
    result=PlateResult,
    factory="models.surrogate.demonstration:demonstration",
    example=lambda: PlateTask(conductivity=np.array([[1.0, 2.0], [0.5, 1.0]])),
    max_batch=64,
    resources=Resources(cpus=0.5, min_replicas=0),
    private=Private(dataset=dataset, worst_case=worst_case),
)
