"""The model: what it answers, what it refuses, and that its noise is what was paid for."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import chi2

from models.base import Array, Refusal
from models.privacy.discrete_gaussian import discrete_gaussian
from models.privacy.ensemble_release import Release
from models.privacy.events import Event
from models.privacy.kinds import DiscreteGaussian
from models.privacy.neighbours import Adjacency, Unit
from models.privacy.random_bits import RandomBits
from models.surrogate import ensemble
from models.surrogate.demonstration import synthetic
from models.surrogate.ensemble import Ensemble
from models.surrogate.plate import reference
from models.surrogate.task import DATASET, RELEASE, SENSORS, PlateResult, PlateTask, worst_case
from tests.unit.models.surrogate.plates import HOMOGENEOUS, NoNoise, homogeneous, in_shard, owned, steps

FEW = replace(RELEASE, shards=4)
SYNTHETIC = synthetic(DATASET, FEW, 80, np.random.default_rng(2))
TASK = PlateTask(conductivity=np.array([[1.0, 2.0], [0.5, 1.0]]), source=3.0)


def result(answer: PlateResult | Refusal) -> PlateResult:
    assert isinstance(answer, PlateResult)
    return answer


def reason(answer: PlateResult | Refusal) -> str:
    assert isinstance(answer, Refusal)
    return answer.reason


def test_an_answer_says_what_it_is() -> None:
    answer = result(*Ensemble(SYNTHETIC).run([TASK]))
    assert (answer.shards, answer.u.shape, answer.u.dtype) == (4, (9,), np.float64)
    assert np.array_equal(answer.sensors, SENSORS)
    assert answer.noise_deviation == pytest.approx(3.0 * 13.0 * 2 * 0.05 / 4)  # f/k̄ = 3
    assert f"standard deviation {answer.noise_deviation:.3g}" in answer.evidence.method
    assert "4 quadratic ridge regressions" in answer.evidence.method
    assert (answer.evidence.error_bound, answer.evidence.residual) == (None, None)


def test_noise_is_a_discrete_gaussian_of_the_event_on_every_sensor_by_itself() -> None:
    def seeded() -> RandomBits:
        return RandomBits(np.random.default_rng(5).bytes)

    loud, silent = (result(*Ensemble(SYNTHETIC, draws).run([HOMOGENEOUS])) for draws in (seeded, NoNoise))
    mechanism = worst_case(HOMOGENEOUS).mechanism
    assert isinstance(mechanism, DiscreteGaussian)
    draws = seeded()
    noise = [discrete_gaussian(Fraction(mechanism.variance), draws) for _ in range(9)]
    assert (loud.u - silent.u) * 4 / FEW.grid.spacing == pytest.approx(np.array(noise, dtype=float), abs=1e-3)


def test_the_noise_has_the_deviation_that_the_answer_tells() -> None:
    model, count = Ensemble(SYNTHETIC), 200
    silent = result(*Ensemble(SYNTHETIC, NoNoise).run([TASK])).u
    answers = [result(answer) for answer in model.run([TASK] * count)]
    squares = sum(float(np.sum((answer.u - silent) ** 2)) for answer in answers) / answers[0].noise_deviation ** 2
    low, high = chi2.ppf([1e-6, 1 - 1e-6], 9 * count)
    assert low < squares < high


def test_every_answer_has_noise_of_its_own() -> None:
    first, second = (result(answer).u for answer in Ensemble(SYNTHETIC).run([TASK, TASK]))
    assert not np.array_equal(first, second)


def test_a_bad_task_does_not_spoil_its_batch() -> None:
    bad = replace(TASK, source=0.0)
    first, second, third = Ensemble(SYNTHETIC).run([TASK, bad, TASK])
    assert reason(second) == "OUT_OF_RANGE"
    assert result(first).u.shape == result(third).u.shape == (9,)


def test_records_of_another_dataset_than_the_one_that_paid_are_not_touched() -> None:
    elsewhere = synthetic("charite/plates", FEW, 80, np.random.default_rng(2))
    assert reason(*Ensemble(elsewhere).run([TASK])) == "UNKNOWN_DATASET"


@pytest.mark.parametrize(
    "other",
    [
        replace(FEW, steps=FEW.steps * 2),
        replace(FEW, unit=Unit.RECORD),
        replace(FEW, adjacency=Adjacency.REPLACE),
    ],
)
def test_a_replica_whose_settings_are_not_those_that_were_priced_answers_nothing(other: Release) -> None:
    dataset = synthetic(DATASET, other, 80, np.random.default_rng(2))
    assert reason(*Ensemble(dataset).run([TASK])) == "RELEASE_MISMATCH"


def test_a_mechanism_that_adds_less_noise_than_was_paid_for_answers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = ensemble.private_mean

    def cheat(answers: Array, grid: object, variance: float, *more: object) -> tuple[Array, Event]:
        return honest(answers, grid, variance / 1.05, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(ensemble, "private_mean", cheat)
    assert reason(*Ensemble(SYNTHETIC).run([TASK])) == "RELEASE_MISMATCH"


@pytest.mark.parametrize(("squared_sensitivity", "variance"), [(1.0, 1.05), (0.9, 1.0), (0.25, 1.0)])
def test_a_price_that_is_not_of_what_is_done_is_found(
    monkeypatch: pytest.MonkeyPatch, squared_sensitivity: float, variance: float
) -> None:
    def cheaper(release: Release, noise_multiplier: float) -> Event:
        squared = int(squared_sensitivity * 4 * release.steps**2)
        mechanism = DiscreteGaussian(squared, variance * release.variance(noise_multiplier))
        return Event(mechanism, release.unit, release.adjacency)

    monkeypatch.setattr(Release, "event", cheaper)
    assert reason(*Ensemble(SYNTHETIC).run([TASK])) == "RELEASE_MISMATCH"


def test_refusals_are_the_same_whatever_the_records_are() -> None:
    nonsense = np.full((2, 9), np.nan)
    models = [
        Ensemble(SYNTHETIC),
        Ensemble(owned(homogeneous([], np.empty((0, 9))), FEW)),
        Ensemble(owned(homogeneous([b"a", b"b"], nonsense), FEW)),
    ]
    tasks = [TASK, replace(TASK, source=0.0), replace(TASK, dataset="elsewhere/plates"), HOMOGENEOUS]
    told = [[str(a) if isinstance(a, Refusal) else "answered" for a in model.run(tasks)] for model in models]
    assert told[0] == told[1] == told[2]
    assert told[0][0] == told[0][3] == "answered"


def test_without_records_the_mean_is_the_reference() -> None:
    assert np.array_equal(steps(homogeneous([], np.empty((0, 9))), FEW), np.zeros(9))


def test_shards_learn_apart_so_that_their_sums_add_up() -> None:
    mine, others = in_shard(2, FEW, 3), in_shard(1, FEW, 4)
    u = reference() + np.linspace(-0.02, 0.02, 63).reshape(7, 9)
    apart = steps(homogeneous(mine, u[:3]), FEW) + steps(homogeneous(others, u[3:]), FEW)
    assert np.any(apart != 0)
    assert np.array_equal(steps(homogeneous(mine + others, u), FEW), apart)


def test_a_mean_on_many_shards_is_what_all_of_them_measured() -> None:
    clients = [name for shard in range(4) for name in in_shard(shard, FEW, 8)]
    u = reference() + np.tile([0.01, -0.01, 0.005] * 3, (32, 1))
    answer = result(*Ensemble(owned(homogeneous(clients, u), FEW), NoNoise).run([HOMOGENEOUS]))
    # Each shard's mean of 8 is drawn towards the reference by the ridge of a quarter of a record.
    assert answer.u - reference() == pytest.approx((u[0] - reference()) * 8 / 8.25, rel=1e-3)
