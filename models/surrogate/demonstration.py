"""The demonstration's records: synthetic, from a fixed seed, and so nobody's.

They are made when a replica starts, in 2 s, and kept in its memory: no folder to find stale, half-written or not ours.
"""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.privacy.ensemble_release import Release
from models.surrogate import dataset
from models.surrogate.dataset import Dataset
from models.surrogate.ensemble import Ensemble
from models.surrogate.plate import fields, reference, scale
from models.surrogate.records import Records
from models.surrogate.task import CONDUCTIVITY, DATASET, RELEASE, SOURCE

RECORDS_PER_SHARD = 24  # for 10 coefficients; with 16 the mean without noise is half as far again from the truth
INSTRUMENT = 0.02  # standard deviation of a measurement, over the root mean square of the homogeneous plate's field
_SEED = 20_240_229


def demonstration(device: str) -> Ensemble:
    """The model of the catalogue. On the CPU, whatever the device."""
    count = RECORDS_PER_SHARD * RELEASE.shards
    return Ensemble(synthetic(DATASET, RELEASE, count, np.random.default_rng(_SEED)))


def synthetic(name: str, release: Release, count: int, rng: np.random.Generator) -> Dataset:
    """`count` clients with one plate each, solved by finite elements and measured with noise.

    Its key is drawn from `rng` too: such a dataset is for demonstrations and tests.
    """
    conductivity = _log_uniform(rng, CONDUCTIVITY, (count, 2, 2))
    source = _log_uniform(rng, SOURCE, (count,))
    size = INSTRUMENT * np.sqrt(np.mean(reference() ** 2)) * scale(conductivity, source)
    measured = fields(conductivity, source) + size[:, None] * rng.standard_normal((count, 9))
    clients = np.array([b"client-%06d" % number for number in range(count)], dtype="S")
    return dataset.dataset(name, release, Records(clients, conductivity, source, measured), rng.bytes(32))


def _log_uniform(rng: np.random.Generator, between: tuple[float, float], shape: tuple[int, ...]) -> Array:
    low, high = between
    return np.asarray(low * (high / low) ** rng.random(shape))
