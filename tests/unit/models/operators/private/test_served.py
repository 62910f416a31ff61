"""The model: what it answers and refuses, and that its noise is what was paid for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2

from models.base import Array, Refusal
from models.operators.pairs import Pairs
from models.operators.private import released, task
from models.operators.private.modes import sines
from models.operators.private.task import MODES, RELEASE, PrivatePredictResult
from models.privacy.aggregate import private_mean
from models.privacy.ensemble_release import Release
from models.privacy.events import Event
from models.privacy.neighbours import Adjacency, Unit
from models.privacy.random_bits import RandomBits
from tests.unit.models.operators.private.grounds import QUESTION, SIDE, answer, held, served
from tests.unit.models.operators.tiny_operator import pairs

FEW = replace(RELEASE, shards=4)
OWNERS = [b"client-%d" % number for number in range(20)]
HELD = held(pairs(20, SIDE), OWNERS, FEW)


def reason(outcome: PrivatePredictResult | Refusal) -> str:
    assert isinstance(outcome, Refusal)
    return outcome.reason


def test_an_answer_says_what_it_is() -> None:
    said = answer(*served(HELD).run([QUESTION]))
    assert (said.shards, said.mean.shape) == (4, (SIDE, SIDE))
    assert said.mean.dtype == said.public.dtype == said.noise_deviation.dtype == np.float64
    assert "clipped mean of how 4 heads on disjoint shards" in said.evidence.method
    assert f"up to {said.noise_deviation.max():.3g}" in said.evidence.method
    assert (said.evidence.error_bound, said.evidence.interval) == (None, None)
    sides = np.concatenate([said.mean[0], said.mean[-1], said.mean[:, 0], said.mean[:, -1]])
    assert np.abs(sides).max() < 1e-15 * np.abs(said.mean).max() * SIDE**2, "the sides are held at 0"


def test_the_noise_has_the_deviation_that_the_answer_tells() -> None:
    silent = answer(*served(HELD).run([QUESTION]))
    answers = [answer(said) for said in served(HELD, RandomBits).run([QUESTION] * 150)]
    moved = np.stack([(said.mean - silent.mean).ravel() for said in answers])
    coefficients = sines(SIDE, MODES).coefficients(moved) / FEW.deviation(QUESTION.noise_multiplier)
    low, high = chi2.ppf([1e-6, 1 - 1e-6], MODES * 150)
    assert low < np.sum(coefficients**2) < high
    spread = np.std(moved, axis=0)[silent.noise_deviation.ravel() > 0]
    told = silent.noise_deviation.ravel()[silent.noise_deviation.ravel() > 0]
    assert np.abs(spread / told - 1).max() < 6 / np.sqrt(2 * 150)


def test_a_bad_task_does_not_spoil_its_batch() -> None:
    bad = replace(QUESTION, noise_multiplier=0.0)
    first, second, third = served(HELD).run([QUESTION, bad, QUESTION])
    assert reason(second) == "OUT_OF_RANGE"
    assert np.array_equal(answer(first).mean, answer(third).mean)


def test_records_of_another_dataset_than_the_one_that_paid_are_not_touched() -> None:
    assert reason(*served(replace(HELD, name="charite/darcy")).run([QUESTION])) == "UNKNOWN_DATASET"


@pytest.mark.parametrize(
    "other",
    [
        replace(FEW, steps=FEW.steps * 2),
        replace(FEW, unit=Unit.RECORD),
        replace(FEW, adjacency=Adjacency.REPLACE),
    ],
)
def test_a_replica_whose_settings_are_not_those_that_were_priced_answers_nothing(other: Release) -> None:
    assert reason(*served(replace(HELD, release=other)).run([QUESTION])) == "RELEASE_MISMATCH"


def test_a_mechanism_that_adds_less_noise_than_was_paid_for_answers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def cheat(answers: Array, grid: object, variance: float, *more: object) -> tuple[Array, Event]:
        return private_mean(answers, grid, variance / 1.05, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(released, "private_mean", cheat)
    assert reason(*served(HELD).run([QUESTION])) == "RELEASE_MISMATCH"


def test_a_price_that_is_not_of_what_is_done_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "RELEASE", replace(RELEASE, steps=RELEASE.steps // 2))
    assert reason(*served(HELD).run([QUESTION])) == "RELEASE_MISMATCH"


def nonsense(value: float) -> Pairs:
    two = pairs(2, SIDE)
    return replace(two, targets=np.full_like(two.targets, value))


def test_refusals_are_the_same_whatever_the_records_are() -> None:
    models = [
        served(HELD),
        served(held(pairs(0, SIDE), [], FEW)),
        *(served(held(nonsense(value), OWNERS[:2], FEW)) for value in (np.nan, np.inf)),
    ]
    tasks = [QUESTION, replace(QUESTION, noise_multiplier=0.0), replace(QUESTION, dataset="elsewhere/darcy")]
    told = [[str(each) if isinstance(each, Refusal) else "answered" for each in model.run(tasks)] for model in models]
    assert told[0] == told[1] == told[2] == told[3]
    assert told[0][0] == "answered"
