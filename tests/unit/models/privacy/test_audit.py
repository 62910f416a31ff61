"""The black-box audit: it finds who spends 1.6 times what they say, and accuses nobody else."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.base import Array
from models.privacy.audit import audit
from models.privacy.choice import exponential_choice
from models.privacy.clipped_sum import clipped_sum
from models.privacy.neighbours import Adjacency, Unit
from models.privacy.profile import discrete_gaussians, hockey_stick
from models.privacy.random_bits import RandomBits

NORM = 7
SAMPLES = 200_000  # on each of two neighbours: 4e5 in all


def variance_of(rho: float) -> float:
    return NORM**2 / (2 * rho)


def claim_of(rho: float, epsilon: float) -> float:
    return hockey_stick(*discrete_gaussians(NORM, variance_of(rho)), epsilon)


def simulated(rho: float, seed: int) -> tuple[Array, Array]:
    """Scores on two neighbours, drawn fast from the written-out distribution and not from the sampler."""
    rng = np.random.default_rng(seed)
    here, there = discrete_gaussians(NORM, variance_of(rho))
    return rng.choice(len(here), SAMPLES, p=here), rng.choice(len(there), SAMPLES, p=there)


@pytest.mark.parametrize("rho", [0.02, 0.1, 0.5, 2.0])
def test_who_spends_1_6_times_is_found_and_who_spends_what_they_say_is_not(rho: float) -> None:
    liar = audit(*simulated(1.6 * rho, 1), lambda epsilon: claim_of(rho, epsilon))
    assert liar.violated
    assert claim_of(rho, liar.epsilon) == liar.delta_claimed < liar.delta_proved <= claim_of(1.6 * rho, liar.epsilon)
    assert not audit(*simulated(rho, 1), lambda epsilon: claim_of(rho, epsilon)).violated


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.02, 0.5])
def test_there_is_no_false_alarm_in_100_seeds_and_no_liar_of_1_6_times_escapes(rho: float) -> None:
    claims = {}

    def claim(epsilon: float) -> float:
        return claims.setdefault(epsilon, claim_of(rho, epsilon))

    alarms = sum(audit(*simulated(rho, seed), claim).violated for seed in range(100))
    found = sum(audit(*simulated(1.6 * rho, seed), claim).violated for seed in range(100))
    assert (alarms, found) == (0, 100)


@pytest.mark.slow
@pytest.mark.parametrize(("spent", "violated"), [(1.0, False), (1.6, True)])
def test_the_real_mechanism_is_told_from_one_with_too_little_noise(spent: float, violated: bool) -> None:
    """From rows to noise, on the operating system's bits. Every column is one sample: a unit adds NORM to each."""
    said, bits, width = 0.1, RandomBits(), 10_000
    variance = variance_of(said * spent)
    rows = np.array([np.zeros(width), np.full(width, NORM)], dtype=np.int64)

    def scores(data: Array) -> Array:
        norm = NORM * math.isqrt(width)  # nothing is clipped
        runs = range(SAMPLES // width)
        return np.concatenate(
            [clipped_sum(data, norm, variance, Unit.PATIENT, Adjacency.ADD_REMOVE, bits)[0] for _ in runs]
        )

    here, there = scores(rows[:1]), scores(rows)
    assert audit(here, there, lambda epsilon: claim_of(said, epsilon)).violated is violated


@pytest.mark.parametrize(("epsilon", "violated"), [(0.5, False), (0.64, True)])
def test_choices_are_audited_by_their_likelihood_ratio(epsilon: float, violated: bool) -> None:
    """1.28² is 1.6: said is 0.5, on neighbours in which two candidates change places."""
    bits, scores = RandomBits(np.random.default_rng(11).bytes), (0, 1)
    weight = 1 / (1 + math.exp(-0.25))
    said = (np.array([1 - weight, weight]), np.array([weight, 1 - weight]))

    def drawn(of: tuple[int, ...]) -> Array:
        args = (1, epsilon, Unit.RECORD, Adjacency.ADD_REMOVE, bits)
        return np.array([exponential_choice(of, *args)[0] for _ in range(100_000)])

    finding = audit(drawn(scores), drawn(scores[::-1]), lambda at: hockey_stick(*said, at))
    assert finding.violated is violated


def test_an_audit_of_too_few_samples_is_refused() -> None:
    with pytest.raises(ValueError, match="1000"):
        audit(np.zeros(10), np.zeros(10), lambda epsilon: 0.0)
    with pytest.raises(ValueError, match="equally many"):
        audit(np.zeros(2000), np.zeros(3000), lambda epsilon: 0.0)


def test_profiles_that_are_too_long_to_write_out_are_refused() -> None:
    with pytest.raises(ValueError, match="outcomes"):
        discrete_gaussians(1, 1e14)


def test_a_profile_is_between_nothing_and_total_variation() -> None:
    here, there = discrete_gaussians(NORM, 50.0)
    assert hockey_stick(here, there, 0.0) == pytest.approx(np.abs(here - there).sum() / 2)
    assert hockey_stick(here, here, 0.0) == 0.0
