"""Conformal intervals: the guarantee itself, by many calibration sets, and what is refused."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.base import Refusal
from models.operators.operator import Prediction
from models.operators.uncertainty.conformal import Conformal, factor
from models.operators.uncertainty.forward import functions
from models.operators.uncertainty.laplace.last_layer import LastLayer
from tests.unit.models.operators.uncertainty.toys import fitted, lines


@given(st.integers(1, 60), st.sampled_from([0.5, 0.8, 0.9, 0.95]), st.integers(0, 2**32 - 1))
def test_with_one_score_each_it_is_the_finite_sample_quantile(count: int, level: float, seed: int) -> None:
    scores = np.random.default_rng(seed).random(count)
    rank = math.ceil(round((count + 1) * level, 9))
    expected = math.inf if rank > count else np.sort(scores)[rank - 1]
    assert factor(torch.tensor(scores)[:, None], level) == expected


def test_too_few_functions_promise_nothing_finite() -> None:
    assert factor(torch.ones(8, 5), 0.9) == math.inf
    assert factor(torch.ones(9, 1), 0.9) == 1.0


def test_pointwise_bounds_control_the_expected_part_outside() -> None:
    """Functions whose values are all alike hold least: points of one function are no independent evidence."""
    rng = np.random.default_rng(0)
    outside = []
    for _ in range(2000):
        sizes = rng.exponential(size=(20, 1))
        found = factor(torch.tensor(sizes * np.ones(7)), 0.8)
        outside.append(rng.exponential() > found)
    # Standard error 0.009.
    assert np.mean(outside) <= 0.2 + 0.027


@pytest.mark.parametrize("kind", ["pointwise", "band"])
def test_new_functions_are_inside_as_often_as_promised_whatever_the_belief(kind: Literal["pointwise", "band"]) -> None:
    """The belief is far from true: trained on two thirds of nothing but noise, and 5 times too narrow."""
    level, calibration, tried = 0.8, 19, 60
    training = lines(30, seed=1)
    operator, between = fitted(training)
    method = LastLayer.fit(operator, between, training)
    narrow = LastLayer(operator, between, method.directions, method.variances / 25, method.noise / 25)
    fresh = lines(2 * calibration * tried, seed=7)
    inside = []
    for number in range(tried):
        first = 2 * calibration * number
        found = Conformal.fit(
            narrow, fresh.of(slice(first, first + calibration)), level, used=training.digests(), kind=kind
        )
        others = fresh.of(slice(first + calibration, first + 2 * calibration))
        low, high = found.interval(narrow.predict(functions(operator, others)))
        target = torch.tensor(others.targets)
        kept = ((low <= target) & (target <= high))[:, 1:-1]
        inside.append(float((kept if kind == "pointwise" else kept.all(dim=1)).double().mean()))
    # Of a band exactly 16/20; the standard error over sets and functions is 0.02.
    assert np.mean(inside) >= level - 0.04
    assert np.mean(inside) <= level + 0.08


def test_a_band_is_wider_than_pointwise_bounds_and_both_end_at_the_boundary_values() -> None:
    training, calibration = lines(30, seed=1), lines(40, seed=2)
    operator, between = fitted(training)
    method = LastLayer.fit(operator, between, training)
    band, points = (
        Conformal.fit(method, calibration, 0.9, used=training.digests(), kind=kind) for kind in ("band", "pointwise")
    )
    assert band.factor > points.factor
    prediction = method.predict(functions(operator, lines(3, seed=4)))
    for found in (band, points, Conformal("band", 0.9, math.inf, 3)):
        low, high = found.interval(prediction)
        assert torch.equal(low[:, [0, -1]], prediction.mean[:, [0, -1]]) and torch.equal(high[:, 0], low[:, 0])
        assert torch.all(high[:, 1:-1] > low[:, 1:-1])


def test_what_was_learnt_from_cannot_calibrate() -> None:
    training = lines(30, seed=1)
    operator, between = fitted(training)
    method = LastLayer.fit(operator, between, training)
    with pytest.raises(Refusal) as refused:
        Conformal.fit(method, training.of(slice(28, 30)), 0.9, used=training.digests())
    assert refused.value.reason == "CALIBRATION_OVERLAPS"
    assert refused.value.details == {"shared": "2", "sent": "2"}


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, math.nan])
def test_a_level_is_between_0_and_1(level: float) -> None:
    training = lines(30, seed=1)
    method = LastLayer.fit(*fitted(training), training)
    with pytest.raises(Refusal, match="level"):
        Conformal.fit(method, lines(20, seed=2), level, used=training.digests())


def test_it_survives_as_tensors() -> None:
    for before in (Conformal("band", 0.9, math.inf, 3), Conformal("pointwise", 0.95, 2.25, 400)):
        after = Conformal.restore(before.tensors())
        assert (after.kind, after.level, after.factor, after.functions) == (
            before.kind,
            before.level,
            before.factor,
            before.functions,
        )


def test_bounds_are_factor_deviations_away() -> None:
    prediction = Prediction(torch.tensor([[[1.0]]]), torch.tensor([[[0.5]]]))
    low, high = Conformal("pointwise", 0.9, 2.0, 9).interval(prediction)
    assert (float(low), float(high)) == (0.0, 2.0)
