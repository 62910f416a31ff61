"""All heads at once: the same as one operator for each shard, and each by itself."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.operators.operator import Functions
from models.operators.private.ensemble import private_ensemble
from models.operators.private.head_fit import head_fit
from models.operators.private.modes import sines
from models.privacy.random_bits import RandomBits
from tests.unit.models.operators.private.grounds import (
    KEY,
    OPERATOR,
    SCALING,
    SIDE,
    SMALL,
    heads,
    held,
    in_shard,
    steps,
)
from tests.unit.models.operators.tiny_operator import functions, pairs

FINE = replace(SMALL, radius=1e3, steps=2**26)  # nothing is clipped, and hardly rounded


def draws() -> RandomBits:
    return RandomBits(random.Random(4).randbytes)


def public(inputs: Functions) -> torch.Tensor:
    return SCALING.answer(OPERATOR(SCALING.inputs(inputs)), inputs.positions)


def test_they_answer_as_an_ensemble_of_whole_operators_does() -> None:
    data, owners = pairs(20, SIDE), [b"client-%d" % number for number in range(20)]
    asked, modes = functions(1, SIDE, seed=7), sines(SIDE, 8)
    holdings = held(data, owners, FINE)
    fit = head_fit(OPERATOR, SCALING, ridge=0.25, largest=10.0)
    others = private_ensemble(data, holdings.owners, KEY, public, fit, modes, FINE).answer(asked, 1.0, draws())
    ours = heads(holdings).answer(asked, modes, 1.0, draws())
    assert ours.event == others.event
    assert np.allclose(ours.public, others.public, atol=1e-7)
    assert np.allclose(ours.mean, others.mean, atol=1e-5 * np.abs(others.mean).max())
    assert np.array_equal(ours.deviation, others.deviation)


def test_shards_learn_apart_so_that_their_sums_add_up() -> None:
    """To the last step of the grid: one owner's absence must not move what other shards say by a rounding either."""
    data, mine, others = pairs(7, SIDE), in_shard(2, count=3), in_shard(1, count=4)
    first = steps(held(data.of(slice(0, 3)), mine))
    second = steps(held(data.of(slice(3, 7)), others))
    assert np.any(first != 0) and np.any(second != 0)
    assert np.array_equal(steps(held(data, mine + others)), first + second)


def test_without_records_the_public_answer_stays() -> None:
    assert not steps(held(pairs(0, SIDE), [])).any()


@pytest.mark.parametrize("side", [22, 43])
def test_sines_are_orthonormal_on_every_grid_the_slowest_first(side: int) -> None:
    modes = sines(side, 8)
    assert modes.shapes.T @ modes.shapes / side**2 == pytest.approx(np.eye(8), abs=1e-12)
    axis = np.linspace(0.0, 1.0, side)
    slowest = np.outer(np.sin(np.pi * axis), np.sin(np.pi * axis)).ravel()
    assert modes.shapes[:, 0] == pytest.approx(slowest * modes.shapes[:, 0].max() / slowest.max())
