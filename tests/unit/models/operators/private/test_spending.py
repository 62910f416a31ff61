"""The whole mechanism with a canary among its records, from within and from outside: it spends what its event says.

The canary is an owner who says the most extreme things. The mutant leaves out the clipping, which the price rests on:
if these tests could not tell, they would prove nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.base import Array
from models.operators.pairs import Pairs
from models.operators.private import task
from models.operators.private.modes import sines
from models.operators.private.task import MODES
from models.privacy.audit import audit
from models.privacy.profile import discrete_gaussians, hockey_stick
from models.privacy.random_bits import RandomBits
from tests.unit.models.operators.private.grounds import (
    QUESTION,
    SIDE,
    SMALL,
    answer,
    extreme,
    held,
    in_shard,
    served,
    steps,
)
from tests.unit.models.operators.tiny_operator import pairs

MOST = 2 * SMALL.steps  # the diameter of the ball: what is paid for
(CANARY,) = in_shard(1)


@pytest.fixture(autouse=True, scope="module")
def priced_as_small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task, "RELEASE", SMALL)
        yield


def test_a_canary_that_says_the_opposite_moves_nearly_all_that_is_paid_for_and_no_more() -> None:
    here, there = (steps(held(extreme(value), [CANARY])) for value in (9.0, -9.0))
    assert 0.8 * MOST <= np.linalg.norm(here - there) <= MOST
    nobody = steps(held(pairs(0, SIDE), []))
    assert np.linalg.norm(here - nobody) <= SMALL.steps


ANY = st.floats(width=32)


@settings(max_examples=40)
@given(arrays(np.float32, (3, SIDE, SIDE), elements=ANY), arrays(np.float32, (3, SIDE, SIDE), elements=ANY))
def test_whatever_an_owner_says_beside_others_it_moves_no_more_than_was_paid(inputs: Array, targets: Array) -> None:
    """The last of three functions is another owner's or another function, in one shard with the first."""
    known = pairs(1, SIDE)
    data = Pairs(inputs.reshape(3, -1, 1), targets.reshape(3, -1, 1), known.positions, known.grid)
    shared, mine = in_shard(1, count=2)
    here, there, without = (
        steps(held(data.of(np.array(chosen)), [shared, mine][: len(chosen)])) for chosen in ([0, 1], [0, 2], [0])
    )
    for one, other in ((here, there), (here, without), (there, without)):
        assert np.sum((one - other) ** 2) <= MOST**2


def claim(epsilon: float) -> float:
    return hockey_stick(*discrete_gaussians(MOST, SMALL.variance(QUESTION.noise_multiplier)), epsilon)


def scores(size: float) -> Array:
    """Of many answers: their part in the direction in which canaries of opposite signs differ."""
    apart = steps(held(extreme(9.0), [CANARY])) - steps(held(extreme(-9.0), [CANARY]))
    model = served(held(extreme(size), [CANARY]), RandomBits)
    moved = [(said.mean - said.public).ravel() for said in map(answer, model.run([QUESTION] * 1_000))]
    return np.asarray(sines(SIDE, MODES).coefficients(np.stack(moved)) @ apart)


def test_from_outside_too_a_canary_is_told_no_better_than_paid_for_and_without_clipping_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not audit(scores(9.0), scores(-9.0), claim).violated
    monkeypatch.setattr("models.privacy.clipped_sum.clipped", lambda rows, norm: rows)
    assert audit(scores(9.0), scores(-9.0), claim).violated
