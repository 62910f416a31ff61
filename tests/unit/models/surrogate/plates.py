"""Records and draws that tests of the plate's ensemble share."""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.privacy.ensemble_release import Release
from models.privacy.shards import assign
from models.surrogate.dataset import Dataset, dataset
from models.surrogate.ensemble import Ensemble
from models.surrogate.plate import reference, scale
from models.surrogate.records import Records
from models.surrogate.task import DATASET, PlateResult, PlateTask

KEY = bytes(range(32))
HOMOGENEOUS = PlateTask(conductivity=np.ones((2, 2)), noise_multiplier=1.0)


class NoNoise:
    """Draws with which every discrete Gaussian is 0: what the ensemble would say if it kept nothing to itself."""

    def below(self, bound: int) -> int:
        return 0

    def chance(self, numerator: int, denominator: int) -> bool:
        return False

    def decays(self, numerator: int, denominator: int) -> bool:
        return (numerator, denominator) != (1, 1)


def homogeneous(clients: list[bytes], u: Array) -> Records:
    """Plates of k = 1 and f = 1, with fields u (n, 9)."""
    count = len(clients)
    return Records(np.array(clients, dtype="S16"), np.ones((count, 2, 2)), np.ones(count), np.asarray(u))


def owned(records: Records, release: Release) -> Dataset:
    return dataset(DATASET, release, records, KEY)


def in_shard(shard: int, release: Release, count: int = 1) -> list[bytes]:
    """Names of clients that all go to one shard."""
    names = np.array([b"client-%d" % number for number in range(200 * count)], dtype="S16")
    found: list[bytes] = names[assign(names, KEY, release.shards) == shard].tolist()
    return found[:count]


def steps(records: Records, release: Release, task: PlateTask = HOMOGENEOUS) -> Array:
    """(9,) int64: the sum over shards on the grid, before noise."""
    (answer,) = Ensemble(owned(records, release), NoNoise).run([task])
    assert isinstance(answer, PlateResult)
    factor = scale(task.conductivity[None], np.array([task.source]))[0]
    exact = (answer.u / factor - reference()) * release.shards / release.grid.spacing
    assert np.allclose(exact, exact.round(), atol=1e-6)
    return np.asarray(exact.round().astype(np.int64))
