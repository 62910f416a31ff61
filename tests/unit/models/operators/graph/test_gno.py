"""The graph neural operator: on any points, in any order, at any resolution."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import torch
from torch import Tensor

from models.base import Refusal
from models.operators.graph.config import GNO
from models.operators.operator import Functions, Operator
from models.operators.points.volumes import volumes

SMALL = GNO(output_channels=2, width=8, layers=2, hidden=8, radius=0.3)


def small(config: GNO = SMALL) -> Operator:
    return config.build(1).double().eval()


def cloud(count: int, dim: int = 2) -> Tensor:
    return torch.as_tensor(np.random.default_rng(count).random((count, dim)))


def grid(count: int) -> Functions:
    line = torch.linspace(0, 1, count, dtype=torch.float64)
    positions = torch.cartesian_prod(line, line)
    return Functions(wave(positions), positions, (count, count))


def wave(positions: Tensor) -> Tensor:
    """(2, points, 1)"""
    phase = positions.sum(dim=1, keepdim=True)
    return torch.stack((torch.sin(3 * phase), torch.cos(2 * phase)))


@pytest.mark.parametrize("config", [SMALL, msgspec.structs.replace(SMALL, nearest=6)])
def test_points_in_another_order_have_the_same_answers_in_that_order(config: GNO) -> None:
    positions, order = cloud(60), torch.as_tensor(np.random.default_rng(0).permutation(60))
    operator = small(config)
    with torch.no_grad():
        found = operator(Functions(wave(positions), positions))
        shuffled = operator(Functions(wave(positions)[:, order], positions[order]))
    assert torch.allclose(shuffled, found[:, order], rtol=1e-10, atol=1e-12)


def test_answers_converge_as_the_grid_is_refined() -> None:
    """Errors of order 2, against the answer on 40² squares: (1 − 1/16) / (1/4 − 1/16) = 5."""
    operator = small()

    def found(count: int) -> Tensor:
        with torch.no_grad():
            answer = operator(grid(count)).reshape(2, count, count, 2)
        return answer[:, :: count // 10, :: count // 10]

    exact = found(41)
    coarse, fine = (float((found(count) - exact).norm()) for count in (11, 21))
    assert coarse / fine > 4


def test_a_grid_and_the_same_points_without_one_answer_alike_inside() -> None:
    """Only the boundary's quadrature differs between the trapezoidal rule and triangles: not by order."""
    operator, functions = small(), grid(31)
    with torch.no_grad():
        found = operator(functions)
        scattered = operator(Functions(functions.values, functions.positions))
    assert float((found - scattered).abs().max()) < 2e-2 * float(found.abs().max())


@pytest.mark.parametrize("dim", [1, 3])
def test_lines_and_volumes_are_answered_too(dim: int) -> None:
    operator = small(msgspec.structs.replace(SMALL, dimension=dim))
    positions = cloud(40, dim)
    assert operator(Functions(wave(positions), positions)).shape == (2, 40, 2)


def test_one_seed_is_one_network_and_the_global_generator_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    one, same, other = (SMALL.build(seed).state_dict() for seed in (5, 5, 6))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["lift.weight"], other["lift.weight"])


def test_training_fits_averages_over_balls() -> None:
    """The target is an integral operator itself: the mean of the input over a ball, by its weights."""
    rng = np.random.default_rng(0)
    positions = cloud(50)
    phases = torch.as_tensor(rng.uniform(0, 6, (16, 1, 2)))
    values = torch.sin(positions[None] * 4 + phases).sum(dim=2, keepdim=True)
    ball = (torch.cdist(positions, positions) < 0.25).double() * torch.as_tensor(volumes(positions.numpy()))
    targets = (ball / ball.sum(dim=1, keepdim=True)) @ values
    config = GNO(width=12, layers=1, hidden=12, radius=0.3)
    operator = config.build(0).double()
    optimiser = torch.optim.Adam(operator.parameters(), lr=1e-2)
    losses = []
    for _ in range(100):
        optimiser.zero_grad()
        loss = ((operator(Functions(values[:12], positions)) - targets[:12]) ** 2).mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    with torch.no_grad():
        unseen = ((operator(Functions(values[12:], positions)) - targets[12:]) ** 2).mean() / targets[12:].var()
    assert losses[-1] < losses[0] / 50
    assert float(unseen) < 0.02


def test_what_it_does_not_take_is_refused() -> None:
    operator = small()
    for values, positions, reason in (
        (torch.zeros(1, 9, 3), cloud(9), "WRONG_CHANNELS"),
        (torch.zeros(1, 9, 1), cloud(9, 3), "WRONG_POINTS"),
        (torch.zeros(1, 9, 1), torch.zeros(9, 2), "WRONG_POINTS"),
        (torch.zeros(1, 4, 1), torch.cartesian_prod(torch.arange(2.0), torch.arange(2.0)), "WRONG_POINTS"),  # too far
    ):
        with pytest.raises(Refusal) as refused:
            operator(Functions(values.double(), positions.double()))
        assert refused.value.reason == reason


@pytest.mark.parametrize("wrong", [{"radius": 0.0}, {"dimension": 4}, {"nearest": -1}, {"width": 0}, {"depth": 3}])
def test_a_configuration_that_makes_no_sense_is_not_read(wrong: dict[str, float]) -> None:
    text = msgspec.json.encode({**msgspec.to_builtins(SMALL), **wrong})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=GNO)
