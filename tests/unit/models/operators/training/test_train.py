"""The training loop: that it learns, that it is taken up again to the last bit, and what it refuses."""

from __future__ import annotations

from collections.abc import Generator

import msgspec
import numpy as np
import pytest
import torch

from models.base import Array, Refusal, State, Step
from models.operators.operator import Functions
from models.operators.pairs import Pairs
from models.operators.training.fitted import fitted_scaling
from models.operators.training.loss import relative
from models.operators.training.recipe import Recipe
from models.operators.training.train import Trained, train
from models.operators.weights import arrays_of
from tests.unit.models.operators.training.pointwise import pointwise

SIDE = 7


def pairs(count: int, seed: int, side: int = SIDE) -> Pairs:
    """u = x(1−x)y(1−y)(2 + a) of a random constant a: pointwise, zero on the boundary, as symmetric as the square."""
    rng = np.random.default_rng(seed)
    axis = np.linspace(0, 1, side)
    positions = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    inputs = np.repeat(rng.standard_normal((count, 1, 1)), side**2, axis=1)
    bubble = (positions * (1 - positions)).prod(axis=1)[:, None]
    return Pairs(
        inputs.astype(np.float32),
        (bubble * (3 + np.tanh(inputs))).astype(np.float32),
        positions.astype(np.float32),
        (side, side),
    )


def recipe(**changes: object) -> Recipe:
    plain = Recipe(architecture=pointwise(), epochs=4, batch=4, rate=0.02, clamped="all", augmentation="square")
    return msgspec.structs.replace(plain, **changes)


def run(steps: Generator[Step, None, Trained]) -> tuple[list[Step], Trained]:
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return seen, end.value


def same(one: State, other: State) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def test_it_learns_and_says_the_error_that_its_weights_have() -> None:
    held = pairs(10, 1)
    _, trained = run(train(recipe(epochs=30), pairs(40, 0), held))
    assert trained.error < 0.05
    assert trained.history.shape == (30, 2)
    raw = Functions(torch.tensor(held.inputs), torch.tensor(held.positions), held.grid)
    with torch.no_grad():
        answer = trained.scaling.answer(trained.operator(trained.scaling.inputs(raw)), raw.positions)
    error = relative(Functions(answer, raw.positions, raw.grid), torch.tensor(held.targets)).mean()
    assert float(error) == pytest.approx(trained.error, rel=1e-5)
    assert float(answer[:, 0].abs().max()) == 0  # a corner: clamped


@pytest.mark.parametrize("changes", [{}, {"loss": "h1", "augmentation": "none"}, {"precision": "bfloat16"}])
def test_it_is_taken_up_again_from_any_step_to_the_last_bit(
    changes: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.operators.training.train.STEP_POINTS", 2 * 4 * SIDE**2)  # two of five batches
    chosen, sets = recipe(coarse=0.5, **changes), (pairs(18, 0), pairs(5, 1))
    whole, trained = run(train(chosen, *sets))
    assert len(whole) == 2 * 1 + 2 * 3  # coarse epochs have 16 of 49 points, so one step is enough
    for at in (0, 1, 3, 6, 7):
        rest, again = run(train(chosen, *sets, state=whole[at].state))
        assert [step.progress for step in rest] == [step.progress for step in whole[at + 1 :]]
        assert all(same(one.state, other.state) for one, other in zip(rest, whole[at + 1 :], strict=True))
        assert same(arrays_of(again.operator), arrays_of(trained.operator))
        assert again.error == trained.error


def test_progress_never_falls_and_ends_at_the_whole() -> None:
    steps, _ = run(train(recipe(), pairs(10, 0), pairs(5, 1)))
    fractions = [step.progress.fraction for step in steps]
    assert fractions == sorted(fractions, key=lambda share: share or 0.0)
    assert fractions[-1] == 1
    assert {"loss", "rate", "validation_error"} <= steps[-1].progress.scalars.keys()


def test_no_state_of_the_process_is_used_or_changed() -> None:
    before = torch.get_rng_state()
    _, one = run(train(recipe(), pairs(10, 0), pairs(5, 1)))
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(5)
    _, other = run(train(recipe(), pairs(10, 0), pairs(5, 1)))
    torch.set_rng_state(before)
    assert same(arrays_of(one.operator), arrays_of(other.operator))


def test_patience_ends_a_training_that_learns_no_more_and_keeps_the_best_weights() -> None:
    _, trained = run(train(recipe(epochs=200, rate=0.5, patience=3), pairs(10, 0), pairs(5, 1)))
    errors = trained.history[:, 1]
    assert len(errors) < 200
    assert len(errors) - 1 - errors.argmin() == 3
    assert trained.error == errors.min()


def test_answers_of_a_scaling_that_is_fitted_have_mean_zero_and_deviation_one() -> None:
    data = pairs(50, 0)
    scaling = fitted_scaling(data, "none")
    output = (torch.tensor(data.targets) - scaling.output_mean) / scaling.output_scale
    assert abs(float(output.mean())) < 1e-5
    assert float(output.std()) == pytest.approx(1, abs=1e-3)
    assert float(fitted_scaling(data, "all").output_mean) == 0


def refusal(chosen: Recipe, training: Pairs, validation: Pairs) -> Refusal:
    with pytest.raises(Refusal) as refused:
        next(train(chosen, training, validation))
    return refused.value


def with_inputs(data: Pairs, inputs: Array) -> Pairs:
    return Pairs(inputs, data.targets, data.positions, data.grid)


def test_what_cannot_be_followed_is_refused_before_anything_is_computed() -> None:
    good, held = pairs(10, 0), pairs(5, 1)
    assert refusal(recipe(rate=float("nan")), good, held).field == "recipe.rate"
    assert refusal(recipe(batch=0), good, held).field == "recipe.batch"
    assert refusal(recipe(), good, good.of(slice(2, 4))).reason == "OVERLAPPING_SETS"
    assert refusal(recipe(), good.of(slice(0, 0)), held).reason == "EMPTY"
    assert refusal(recipe(), with_inputs(good, np.full_like(good.inputs, np.nan)), held).field == "pairs.inputs"
    scattered = Pairs(good.inputs, good.targets, good.positions)
    assert refusal(recipe(), scattered, held).reason == "WRONG_POINTS"
    assert refusal(recipe(loss="h1", augmentation="none"), scattered, held).reason == "NO_GRID"
    assert refusal(recipe(coarse=0.5), pairs(10, 0, side=6), held).reason == "WRONG_POINTS"
    beyond = Pairs(good.inputs, good.targets, 2 * good.positions, good.grid)
    assert refusal(recipe(), beyond, held).field == "pairs.positions"
    silent = Pairs(good.inputs, 0 * good.targets, good.positions, good.grid)
    assert refusal(recipe(), silent, held).reason == "ZERO_TARGET"


def test_a_training_that_diverges_is_refused() -> None:
    huge = recipe(rate=1000.0, warm_up=0.0, decay=1000.0, epochs=30)
    with pytest.raises(Refusal) as refused:
        run(train(huge, pairs(10, 0), pairs(5, 1)))
    assert refused.value.reason == "DIVERGED"
