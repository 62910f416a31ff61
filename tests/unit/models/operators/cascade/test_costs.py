from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.operators.cascade.costs import Average, Costs, Spent, Work, is_solving_cheaper
from models.operators.cascade.wish import Verify, Wish

CERTIFIED, WITHIN = Wish(Verify.CERTIFICATE), Wish(tolerance=0.05)
CORRECTED = Wish(Verify.CORRECT, steps=2)


def known(missed: float = 0.0, **seconds: float) -> Costs:
    return Costs({Work(name): Average(value, 1) for name, value in seconds.items()}, Average(missed, 1))


ON_A_CPU = known(forward=5, step=0.3, certificate=13, solve=2, bound=10)
SOLVES_ARE_DEAR = known(forward=0.1, step=3, certificate=13, solve=50, bound=10)

wishes = st.sampled_from((CERTIFIED, WITHIN, CORRECTED, Wish(Verify.CORRECT, steps=0), Wish(Verify.CORRECT, 1, 0.1)))
seconds = st.floats(0, 1e3)
costs = st.builds(
    known, missed=st.floats(0, 1), forward=seconds, step=seconds, certificate=seconds, solve=seconds, bound=seconds
)


@pytest.mark.parametrize("wish", (CERTIFIED, WITHIN, CORRECTED))
def test_where_solves_are_cheap_solving_is_the_cheaper_road_and_where_they_are_dear_it_is_not(wish: Wish) -> None:
    assert is_solving_cheaper(wish, ON_A_CPU)
    assert not is_solving_cheaper(wish, SOLVES_ARE_DEAR)


def test_an_operator_that_misses_the_tolerance_saves_nothing() -> None:
    """It is paid for, and then the solve as well."""
    assert not is_solving_cheaper(WITHIN, known(missed=0.5, forward=1, step=0, certificate=10, solve=15, bound=10))
    assert is_solving_cheaper(WITHIN, known(missed=0.5, forward=1, step=0, certificate=13, solve=15, bound=10))
    assert is_solving_cheaper(WITHIN, known(missed=1.0, forward=0.1, step=0, certificate=0.1, solve=15, bound=10))


def test_what_was_never_measured_is_tried() -> None:
    assert not is_solving_cheaper(CERTIFIED, Costs())
    assert not is_solving_cheaper(CERTIFIED, known(solve=1, bound=1))


@given(costs=costs)
def test_who_asks_for_the_operator_gets_it(costs: Costs) -> None:
    assert not is_solving_cheaper(Wish(), costs)


@given(costs=costs, wish=wishes, work=st.sampled_from((Work.FORWARD, Work.STEP, Work.CERTIFICATE)), more=seconds)
def test_a_dearer_operator_never_makes_solving_less_attractive(
    costs: Costs, wish: Wish, work: Work, more: float
) -> None:
    if work is Work.STEP and not wish.is_certified and wish.corrections < 1:
        return  # an estimate takes as many steps on either road
    dearer = Costs({**costs.seconds, work: Average(costs.seconds[work].value + more, 1)}, costs.missed)
    assert is_solving_cheaper(wish, dearer) or not is_solving_cheaper(wish, costs)


@given(costs=costs, wish=wishes, work=st.sampled_from((Work.SOLVE, Work.BOUND)), more=seconds)
def test_a_dearer_solve_never_makes_solving_more_attractive(costs: Costs, wish: Wish, work: Work, more: float) -> None:
    dearer = Costs({**costs.seconds, work: Average(costs.seconds[work].value + more, 1)}, costs.missed)
    assert is_solving_cheaper(wish, costs) or not is_solving_cheaper(wish, dearer)


@given(figures=st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_an_average_stays_among_its_figures(figures: list[float]) -> None:
    average = Average(0.0, 0)
    for figure in figures:
        average = average.fed(figure)
    assert min(figures) * (1 - 1e-12) <= average.value <= max(figures) * (1 + 1e-12)


def test_an_average_is_the_mean_of_all_but_the_first_and_forgets_later() -> None:
    average = Average(0.0, 0)
    for figure in (100.0, 1.0, 2.0, 6.0):  # loops were compiled in the first
        average = average.fed(figure)
    assert average.value == pytest.approx(3.0)
    for _ in range(60):
        average = average.fed(10.0)
    assert average.value == pytest.approx(10.0, rel=1e-2)


def test_feeding_counts_a_work_that_was_done_several_times_by_each() -> None:
    costs = Costs().fed((Spent(Work.STEP, 0.6, 3), Spent(Work.SOLVE, 2.0)), is_missed=True)
    assert costs.seconds[Work.STEP].value == pytest.approx(0.2)
    assert costs.seconds[Work.SOLVE].value == 2.0
    assert costs.missed == Average(1.0, 1)
    assert costs.fed((), is_missed=True).fed((), is_missed=False).missed.value == 0.5
    assert costs.fed(()).missed == costs.missed


def test_a_road_whose_first_call_was_slow_is_tried_again() -> None:
    """Compiling took the operator 100 s; from then on only the other road is measured."""
    costs = known(forward=100, step=0.1, certificate=1, solve=10, bound=1)
    calls = 0
    while is_solving_cheaper(CERTIFIED, costs):
        costs = costs.fed((Spent(Work.SOLVE, 10.0), Spent(Work.BOUND, 1.0)))
        calls += 1
    assert 400 < calls < 800
