"""Pairs of functions for training."""

from __future__ import annotations

import numpy as np
import pytest

from models.operators.pairs import Pairs

RNG = np.random.default_rng(3)


def pairs(samples: int = 4) -> Pairs:
    inputs = RNG.standard_normal((samples, 6, 2)).astype(np.float32)
    positions = RNG.random((6, 2)).astype(np.float32)
    return Pairs(inputs, inputs[:, :, :1], positions, (2, 3))


def test_shapes_that_do_not_belong_together_are_refused() -> None:
    good = pairs()
    with pytest.raises(ValueError, match="points"):
        Pairs(good.inputs, good.targets, good.positions[:-1])
    with pytest.raises(ValueError, match="grid"):
        Pairs(good.inputs, good.targets, good.positions, (2, 2))


def test_sets_overlap_exactly_where_their_digests_do() -> None:
    whole = pairs(6)
    assert whole.of(slice(0, 3)).digests().isdisjoint(whole.of(slice(3, 6)).digests())
    assert whole.of(slice(0, 4)).digests() & whole.of(slice(3, 6)).digests() == whole.of(slice(3, 4)).digests()
