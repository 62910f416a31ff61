"""Holdings and questions that tests of private heads share: over a small public operator that knows nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from models.base import Array, Refusal
from models.operators.operator import Functions
from models.operators.pairs import Pairs
from models.operators.predict.forward import nodes
from models.operators.private.heads import Heads, Holdings, private_heads
from models.operators.private.modes import sines
from models.operators.private.served import PrivatePredictor
from models.operators.private.task import DATASET, MODES, PrivatePredictResult, PrivatePredictTask
from models.privacy.draws import Draws
from models.privacy.ensemble_release import Release
from models.privacy.shards import assign
from tests.unit.models.operators.tiny_operator import Tiny, pairs, plain_scaling

KEY = bytes(range(32))
SIDE = 22
OPERATOR, SCALING = Tiny(width=12).requires_grad_(False), plain_scaling("all")
SMALL = Release(shards=3, radius=0.05, steps=20)  # a deviation of 40 steps: few enough to write out
AXIS = np.linspace(0.0, 1.0, SIDE)
QUESTION = PrivatePredictTask(
    permeability=(6 + 2 * np.outer(np.cos(3 * AXIS), AXIS)).astype(np.float32), noise_multiplier=1.0
)


class NoNoise:
    """Draws with which every discrete Gaussian is 0: what would be said if nothing were kept back."""

    def below(self, bound: int) -> int:
        return 0

    def chance(self, numerator: int, denominator: int) -> bool:
        return False

    def decays(self, numerator: int, denominator: int) -> bool:
        return (numerator, denominator) != (1, 1)


def held(data: Pairs, owners: list[bytes], release: Release = SMALL) -> Holdings:
    return Holdings(DATASET, release, data, np.array(owners, dtype="S16"), KEY)


def heads(holdings: Holdings) -> Heads:
    return private_heads(holdings, OPERATOR, SCALING, ridge=0.25, largest=10.0)


def served(holdings: Holdings, draws: Callable[[], Draws] = NoNoise) -> PrivatePredictor:
    return PrivatePredictor(holdings.name, heads(holdings), draws)


def answer(outcome: PrivatePredictResult | Refusal) -> PrivatePredictResult:
    assert isinstance(outcome, PrivatePredictResult)
    return outcome


def in_shard(shard: int, release: Release = SMALL, count: int = 1) -> list[bytes]:
    """Names of owners who all are in one shard."""
    names = np.array([b"client-%d" % number for number in range(200 * count)], dtype="S16")
    found: list[bytes] = names[assign(names, KEY, release.shards) == shard].tolist()
    return found[:count]


def steps(holdings: Holdings) -> Array:
    """(MODES,) int64: the sum over shards on the grid, before noise."""
    release, modes = holdings.release, sines(SIDE, MODES)
    values = torch.from_numpy(QUESTION.permeability).reshape(1, -1, 1)
    asked = Functions(values, torch.from_numpy(nodes((SIDE, SIDE))), (SIDE, SIDE))
    said = heads(holdings).answer(asked, modes, QUESTION.noise_multiplier, NoNoise())
    departure = (said.mean - said.public)[None]
    exact = modes.coefficients(departure)[0] * release.shards / release.grid.spacing
    assert np.allclose(exact, exact.round(), atol=1e-6)
    return np.asarray(exact.round().astype(np.int64))


def extreme(size: float, count: int = 1) -> Pairs:
    """Functions of the tests' kind, with pressures of this size in all shapes: enough of it leaves any ball."""
    data = pairs(count, SIDE)
    field = sines(SIDE, MODES).field(np.full(MODES, size)).astype(np.float32)
    return Pairs(data.inputs, np.broadcast_to(field[:, None], data.targets.shape).copy(), data.positions, data.grid)
