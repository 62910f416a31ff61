"""Operators on disjoint shards: what one unit moves, what an answer costs, and how good it is."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from models.base import Array, Refusal
from models.operators.operator import Functions
from models.operators.pairs import Pairs
from models.operators.private.ensemble import Member, PrivateEnsemble, private_ensemble
from models.operators.private.modes import Modes, leading
from models.privacy.ensemble_release import Release
from models.privacy.random_bits import RandomBits
from models.privacy.shards import assign
from tests.unit.models.operators.tiny_operator import functions, pairs

KEY = bytes(range(32))
RELEASE = Release(shards=40, radius=2.0)
MODES = leading(pairs(30, seed=99).targets[:, :, 0].astype(np.float64), 4)


def public(inputs: Functions) -> Tensor:
    """What is said before any record: a third of the answer to functions of mean 0."""
    return inputs.values / 6


def fit(data: Pairs) -> Member:
    """u = a f + b mean f by least squares: the right model for these pairs; without data it says 0."""
    values, targets = data.inputs[:, :, 0], data.targets[:, :, 0]
    means = np.broadcast_to(values.mean(axis=1, keepdims=True), values.shape) if len(values) else values
    columns = np.stack((values.ravel(), means.ravel()), axis=1)
    a, b = np.linalg.lstsq(columns, targets.ravel(), rcond=None)[0] if len(values) else (0.0, 0.0)

    def member(inputs: Functions) -> Tensor:
        return float(a) * inputs.values + float(b) * inputs.values.mean(dim=1, keepdim=True)

    return member


def ensemble(data: Pairs, with_fit: Callable[[Pairs], Member] = fit) -> PrivateEnsemble:
    return private_ensemble(data, owners(len(data)), KEY, public, with_fit, MODES, RELEASE)


def owners(count: int) -> Array:
    return np.array([b"client-%05d" % number for number in range(count)], dtype="S")


def draws(seed: int) -> RandomBits:
    return RandomBits(random.Random(seed).randbytes)


def test_an_answer_costs_what_its_release_says_whatever_the_members_say() -> None:
    for constant in (0.0, 1e30, float("nan"), float("-inf")):
        said = PrivateEnsemble(public, [lambda inputs, c=constant: c + 0 * inputs.values] * 40, MODES, RELEASE)
        answer = said.answer(functions(1), 3.0)
        assert answer.event == RELEASE.event(3.0)
        assert np.isfinite(answer.mean).all()


def test_one_member_moves_the_mean_by_at_most_the_diameter_over_the_shards() -> None:
    """With the same noise in both: in the mean square over points, to the rounding of the grid."""

    def mean(last: float) -> Array:
        members: list[Member] = [lambda inputs: 0.5 * inputs.values] * 39
        said = PrivateEnsemble(public, [*members, lambda inputs: last + 0 * inputs.values], MODES, RELEASE)
        return said.answer(functions(1), 5.0, draws(1)).mean

    for one, other in ((1e9, -1e9), (float("nan"), 1e300), (0.0, 3.0)):
        moved = float(np.sqrt(np.mean((mean(one) - mean(other)) ** 2)))
        assert moved <= 2 * RELEASE.radius / 40 * (1 + 1e-4)


def test_a_clients_functions_are_all_in_its_shard_and_members_see_nothing_else() -> None:
    data, seen = pairs(100), []

    def spy(part: Pairs) -> Member:
        seen.append(part)
        return fit(part)

    ensemble(data, spy)
    shard = assign(owners(100), KEY, 40)
    assert sum(len(part) for part in seen) == 100 and len(seen) == 40
    for place, part in enumerate(seen):
        assert np.array_equal(part.inputs, data.inputs[shard == place])


def test_the_noisy_mean_is_right_within_its_noise() -> None:
    data, asked = pairs(400), pairs(1, seed=5)
    answer = ensemble(data).answer(functions(1, seed=5), 1.0, draws(2))
    known = public(functions(1, seed=5)).numpy()[:, :, 0].astype(np.float64)
    expected = known[0] + MODES.field(MODES.coefficients(asked.targets[:, :, 0] - known)[0])
    assert (np.abs(answer.mean - expected) <= 5 * answer.deviation + 0.02).all()


def test_the_deviation_is_that_of_the_noise() -> None:
    silent = PrivateEnsemble(public, [lambda inputs: 0 * inputs.values] * 40, MODES, RELEASE)
    answers = [silent.answer(functions(1), 4.0, draws(seed)) for seed in range(200)]
    spread = np.std([answer.mean for answer in answers], axis=0)
    assert np.abs(spread / answers[0].deviation - 1).max() < 4 / np.sqrt(2 * 200)


def test_where_the_shards_know_no_more_the_public_answer_stays_but_for_noise() -> None:
    silent = PrivateEnsemble(public, [public] * 40, MODES, RELEASE).answer(functions(1), 1.0, draws(3))
    known = public(functions(1)).numpy()[0, :, 0]
    assert (np.abs(silent.mean - known) <= 5 * silent.deviation).all() and not np.allclose(silent.mean, known)


def test_leading_modes_are_orthonormal_and_hold_public_fields() -> None:
    fields = pairs(30, seed=99).targets[:, :, 0].astype(np.float64)
    modes = leading(fields, 9)
    assert np.allclose(modes.shapes.T @ modes.shapes / 25, np.eye(9), atol=1e-10)
    assert np.allclose([modes.field(c) for c in modes.coefficients(fields)], fields, atol=1e-5)


def test_what_cannot_be_released_as_one_answer_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        ensemble(pairs(10)).answer(functions(2), 3.0)
    assert refused.value.reason == "NOT_ONE_FUNCTION"
    with pytest.raises(ValueError, match="39 members"):
        PrivateEnsemble(public, [lambda inputs: torch.zeros(1, 25, 1)] * 39, MODES, RELEASE)
    with pytest.raises(ValueError, match="orthonormal"):
        Modes(np.ones((3, 2)))
