from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base import Array, BoundKind, Outcome, Refusal
from models.fem.bound import energy_bound
from models.fem.energy import energy_norm
from models.operators.cascade.answer import Answer, Guess
from models.operators.cascade.candidates import digest
from models.operators.cascade.cascade import answer
from models.operators.cascade.costs import Costs, Work, is_solving_cheaper
from models.operators.cascade.grid import Question
from models.operators.cascade.road import Road, Why
from models.operators.cascade.wish import Verify, Wish
from tests.unit.models.fem.reference import enclose_error
from tests.unit.models.operators.cascade.fields import ONE, Kept, contrast, grid_of, off, solution, ticking

N = 32
ASKED = contrast(N)
EXACT = solution(N, ASKED)
CERTIFIED = Wish(Verify.CERTIFICATE)


def asked_of(guess: Guess | None, wish: Wish, asked: Question = ASKED, kept: Kept | None = None) -> Answer:
    return answer(grid_of(N), asked, guess, wish, Kept() if kept is None else kept, ticking())


def guessed(size: float = 0.03, kind: str = "smooth", *, is_far: bool = False) -> Guess:
    return Guess(off(N, EXACT, size, kind), is_far)


def least_relative(asked: Question = ASKED) -> float:
    """Of the discrete solution's bound: no answer on this grid is better."""
    bound, _ = energy_bound(grid_of(N).pose(asked).problem, solution(N, asked))
    return bound.relative


def field_of(found: Answer) -> Array:
    assert found.u is not None
    return found.u


def value_of(found: Answer) -> float:
    assert found.evidence.error_bound is not None
    return found.evidence.error_bound.value


def test_unverified_the_operators_field_goes_out_as_it_is() -> None:
    guess, kept = guessed(is_far=True), Kept()
    found = asked_of(guess, Wish(), kept=kept)
    assert found.u is guess.field
    assert (found.decision.road, found.decision.why) == (Road.OPERATOR, Why.ASKED)
    assert found.evidence.error_bound is None
    assert not kept.offered


@pytest.mark.parametrize("kind", ("smooth", "rough", "both"))
def test_a_certificate_is_above_the_true_error_and_near_it(kind: str) -> None:
    guess = guessed(0.05, kind)
    found = asked_of(guess, CERTIFIED)
    assert found.decision.road is Road.OPERATOR_CERTIFIED
    np.testing.assert_array_equal(found.u, guess.field)
    bound = found.evidence.error_bound
    assert bound is not None and bound.kind is BoundKind.GUARANTEED
    low, high = enclose_error(grid_of(N).pose(ASKED).problem, guess.field, 1)
    assert low <= bound.value <= 1.15 * low
    assert bound.value > 0.99 * high  # the enclosure knows no better
    assert found.shares is not None
    assert found.shares.sum() == pytest.approx(bound.value**2)


def test_correcting_lowers_the_error_and_says_against_what() -> None:
    guess = guessed(0.05)
    before = energy_norm(grid_of(N).pose(ASKED).problem, guess.field - EXACT)
    for steps in (1, 2, 3):
        found = asked_of(guess, Wish(Verify.CORRECT, steps))
        assert (found.decision.road, found.decision.steps) == (Road.CORRECTED, steps)
        bound = found.evidence.error_bound
        assert bound is not None and bound.kind is BoundKind.ESTIMATED
        after = energy_norm(grid_of(N).pose(ASKED).problem, field_of(found) - EXACT)
        assert after < 0.2 * before
        assert 0.95 * after <= bound.value <= after * (1 + 1e-5)
        before = after


def test_without_a_step_the_error_of_the_operators_field_is_estimated() -> None:
    guess = guessed(0.05)
    found = asked_of(guess, Wish(Verify.CORRECT, 0))
    assert found.decision.road is Road.OPERATOR
    np.testing.assert_array_equal(found.u, guess.field)
    assert value_of(found) == pytest.approx(energy_norm(grid_of(N).pose(ASKED).problem, guess.field - EXACT), rel=0.01)


def test_within_the_tolerance_the_operators_field_goes_out_guaranteed() -> None:
    guess, kept = guessed(0.01), Kept()
    found = asked_of(guess, Wish(tolerance=0.3), kept=kept)
    assert (found.decision.road, found.decision.why) == (Road.OPERATOR_CERTIFIED, Why.WITHIN)
    np.testing.assert_array_equal(found.u, guess.field)
    assert found.is_missed is False
    assert not kept.offered


def test_a_corrected_field_is_certified_where_there_is_a_tolerance() -> None:
    tolerance = 1.1 * least_relative()
    assert asked_of(guessed(0.05), Wish(tolerance=tolerance)).decision.road is Road.FEM
    found = asked_of(guessed(0.05), Wish(Verify.CORRECT, 2, tolerance))
    assert (found.decision.road, found.decision.why, found.decision.steps) == (Road.CORRECTED, Why.WITHIN, 2)
    bound = found.evidence.error_bound
    assert bound is not None and bound.kind is BoundKind.GUARANTEED


def test_what_a_lower_bound_refutes_is_solved_without_a_certificate() -> None:
    kept, guess = Kept(), guessed(0.2)
    found = asked_of(guess, Wish(tolerance=1.1 * least_relative()), kept=kept)
    assert (found.decision.road, found.decision.why) == (Road.FEM, Why.REFUTED)
    np.testing.assert_allclose(field_of(found), EXACT, atol=1e-8 * EXACT.max())
    assert {each.work for each in found.spent} == {Work.STEP, Work.SOLVE, Work.BOUND}
    assert found.is_missed is True
    [candidate] = kept.offered
    assert candidate.digest == digest(ASKED)
    assert candidate.field is guess.field
    assert candidate.why is Why.REFUTED
    np.testing.assert_array_equal(candidate.solution, field_of(found))
    problem = grid_of(N).pose(ASKED).problem
    error = energy_norm(problem, guess.field - EXACT) / energy_norm(problem, EXACT)
    assert candidate.relative == pytest.approx(error, rel=1e-6)


def test_what_its_own_bound_refutes_is_solved_and_bounded_by_the_flux_that_is_there() -> None:
    """An error just below the tolerance, to which that of the discrete solution is added."""
    least, problem = least_relative(), grid_of(N).pose(ASKED).problem
    guess = guessed(0.02)
    error = energy_norm(problem, guess.field - EXACT) / energy_norm(problem, guess.field)
    tolerance = 1.02 * max(error, least)
    assert np.hypot(error, least) > 1.05 * tolerance
    found = asked_of(guess, Wish(tolerance=tolerance))
    assert (found.decision.road, found.decision.why) == (Road.FEM, Why.MISSED)
    assert {each.work for each in found.spent} == {Work.STEP, Work.CERTIFICATE, Work.SOLVE}
    assert value_of(found) / energy_norm(problem, EXACT) <= tolerance


@pytest.mark.parametrize("guess", (None, guessed(0.01), guessed(0.3), guessed(1.0, is_far=True)))
def test_no_answer_leaves_outside_its_tolerance(guess: Guess | None) -> None:
    found = asked_of(guess, Wish(tolerance=0.9 * least_relative()))
    assert found.u is None
    assert found.shares is None
    assert found.evidence.outcome is Outcome.NOT_CONVERGED
    assert f"refine to {round(N / 0.9 + 0.5)} × " in found.evidence.advice


def test_far_from_what_it_was_trained_on_the_operator_is_not_believed() -> None:
    kept = Kept()
    for wish in (CERTIFIED, Wish(tolerance=0.3)):
        found = asked_of(guessed(0.01, is_far=True), wish, kept=kept)
        assert (found.decision.road, found.decision.why) == (Road.FEM, Why.FAR)
        np.testing.assert_allclose(field_of(found), EXACT, atol=1e-8 * EXACT.max())
    assert [candidate.why for candidate in kept.offered] == [Why.FAR, Why.FAR]
    assert asked_of(guessed(0.01, is_far=True), Wish(Verify.CORRECT, 1), kept=kept).decision.road is Road.CORRECTED


@pytest.mark.parametrize("wish", (Wish(), CERTIFIED, Wish(Verify.CORRECT, 1), Wish(tolerance=0.3)))
@pytest.mark.parametrize("value", (np.nan, np.inf, 1e200))
def test_a_field_of_no_numbers_is_solved_for(wish: Wish, value: float) -> None:
    field, kept = EXACT.copy(), Kept()
    field[N * 10 + 20] = value
    if value == 1e200 and not wish.is_verified:
        return  # its squares are no numbers, but nobody asked
    found = asked_of(Guess(field), wish, kept=kept)
    assert (found.decision.road, found.decision.why) == (Road.FEM, Why.NOT_FINITE)
    np.testing.assert_allclose(field_of(found), EXACT, atol=1e-8 * EXACT.max())
    assert kept.offered[0].relative == float("inf")


@pytest.mark.parametrize("wish", (CERTIFIED, Wish(Verify.CORRECT, 1), Wish(tolerance=0.3)))
def test_the_cheaper_road_is_told(wish: Wish) -> None:
    kept = Kept()
    found = asked_of(None, wish, kept=kept)
    assert (found.decision.road, found.decision.why) == (Road.FEM, Why.CHEAPER)
    np.testing.assert_allclose(field_of(found), EXACT, atol=1e-8 * EXACT.max())
    bound = found.evidence.error_bound
    assert bound is not None
    assert bound.kind is (BoundKind.GUARANTEED if wish.is_certified else BoundKind.ESTIMATED)
    assert found.is_missed is None
    assert not kept.offered
    assert "cheaper" in str(found.decision)


def test_what_was_spent_teaches_which_road_is_cheaper() -> None:
    """On a clock by which each work takes a second, certifying what then still has to be solved costs most."""
    costs, wish = Costs(), Wish(tolerance=1.1 * least_relative())
    assert not is_solving_cheaper(wish, costs)
    for guess in (guessed(0.02), guessed(0.01), guessed(0.001), guessed(0.2), None):
        found = asked_of(guess, wish)
        costs = costs.fed(found.spent, found.is_missed)
    assert set(costs.seconds) == set(Work) - {Work.FORWARD}
    assert 0 < costs.missed.value < 1


@settings(max_examples=25, deadline=None)
@given(
    size=st.floats(0, 100),
    kind=st.sampled_from(("smooth", "rough")),
    is_far=st.booleans(),
    steps=st.integers(0, 3),
    verify=st.sampled_from(Verify),
    factor=st.floats(0.5, 20),
    seed=st.integers(0, 5),
)
def test_whatever_leaves_under_a_tolerance_is_guaranteed_to_be_within(
    size: float, kind: str, is_far: bool, steps: int, verify: Verify, factor: float, seed: int
) -> None:
    asked = contrast(N, seed)
    exact, tolerance = solution(N, asked), factor * least_relative(asked)
    guess = Guess(off(N, exact, size, kind, seed), is_far)
    found = asked_of(guess, Wish(verify, steps, tolerance), asked)
    bound = found.evidence.error_bound
    assert bound is not None and bound.kind is BoundKind.GUARANTEED
    if found.u is None:
        assert bound.relative > tolerance
        assert factor < 1.05
        return
    problem = grid_of(N).pose(asked).problem
    assert bound.relative <= tolerance
    assert energy_norm(problem, found.u - exact) <= bound.value
    assert bound.relative == pytest.approx(bound.value / energy_norm(problem, found.u))


@pytest.mark.parametrize("tolerance", (0.0, -1.0, float("nan"), float("inf")))
def test_a_tolerance_that_makes_no_sense_is_refused(tolerance: float) -> None:
    with pytest.raises(Refusal, match="tolerance"):
        asked_of(guessed(), Wish(tolerance=tolerance))


@pytest.mark.parametrize("steps", (-1, 9))
def test_too_many_corrections_are_refused(steps: int) -> None:
    with pytest.raises(Refusal, match="steps"):
        asked_of(guessed(), Wish(Verify.CORRECT, steps))


def test_a_field_that_does_not_conform_is_refused() -> None:
    with pytest.raises(Refusal, match="boundary"):
        asked_of(Guess(np.ones_like(EXACT)), CERTIFIED)


def test_the_same_question_has_the_same_digest_and_another_has_not() -> None:
    assert digest(ASKED) == digest(Question(ASKED.conductivity.astype(np.float32), ONE))
    other = ASKED.conductivity.copy()
    other[0] *= 1 + 1e-15
    assert len({digest(ASKED), digest(Question(other, ONE)), digest(Question(ASKED.conductivity, 2 * ONE))}) == 3


@pytest.mark.parametrize("wish", (CERTIFIED, Wish(Verify.CORRECT, 1), Wish(Verify.CORRECT, 0)))
def test_nothing_is_the_answer_where_there_is_no_source(wish: Wish) -> None:
    found = asked_of(Guess(np.zeros_like(EXACT)), wish, Question(ASKED.conductivity, np.zeros(1)))
    assert found.decision.why is Why.ASKED
    assert not field_of(found).any()
    assert value_of(found) == 0.0


def test_rough_conductivities_have_certificates_too() -> None:
    """Stars say little there, and the sharpest flux is taken instead."""
    k = np.exp(4 * np.random.default_rng(0).standard_normal(2 * N * N))
    asked = Question(k, ONE)
    guess = Guess(off(N, solution(N, asked), 0.01))
    found = asked_of(guess, CERTIFIED, asked)
    sharp, _ = energy_bound(grid_of(N).pose(asked).problem, guess.field, "sharp")
    assert value_of(found) == pytest.approx(sharp.value, rel=1e-6)
