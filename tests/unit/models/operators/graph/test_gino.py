"""The geometry-informed neural operator: on any points of the box, in any order, at any resolution."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import torch
from torch import Tensor

from models.base import Refusal
from models.operators.generators.plate import plate_with_a_hole
from models.operators.graph.config import GINO
from models.operators.graph.gino import LatentGridOperator
from models.operators.operator import Functions, Operator
from models.operators.seeded import seeded

SMALL = GINO(modes=(4, 4), nodes=8, width=8, layers=2, hidden=8, mixing=4, radius=0.2, output_channels=2)


def small(config: GINO = SMALL) -> Operator:
    return config.build(1).double().eval()


def cloud(count: int, dim: int = 2) -> Tensor:
    return torch.as_tensor(np.random.default_rng(count).random((count, dim)))


def wave(positions: Tensor) -> Tensor:
    """(2, points, 1)"""
    phase = positions.sum(dim=1, keepdim=True)
    return torch.stack((torch.sin(3 * phase), torch.cos(2 * phase)))


def on_grid(operator: Operator, count: int) -> Tensor:
    """(2, 11, 11, 2): the answer at every tenth of a side, told at count² points."""
    line = torch.linspace(0, 1, count, dtype=torch.float64)
    positions = torch.cartesian_prod(line, line)
    with torch.no_grad():
        answer = operator(Functions(wave(positions), positions, (count, count)))
    return answer.reshape(2, count, count, 2)[:, :: count // 10, :: count // 10]


def test_points_in_another_order_have_the_same_answers_in_that_order() -> None:
    positions, order = cloud(60), torch.as_tensor(np.random.default_rng(0).permutation(60))
    operator = small()
    with torch.no_grad():
        found = operator(Functions(wave(positions), positions))
        shuffled = operator(Functions(wave(positions)[:, order], positions[order]))
    assert torch.allclose(shuffled, found[:, order], rtol=1e-10, atol=1e-12)


def test_answers_converge_as_the_points_are_refined() -> None:
    operator = small()
    exact = on_grid(operator, 161)
    coarse, fine = (float((on_grid(operator, count) - exact).norm()) for count in (11, 41))
    assert np.log(coarse / fine) / np.log(4) > 1.7


def test_pieces_give_the_whole() -> None:
    whole, pieces = (seeded(1, lambda chunk=chunk: LatentGridOperator(SMALL, chunk)) for chunk in (2**20, 50))
    positions = cloud(60).float()
    inputs = Functions(wave(positions), positions)
    assert torch.allclose(whole(inputs), pieces(inputs), atol=1e-6)


@pytest.mark.parametrize("modes", [(4,), (2, 2, 2)])
def test_lines_and_volumes_are_answered_too(modes: tuple[int, ...]) -> None:
    operator = small(msgspec.structs.replace(SMALL, modes=modes))
    positions = cloud(40, len(modes))
    assert operator(Functions(wave(positions), positions)).shape == (2, 40, 2)


def test_training_learns_how_a_plate_with_a_hole_gives_way() -> None:
    pairs = plate_with_a_hole(40, 5, seed=0)
    config = msgspec.structs.replace(SMALL, input_channels=2, width=16, radius=0.3)
    operator = config.build(0)
    positions = torch.as_tensor(pairs.positions)
    values = torch.as_tensor((pairs.inputs - pairs.inputs.mean(axis=(0, 1))) / pairs.inputs.std(axis=(0, 1)))
    targets = torch.as_tensor((pairs.targets - pairs.targets.mean(axis=(0, 1))) / pairs.targets.std(axis=(0, 1)))
    optimiser = torch.optim.Adam(operator.parameters(), lr=1e-2)
    for _ in range(80):
        optimiser.zero_grad()
        loss = ((operator(Functions(values[:32], positions)) - targets[:32]) ** 2).mean()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        unseen = ((operator(Functions(values[32:], positions)) - targets[32:]) ** 2).mean()
    assert loss.item() < 0.1  # 0.06, from 1
    assert float(unseen / targets[32:].square().mean()) < 0.15


def test_what_it_does_not_take_is_refused() -> None:
    operator = small()
    for values, positions, reason in (
        (torch.zeros(1, 9, 3), cloud(9), "WRONG_CHANNELS"),
        (torch.zeros(1, 9, 1), cloud(9, 3), "WRONG_POINTS"),
        (torch.zeros(1, 9, 1), cloud(9) - 0.5, "WRONG_POINTS"),
        (torch.zeros(1, 9, 1), torch.zeros(9, 2), "WRONG_POINTS"),
        (torch.zeros(1, 4, 1), torch.cartesian_prod(torch.arange(2.0), torch.arange(2.0)), "WRONG_POINTS"),  # too far
    ):
        with pytest.raises(Refusal) as refused:
            operator(Functions(values.double(), positions.double()))
        assert refused.value.reason == reason


@pytest.mark.parametrize(
    "wrong", [{"radius": 0.1}, {"modes": []}, {"nodes": 1}, {"nodes": 513}, {"hidden": 0}, {"depth": 3}]
)
def test_a_configuration_that_makes_no_sense_is_not_read(wrong: dict[str, object]) -> None:
    text = msgspec.json.encode({**msgspec.to_builtins(SMALL), **wrong})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=GINO)
