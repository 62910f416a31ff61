"""Which new versions are let through."""

from __future__ import annotations

import numpy as np
import pytest

from models.base import Refusal
from models.operators.learning.canary import Policy, verdict

OLD = np.random.default_rng(0).lognormal(-3, 0.5, 200)


def test_a_better_version_is_published_and_a_worse_one_is_not() -> None:
    assert verdict(OLD, 0.8 * OLD).publish
    worse = verdict(OLD, 1.1 * OLD)
    assert not worse.publish and "in the mean" in worse.reason


def test_the_same_version_is_not_worse() -> None:
    assert verdict(OLD, OLD).publish


def test_a_version_that_is_better_in_the_mean_and_worse_in_the_tail_is_not_published() -> None:
    tail = np.quantile(OLD, 0.9) < OLD
    found = verdict(OLD, np.where(tail, 1.5 * OLD, 0.5 * OLD))
    assert not found.publish and "tail" in found.reason


def test_too_few_functions_to_tell_are_not_enough() -> None:
    rng = np.random.default_rng(1)
    new = OLD * rng.lognormal(0, 0.5, 200) * 0.85
    assert verdict(OLD, new, Policy(tail=0.5)).publish
    assert not verdict(OLD[:4], new[:4], Policy(tail=0.5)).publish


def test_a_worse_version_is_let_through_about_as_rarely_as_the_level_says() -> None:
    """Exactly at the slack: 5 % of 2000 trials, within four standard deviations; normal errors make Student's exact."""
    rng = np.random.default_rng(2)
    policy = Policy(slack=0.0, tail=0.5)
    passed = 0
    for _ in range(2000):
        noise = rng.standard_normal((2, 20))
        passed += verdict(10 + noise[0], 10 + noise[1], policy).reason.startswith("not shown") is False
    assert abs(passed / 2000 - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 2000)


def test_an_answer_that_is_no_number_is_never_published() -> None:
    broken = OLD.copy()
    broken[3] = np.nan
    assert not verdict(OLD, broken).publish
    assert not verdict(broken, broken).publish
    assert verdict(broken, OLD).publish


def test_errors_that_cannot_be_compared_are_refused() -> None:
    for old, new in ((OLD, OLD[:3]), (OLD[:1], OLD[:1]), (OLD[:, None], OLD[:, None])):
        with pytest.raises(Refusal) as refused:
            verdict(old, new)
        assert refused.value.reason == "NOT_COMPARABLE"


@pytest.mark.parametrize("wrong", [{"slack": -1.0}, {"level": 0.3}, {"tail": 1.0}, {"slack": float("nan")}])
def test_policies_that_make_no_sense_are_an_error(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="out of range"):
        Policy(**wrong)
