"""The demonstration's records: synthetic, from a fixed seed, and so nobody's.

On every map the ground has two phases, 12 and 3. The tight one has clogged since, to two thirds: this is what no public
operator can know, and what the measured pressures tell.

They are made when a model is first asked, which a replica does before it says that it is ready, and then kept in its
memory: no folder to find stale, half-written or not ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from models.artefacts import Artefacts
from models.base import Array, Refusal
from models.operators.calibrated import unpacked
from models.operators.generators.darcy import PERMEABLE, TIGHT, discrete_darcy
from models.operators.generators.gaussian_field import gaussian_fields
from models.operators.pairs import Pairs
from models.operators.predict.forward import nodes
from models.operators.predict.task import DARCY
from models.operators.private.heads import Holdings, private_heads
from models.operators.private.served import PrivatePredictor
from models.operators.private.task import (
    DATASET,
    PUBLIC_VERSION,
    RELEASE,
    SIDES,
    PrivatePredictResult,
    PrivatePredictTask,
)
from models.privacy.ensemble_release import Release

RECORDS_PER_SHARD = 3  # on average: 5 % of the shards have none, and say nothing
CLOGGED = 2.0  # what the tight phase lets through by now
INSTRUMENT = 0.02  # standard deviation of a measurement, over the root mean square of all pressures
RIDGE = 0.25  # of a record of the usual size: a shard of one can still be fitted
LARGEST = 10.0  # scales of the public training, beyond which a record is cut off
_SEED = 20_240_307


class Demonstration:
    """The model of the catalogue. On the CPU, whatever the device."""

    def __init__(self, device: str, artefacts: Artefacts) -> None:
        self._artefacts = artefacts

    def run(self, tasks: Sequence[PrivatePredictTask]) -> list[PrivatePredictResult | Refusal]:
        """Raises `Refusal` where the public operator is not to be read."""
        return self._predictor.run(tasks)

    @cached_property
    def _predictor(self) -> PrivatePredictor:
        public = unpacked(self._artefacts.read(DARCY, PUBLIC_VERSION))
        holdings = synthetic(DATASET, RELEASE, RECORDS_PER_SHARD * RELEASE.shards, _SEED)
        heads = private_heads(holdings, public.operator, public.scaling, RIDGE, LARGEST)
        return PrivatePredictor(DATASET, heads)


def synthetic(name: str, release: Release, count: int, seed: int, side: int = SIDES[0]) -> Holdings:
    """`count` owners with a square each, solved by finite elements as it is, and measured with noise.

    The key is drawn from `seed` too: such holdings are for demonstrations and tests.
    """
    rng = np.random.default_rng([seed, 1])
    mapped, pressure = squares(count, side, seed)
    size = INSTRUMENT * np.sqrt(np.mean(pressure**2))
    pairs = Pairs(
        mapped.astype(np.float32)[..., None],
        (pressure + size * rng.standard_normal(pressure.shape)).astype(np.float32)[..., None],
        nodes((side, side)),
        (side, side),
    )
    owners = np.array([b"client-%06d" % number for number in range(count)], dtype="S")
    return Holdings(name, release, pairs, owners, rng.bytes(32))


def squares(count: int, side: int, seed: int) -> tuple[Array, Array]:
    """(count, side²) each: permeabilities as on the maps, and pressures in the ground as it is."""
    fields = gaussian_fields(count, np.linspace(0.0, 1.0, side), seed)
    permeable = np.array([field.ravel() >= 0 for field in fields])
    pressure = discrete_darcy(side - 1).solve(list(np.where(permeable, PERMEABLE, CLOGGED)))
    return np.where(permeable, PERMEABLE, TIGHT), np.array(pressure)
