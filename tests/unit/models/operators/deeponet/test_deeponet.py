"""The deep operator network: one answer for one function, whatever points it is told at."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import torch
from torch import Tensor

from models.base import Refusal
from models.operators.deeponet.config import DeepONet
from models.operators.deeponet.cosines import weighted_cosines
from models.operators.deeponet.multilinear import interpolated
from models.operators.operator import Functions, Operator

SMALL = DeepONet(modes=4, rank=6, width=16, layers=2, knots=9, output_channels=2)
BY_MODES = msgspec.structs.replace(SMALL, trunk="modes")


def lattice(count: int, dim: int = 2) -> Tensor:
    line = torch.linspace(0, 1, count, dtype=torch.float64)
    return torch.cartesian_prod(*[line] * dim).reshape(-1, dim)


def cloud(count: int) -> Tensor:
    return torch.as_tensor(np.random.default_rng(count).random((count, 2)))


def wave(positions: Tensor, samples: int = 3, channels: int = 1) -> Tensor:
    """(samples, points, channels)"""
    number = torch.arange(1, samples + 1)[:, None, None]
    phase = positions.sum(dim=1)[None, :, None] + 0.3 * torch.arange(channels)
    return torch.sin(number * phase)


def built(config: DeepONet) -> Operator:
    operator = config.build(2).double().eval()
    positions = lattice(9)
    operator.prepare(Functions(wave(positions, 5, 2), positions, (9, 9)))
    return operator


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_cosines_have_the_coefficients_that_they_say(dim: int) -> None:
    """Of 3 + 2 φ₁(x_d) φ₂(x_1): two are not 0, those of (0, …, 0) and of (2, …, 1)."""
    count = {1: 400, 2: 60, 3: 30}[dim]
    positions = lattice(count, dim)
    root = 2**0.5
    second = root * torch.cos(2 * np.pi * positions[:, 0]) if dim > 1 else torch.ones(len(positions))
    values = 3 + 2 * root * torch.cos(np.pi * positions[:, -1]) * second
    found = values @ weighted_cosines(Functions(values[None, :, None], positions, (count,) * dim), 3)
    exact = torch.zeros((3,) * dim)
    exact[(0,) * dim] = 3.0
    exact[(2, *[0] * (dim - 2), 1)[-dim:]] = 2.0
    assert found.reshape(exact.shape).numpy() == pytest.approx(exact.numpy(), abs=1e-2)


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_interpolation_is_exact_for_multilinear_functions(dim: int) -> None:
    at = torch.as_tensor(np.random.default_rng(0).uniform(-0.01, 1.01, (50, dim)))

    def value(x: Tensor) -> Tensor:
        return torch.stack(((1 + x).prod(dim=1), x.sum(dim=1)), dim=1)

    assert torch.allclose(interpolated(value(lattice(5, dim)), 5, at), value(at))


@pytest.mark.parametrize("config", [SMALL, BY_MODES])
def test_points_in_another_order_have_the_same_answers_in_that_order(config: DeepONet) -> None:
    positions, order = cloud(70), torch.as_tensor(np.random.default_rng(0).permutation(70))
    operator = built(config)
    with torch.no_grad():
        found = operator(Functions(wave(positions), positions))
        shuffled = operator(Functions(wave(positions)[:, order], positions[order]))
    assert torch.allclose(shuffled, found[:, order])


@pytest.mark.parametrize("config", [SMALL, BY_MODES])
def test_answers_converge_as_the_grid_is_refined(config: DeepONet) -> None:
    operator = built(config)

    def found(count: int) -> Tensor:
        positions = lattice(count)
        with torch.no_grad():
            answer = operator(Functions(wave(positions), positions, (count, count)))
        return answer.reshape(3, count, count, 2)[:, :: count // 8, :: count // 8]

    exact = found(129)
    coarse, fine = (float((found(count) - exact).norm()) for count in (17, 33))
    assert np.log2(coarse / fine) == pytest.approx(2, abs=0.2)


def test_scattered_points_tell_the_same_function_as_a_grid() -> None:
    operator = built(SMALL)
    scattered = torch.cat((lattice(9), cloud(3000)))
    grid = lattice(65)
    with torch.no_grad():
        found = operator(Functions(wave(scattered), scattered))[:, :81]
        exact = operator(Functions(wave(grid), grid, (65, 65))).reshape(3, 65, 65, 2)[:, ::8, ::8].reshape(3, 81, 2)
    assert float((found - exact).abs().max()) < 2e-3 * float(exact.abs().max())


def test_with_modes_the_answer_before_training_is_the_mean_and_modes_of_the_targets() -> None:
    operator, positions = built(BY_MODES), lattice(9)
    features = operator.features(Functions(wave(positions), positions, (9, 9)))
    mean = wave(positions, 5, 2).mean(dim=0)
    assert torch.allclose(features[:, :, :2], mean.expand(3, -1, -1))
    inside = torch.tensor([[1, 0, *[1] * 6, *[0] * 6], [0, 1, *[0] * 6, *[1] * 6]], dtype=torch.float64)
    assert torch.allclose(operator.head(features), features @ inside.T)


def test_modes_travel_with_the_weights() -> None:
    operator, other = built(BY_MODES), BY_MODES.build(9).double().eval()
    other.load_state_dict(operator.state_dict())
    inputs = Functions(wave(cloud(20)), cloud(20))
    assert torch.equal(operator(inputs), other(inputs))


@pytest.mark.parametrize("trunk", ["network", "modes"])
def test_training_fits_a_smoothing_operator(trunk: str) -> None:
    """Inputs and targets have the same random cosine coefficients, those of the targets damped."""
    positions = lattice(8)
    basis = weighted_cosines(Functions(torch.zeros(0, 64, 1, dtype=torch.float64), positions, (8, 8)), 3)
    basis = basis / basis[:, :1]
    drawn = torch.as_tensor(np.random.default_rng(0).standard_normal((80, 9)))
    damping = 1 / (1 + torch.arange(9.0, dtype=torch.float64))
    values, targets = (drawn @ basis.T)[:, :, None], ((drawn * damping) @ basis.T)[:, :, None]
    operator = DeepONet(modes=3, rank=9, width=32, layers=1, knots=8, trunk=trunk).build(0).double()
    operator.prepare(Functions(targets[:64], positions, (8, 8)))
    optimiser = torch.optim.Adam(operator.parameters(), lr=2e-2)
    for _ in range(150):
        optimiser.zero_grad()
        loss = ((operator(Functions(values[:64], positions, (8, 8))) - targets[:64]) ** 2).mean()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        errors = ((operator(Functions(values[64:], positions, (8, 8))) - targets[64:]) ** 2).mean()
    assert float(errors / targets[64:].var()) < {"network": 0.1, "modes": 0.02}[trunk]


def test_one_seed_is_one_network_and_the_global_generator_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    one, same, other = (SMALL.build(seed).state_dict() for seed in (5, 5, 6))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["branch.0.weight"], other["branch.0.weight"])


def test_what_it_does_not_take_is_refused() -> None:
    operator = built(SMALL)
    for inputs, reason in (
        (Functions(torch.zeros(1, 9, 3), cloud(9)), "WRONG_CHANNELS"),
        (Functions(torch.zeros(1, 9, 1), lattice(3, 3)), "WRONG_POINTS"),
        (Functions(torch.zeros(1, 9, 1), 2 * cloud(9)), "WRONG_POINTS"),
        (Functions(torch.zeros(1, 9, 1), torch.full((9, 2), float("nan"))), "WRONG_POINTS"),
        (Functions(torch.zeros(1, 0, 1), torch.zeros(0, 2)), "WRONG_POINTS"),
        (Functions(torch.zeros(1, 9, 1), lattice(3), (3, 3)), "WRONG_POINTS"),  # 4 modes ask for a third
    ):
        with pytest.raises(Refusal) as refused:
            operator(inputs)
        assert refused.value.reason == reason
    with pytest.raises(ValueError, match="prepare"):
        BY_MODES.build(0)(Functions(torch.zeros(1, 81, 1), lattice(9).float(), (9, 9)))


@pytest.mark.parametrize("wrong", [{"knots": 1}, {"dimension": 4}, {"rank": 0}, {"depth": 3}, {"trunk": "pod"}])
def test_a_configuration_that_makes_no_sense_is_not_read(wrong: dict[str, object]) -> None:
    text = msgspec.json.encode({**msgspec.to_builtins(SMALL), **wrong})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=DeepONet)
