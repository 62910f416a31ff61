"""The accountant and the odometer's vector."""

from __future__ import annotations

import pytest

from models.privacy.accountant import Accountant
from models.privacy.conversion import delta_of, epsilon_of
from models.privacy.errors import OtherRelation, OtherUnit
from models.privacy.events import Event
from models.privacy.kinds import Composed, Exponential, Gaussian, SelfComposed, SubsampledGaussian
from models.privacy.neighbours import Adjacency, Unit
from models.privacy.odometer import ORDERS, costs_by_order, epsilon_shown

EMPTY = Accountant(Unit.PATIENT, Adjacency.ADD_REMOVE)
NOISE = Event(Gaussian(5.0), Unit.PATIENT, Adjacency.ADD_REMOVE)
CHOICE = Event(Exponential(0.2), Unit.PATIENT, Adjacency.ADD_REMOVE)


def test_nothing_released_has_spent_nothing() -> None:
    assert (EMPTY.epsilon(1e-6), EMPTY.delta(0.0), EMPTY.zcdp()) == (0.0, 0.0, 0.0)


def test_it_counts_what_is_composed_in_any_order() -> None:
    one = EMPTY.after(NOISE).after(CHOICE).after(NOISE)
    other = EMPTY.after(CHOICE).after(NOISE, 2)
    composed = Composed((SelfComposed(Gaussian(5.0), 2), Exponential(0.2)))
    assert one.epsilon(1e-6) == other.epsilon(1e-6) == epsilon_of(composed, 1e-6)
    assert one.delta(1.0) == delta_of(composed, 1.0)
    assert one.zcdp() == pytest.approx(0.04 + 0.005, rel=1e-15)


def test_a_value_is_not_changed_by_what_comes_after() -> None:
    before = EMPTY.after(NOISE)
    spent = before.epsilon(1e-6)
    assert before.after(CHOICE).epsilon(1e-6) > spent == before.epsilon(1e-6)


def test_it_refuses_what_is_not_of_its_unit_or_relation() -> None:
    with pytest.raises(OtherUnit):
        EMPTY.after(Event(Gaussian(5.0), Unit.RECORD, Adjacency.ADD_REMOVE))
    with pytest.raises(OtherRelation):
        EMPTY.after(Event(Gaussian(5.0), Unit.PATIENT, Adjacency.REPLACE))
    with pytest.raises(ValueError, match="count"):
        EMPTY.after(NOISE, 0)


def test_under_replacement_an_event_counts_four_times() -> None:
    replacing = Accountant(Unit.PATIENT, Adjacency.REPLACE).after(NOISE)
    assert replacing.zcdp() == pytest.approx(4 * EMPTY.after(NOISE).zcdp(), rel=1e-15)


def test_the_odometers_vector_adds_up_and_shows_a_little_more_than_all_orders() -> None:
    mechanisms = [Gaussian(5.0), Exponential(0.2), SubsampledGaussian(0.01, 1.1, 100)]
    sums = tuple(map(sum, zip(*map(costs_by_order, mechanisms), strict=True)))
    best = epsilon_of(Composed(tuple(mechanisms)), 1e-6)
    assert best <= epsilon_shown(sums, 1e-6) <= 1.05 * best
    assert epsilon_shown((0,) * len(ORDERS), 1e-6) == 0.0


def test_the_odometers_orders_are_public_and_fixed() -> None:
    stored = (1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 20, 24, 32, 48, 64, 128, 256, 1024)
    assert stored == ORDERS  # ledgers hold sums by these orders
