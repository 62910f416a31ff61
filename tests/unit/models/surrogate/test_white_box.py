"""The whole mechanism on neighbouring datasets, with its noise written out: it spends what its event says.

The mutants leave out what the price rests on. If these tests could not tell, they would prove nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.base import Array
from models.privacy.audit import audit
from models.privacy.clipped_sum import total
from models.privacy.conversion import delta_of
from models.privacy.curve import Curve
from models.privacy.ensemble_release import Release
from models.privacy.profile import discrete_gaussians, hockey_stick
from models.surrogate import task as public
from models.surrogate.ensemble import Ensemble
from models.surrogate.plate import reference
from models.surrogate.records import Records
from models.surrogate.task import PlateResult
from tests.unit.models.surrogate.plates import HOMOGENEOUS, homogeneous, in_shard, owned, steps

SMALL = Release(shards=3, radius=0.05, steps=20)  # a deviation of 40 steps: few enough to write out
ORDERS = (1.5, 2.0, 5.0, 20.0)
EPSILONS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
ONE_SENSOR = np.eye(9)[4]
ALL_SENSORS = np.ones(9)


@pytest.fixture(autouse=True, scope="module")
def priced_as_small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(public, "RELEASE", SMALL)
        yield


def curve() -> tuple[Curve, float]:
    """What the router pays for, and the variance that goes with it."""
    mechanism = public.worst_case(HOMOGENEOUS).mechanism
    return mechanism, SMALL.variance(HOMOGENEOUS.noise_multiplier)


def divergence(moved: Array, order: float) -> float:
    """D_α between two sums that are apart by `moved`, plus noise: sensors are independent, so they add up."""
    _, variance = curve()
    total = 0.0
    for shift in np.abs(moved).tolist():
        here, there = discrete_gaussians(shift, variance)
        both = (here > 0) & (there > 0)
        logs = order * np.log(here[both]) - (order - 1) * np.log(there[both])
        total += float(np.logaddexp.reduce(logs)) / (order - 1)
    return total


def overspends(moved: Array) -> bool:
    paid, _ = curve()
    return any(divergence(moved, order) > float(paid.renyi(order)) * (1 + 1e-9) for order in ORDERS)


def extreme(sensors: Array, sign: float) -> Array:
    """(1, 9): a measurement that pulls the shard's answer far out at these sensors."""
    return (reference() + sign * sensors)[None]


def replaced(sensors: Array) -> Array:
    """How far the sum moves where the one client of a shard says the opposite."""
    (name,) = in_shard(1, SMALL)
    here, there = (steps(homogeneous([name], extreme(sensors, sign)), SMALL) for sign in (1.0, -1.0))
    return np.asarray(here - there)


def test_the_worst_replacement_costs_exactly_what_was_paid() -> None:
    moved = replaced(ONE_SENSOR)
    assert moved.tolist() == [0, 0, 0, 0, 40, 0, 0, 0, 0]
    paid, _ = curve()
    for order in ORDERS:
        assert divergence(moved, order) == pytest.approx(float(paid.renyi(order)), rel=1e-6)
    assert not overspends(moved)


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_its_exact_profile_is_within_the_converted_curve(epsilon: float) -> None:
    paid, variance = curve()
    assert hockey_stick(*discrete_gaussians(40, variance), epsilon) <= delta_of(paid, epsilon)


@pytest.mark.parametrize("sensors", [ONE_SENSOR, ALL_SENSORS], ids=["one", "all"])
def test_neither_coming_going_nor_a_replacement_overspends(sensors: Array) -> None:
    (name,) = in_shard(1, SMALL)
    nobody = steps(homogeneous([], np.empty((0, 9))), SMALL)
    assert not overspends(steps(homogeneous([name], extreme(sensors, 1.0)), SMALL) - nobody)
    assert not overspends(replaced(sensors))


ANY = st.floats(width=64)


@settings(max_examples=60)
@given(
    arrays(np.float64, (3, 2, 2), elements=ANY),
    arrays(np.float64, 3, elements=ANY),
    arrays(np.float64, (3, 9), elements=ANY),
    st.sampled_from([(2, 1), (1, 0), (2, 0)]),
)
def test_whatever_a_client_says_beside_others_it_moves_no_more_than_was_paid(
    conductivity: Array, source: Array, u: Array, neighbours: tuple[int, int]
) -> None:
    shared, mine = in_shard(1, SMALL, 2)
    records = Records(np.array([shared, mine, mine], dtype="S16"), conductivity, source, u)
    here, there = (steps(records.of(np.array([0, last])[: last + 1]), SMALL) for last in neighbours)
    assert np.sum((here - there) ** 2) <= 40**2


def test_without_clipping_an_answer_overspends_and_that_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not overspends(replaced(ALL_SENSORS))
    monkeypatch.setattr("models.privacy.clipped_sum.clipped", lambda rows, norm: rows)
    assert overspends(replaced(ALL_SENSORS))


def test_a_ball_that_is_a_twentieth_too_wide_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.privacy.aggregate.total", lambda places, norm: total(places, norm + 1))
    assert overspends(replaced(ALL_SENSORS))


def test_a_client_in_two_shards_overspends_and_that_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    (name,) = in_shard(1, SMALL)

    def moved() -> Array:
        here, there = (np.repeat(extreme(ONE_SENSOR, sign), 2, axis=0) for sign in (1.0, -1.0))
        return steps(homogeneous([name, name], here), SMALL) - steps(homogeneous([name, name], there), SMALL)

    assert not overspends(moved())
    by_place = lambda clients, key, shards: np.arange(len(clients)) % shards  # noqa: E731
    monkeypatch.setattr("models.surrogate.ensemble.assign", by_place)
    assert overspends(moved())


# From outside: samples of whole answers, against the exact (ε, δ) of the worst neighbours.


def claim(epsilon: float) -> float:
    return hockey_stick(*discrete_gaussians(2 * SMALL.steps, curve()[1]), epsilon)


def sampled(sensors: Array, sign: float) -> Array:
    """Scores of many answers: their projection on the sensors at which the neighbours differ."""
    (name,) = in_shard(1, SMALL)
    model = Ensemble(owned(homogeneous([name], extreme(sensors, sign)), SMALL))
    answers = model.run([HOMOGENEOUS] * 4_000)
    return np.array([answer.u @ sensors for answer in answers if isinstance(answer, PlateResult)])


@pytest.mark.slow
def test_from_outside_too_answers_keep_within_what_was_paid_and_without_clipping_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not audit(sampled(ONE_SENSOR, 1.0), sampled(ONE_SENSOR, -1.0), claim).violated
    assert not audit(sampled(ALL_SENSORS, 1.0), sampled(ALL_SENSORS, -1.0), claim).violated
    monkeypatch.setattr("models.privacy.clipped_sum.clipped", lambda rows, norm: rows)
    assert audit(sampled(ALL_SENSORS, 1.0), sampled(ALL_SENSORS, -1.0), claim).violated
