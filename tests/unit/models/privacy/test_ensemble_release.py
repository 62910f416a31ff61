"""What an answer costs, and how much noise that is."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.privacy.cost import cost_in_picorho
from models.privacy.ensemble_release import MOST_STEPS, Release
from models.privacy.kinds import DiscreteGaussian, Gaussian
from models.privacy.neighbours import Adjacency, Unit

RELEASE = Release(shards=8, radius=0.5, steps=100)


def test_an_event_says_sensitivity_and_noise_in_steps_of_the_grid() -> None:
    event = RELEASE.event(3.0)
    assert event.mechanism == DiscreteGaussian(200**2, 600.0**2)
    assert (event.unit, event.adjacency) == (Unit.CLIENT, Adjacency.ADD_REMOVE)


@given(st.floats(1.0, 1000.0))
def test_an_answer_costs_what_a_gaussian_of_its_multiplier_does(multiplier: float) -> None:
    # The variance is rounded to 53 bits, and the event prices what was rounded.
    event, exact = RELEASE.event(multiplier), 1 / (2 * Fraction(multiplier) ** 2)
    assert float(event.mechanism.rho() / (Decimal(exact.numerator) / exact.denominator)) == pytest.approx(1, rel=1e-15)
    assert abs(cost_in_picorho(event.mechanism, None) - cost_in_picorho(Gaussian(multiplier), None)) <= 1


def test_the_deviation_of_the_mean_is_in_the_answers_units() -> None:
    assert RELEASE.deviation(3.0) == pytest.approx(3.0 * 2 * 0.5 / 8)


@pytest.mark.parametrize(
    ("shards", "radius", "steps"),
    [(0, 0.5, 1), (1, 0.0, 1), (1, math.nan, 1), (1, math.inf, 1), (1, 0.5, 0), (1, 0.5, MOST_STEPS + 1)],
)
def test_settings_that_make_no_sense_are_refused(shards: int, radius: float, steps: int) -> None:
    with pytest.raises(ValueError, match=r"shards|radius|steps"):
        Release(shards, radius, steps)


def test_the_finest_grid_is_still_exact_and_its_loudest_noise_has_a_price() -> None:
    finest = Release(1, 0.5, MOST_STEPS)
    assert MOST_STEPS**2 * 256 <= 2**60  # of `models.privacy.clipping`
    assert cost_in_picorho(finest.event(1000.0).mechanism, None) == 500_000
