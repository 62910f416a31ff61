"""Deep operator networks and graph operators through the training loop, by the recipes that name them."""

from __future__ import annotations

from collections.abc import Generator

import msgspec
import numpy as np
import pytest
import torch

from models.base import Step
from models.operators.architecture import Architecture
from models.operators.deeponet.config import DeepONet
from models.operators.graph.config import GINO, GNO
from models.operators.operator import Functions
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.operators.training.recipe import Recipe
from models.operators.training.train import Trained, train

ARCHITECTURES: dict[str, Architecture] = {
    "deeponet": DeepONet(modes=3, rank=6, width=16, layers=1),
    "deeponet, modes": DeepONet(modes=3, rank=6, width=16, layers=1, knots=9, trunk="modes"),
    "gno": GNO(width=8, layers=1, hidden=8, radius=0.3),
    "gino": GINO(modes=(3, 3), nodes=6, radius=0.3, width=8, layers=1, hidden=8, mixing=4),
}


def pairs(count: int, seed: int) -> Pairs:
    """u = (a₀ + a₁ x) x(1−x)y(1−y), and the input a₀ + a₁ x, at scattered points and the corners."""
    rng = np.random.default_rng(9)
    positions = np.concatenate((rng.random((60, 2)), [[0, 0], [0, 1], [1, 0], [1, 1]]))
    drawn = np.random.default_rng(seed).standard_normal((count, 2))
    inputs = drawn[:, :1] + drawn[:, 1:] * positions[:, 0]
    targets = inputs * (positions * (1 - positions)).prod(axis=1)
    return Pairs(*(each.astype(np.float32) for each in (inputs[..., None], targets[..., None], positions)))


def recipe(architecture: Architecture, **changes: object) -> Recipe:
    plain = Recipe(architecture=architecture, epochs=25, batch=8, rate=0.02, clamped="all")
    return msgspec.structs.replace(plain, **changes)


def last(steps: Generator[Step, None, Trained]) -> Trained:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_each_learns_on_scattered_points(name: str, precision: str) -> None:
    asked = recipe(ARCHITECTURES[name], precision=precision)
    assert msgspec.json.decode(msgspec.json.encode(asked), type=Recipe) == asked
    trained = last(train(asked, pairs(32, 0), pairs(8, 1)))
    assert trained.error < 0.4
    assert trained.error < 0.5 * float(trained.history[0, 1])


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_each_is_built_without_memory_where_a_card_is_not_believed_yet(name: str) -> None:
    with torch.device("meta"):
        claimed = ARCHITECTURES[name].build(0).state_dict()
    real = ARCHITECTURES[name].build(0).state_dict()
    assert {part: tensor.shape for part, tensor in claimed.items()} == {part: each.shape for part, each in real.items()}
    assert all(tensor.is_meta for tensor in claimed.values())


def test_modes_are_of_the_targets_without_what_the_boundary_condition_takes() -> None:
    """These are affine in x, so that two modes hold them all."""
    trained = last(train(recipe(ARCHITECTURES["deeponet, modes"], epochs=1), pairs(32, 0), pairs(8, 1)))
    modes = trained.operator.state_dict()["trunk.at_knots"][:, 1:].reshape(9, 9, 6)[1:-1, 1:-1]
    assert float(modes[..., 2:].abs().max()) < 1e-3 * float(modes[..., :2].abs().max())


@pytest.mark.parametrize("clamped", ["none", "all"])
def test_an_answer_and_the_output_that_gives_it_are_each_others_inverse(clamped: str) -> None:
    one = torch.ones(1)
    scaling = Scaling(one, one, one * (clamped == "none"), 3 * one, clamped)
    positions = torch.tensor([[0.2, 0.7], [0.5, 0.5], [0.0, 0.3]])
    output = torch.randn(4, 3, 1, generator=torch.Generator().manual_seed(0))
    found = scaling.output(scaling.answer(output, positions), positions)
    assert torch.allclose(found[:, :2], output[:, :2], atol=1e-6)
    assert torch.equal(found[:, 2], torch.zeros(4, 1)) is (clamped == "all")


def test_a_trained_operator_answers_other_points() -> None:
    trained = last(train(recipe(ARCHITECTURES["gno"], epochs=2), pairs(16, 0), pairs(4, 1)))
    other = Functions(torch.zeros(2, 30, 1), torch.rand(30, 2, generator=torch.Generator().manual_seed(0)))
    assert trained.operator.eval()(other).shape == (2, 30, 1)
