"""What every strategy promises, over all of them; and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from models.base import Refusal
from models.operators.acquisition.embedding import all_gradients
from models.operators.acquisition.lcmd import Lcmd
from models.operators.acquisition.names import STRATEGIES
from models.operators.acquisition.residual import Residual
from models.operators.acquisition.strategy import Known, Strategy, answers, strategy
from models.operators.operator import Functions
from tests.unit.models.operators.tiny_operator import Tiny, functions, plain_scaling

MEMBERS = [Tiny(seed=seed) for seed in range(4)]


def plausible(inputs: Functions) -> Tensor:
    return torch.stack([member(inputs) for member in MEMBERS])


def error(inputs: Functions, said: Tensor) -> Tensor:
    return said.abs().mean(dim=(1, 2))


def known(labelled: int = 3) -> Known:
    return Known(MEMBERS[0], plain_scaling(), functions(labelled, seed=9), plausible, error)


EVERY = pytest.mark.parametrize(
    "chosen_by",
    [*map(strategy, STRATEGIES), Lcmd(all_gradients), Residual(all_gradients)],
    ids=[*STRATEGIES, "lcmd of all gradients", "residual of all gradients"],
)


@EVERY
@pytest.mark.parametrize("labelled", [0, 3])
def test_choices_are_distinct_places_in_the_pool(chosen_by: Strategy, labelled: int) -> None:
    chosen = chosen_by.choose(functions(70), 20, known(labelled), np.random.default_rng(0))
    assert chosen.shape == (20,) and chosen.dtype == np.int64
    assert len(set(chosen.tolist())) == 20 and chosen.min() >= 0 and chosen.max() < 70


@EVERY
def test_a_budget_beyond_the_pool_takes_all_of_it(chosen_by: Strategy) -> None:
    chosen = chosen_by.choose(functions(6), 100, known(), np.random.default_rng(0))
    assert sorted(chosen.tolist()) == list(range(6))


@EVERY
def test_the_same_randomness_chooses_the_same(chosen_by: Strategy) -> None:
    first, again = (chosen_by.choose(functions(30), 5, known(), np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(first, again)


@EVERY
def test_a_pool_of_one_function_over_and_over_is_no_obstacle(chosen_by: Strategy) -> None:
    one = functions(1)
    pool = Functions(one.values.repeat(7, 1, 1), one.positions, one.grid)
    chosen = chosen_by.choose(pool, 4, known(), np.random.default_rng(0))
    assert len(set(chosen.tolist())) == 4


@EVERY
def test_choosing_leaves_the_operator_as_it_was(chosen_by: Strategy) -> None:
    before = [weight.clone() for weight in MEMBERS[0].parameters()]
    chosen_by.choose(functions(10), 3, known(), np.random.default_rng(0))
    assert all(torch.equal(one, other) for one, other in zip(before, MEMBERS[0].parameters(), strict=True))
    assert all(weight.grad is None for weight in MEMBERS[0].parameters())


def test_an_unknown_strategy_is_refused_with_the_names_that_are_known() -> None:
    with pytest.raises(Refusal, match="lcmd") as refused:
        strategy("best")
    assert refused.value.reason == "UNKNOWN_STRATEGY"


@pytest.mark.parametrize(
    ("name", "reason"), [("bald", "NO_UNCERTAINTY"), ("badge", "NO_UNCERTAINTY"), ("residual", "NO_ERROR_ESTIMATE")]
)
def test_a_strategy_without_what_it_needs_refuses(name: str, reason: str) -> None:
    bare = Known(MEMBERS[0], plain_scaling(), functions(0))
    with pytest.raises(Refusal) as refused:
        strategy(name).choose(functions(5), 2, bare, np.random.default_rng(0))
    assert refused.value.reason == reason


def test_an_answer_that_is_no_number_is_wanted_as_much_as_the_worst() -> None:
    def broken(inputs: Functions, said: Tensor) -> Tensor:
        found = torch.full((len(said),), 1e-9)
        found[3], found[5] = torch.nan, 1.0
        return found

    asked = Known(MEMBERS[0], plain_scaling(), functions(3, seed=9), plausible, broken)
    chosen = Residual().choose(functions(20), 2, asked, np.random.default_rng(0))
    assert sorted(chosen.tolist()) == [3, 5]


def test_answers_are_the_operators_in_units() -> None:
    pool = functions(70)
    with torch.no_grad():
        whole = plain_scaling("all").answer(MEMBERS[0](pool), pool.positions)
    clamped = Known(MEMBERS[0], plain_scaling("all"), functions(0))
    assert torch.allclose(answers(pool, clamped), whole, atol=1e-6)
