"""The Fourier neural operator: one answer by all its ways, the same weights on many grids, seeds, refusals."""

from __future__ import annotations

import msgspec
import pytest
import torch

from models.base import Refusal
from models.operators.fno.config import FNO
from models.operators.operator import Functions

TINY = FNO(modes=(4, 5), width=6, layers=2, input_channels=2, lifting=7, mixing=3, projection=8)
CONFIGS = {
    "plain": TINY,
    "periodic": msgspec.structs.replace(TINY, basis="periodic"),
    "without mixing": msgspec.structs.replace(TINY, mixing=0),
    "Tucker": msgspec.structs.replace(TINY, ranks=(3, 2, 2, 3)),
    "longer period": msgspec.structs.replace(TINY, period=1.25),
    "without coordinates": msgspec.structs.replace(TINY, coordinates=False),
    "1D": msgspec.structs.replace(TINY, modes=(6,)),
    "3D": msgspec.structs.replace(TINY, modes=(3, 4, 2), output_channels=2),
}


def lattice(grid: tuple[int, ...], dtype: torch.dtype = torch.float32) -> torch.Tensor:
    axes = [torch.linspace(0, 1, points, dtype=dtype) for points in grid]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).view(-1, len(grid))


def functions(grid: tuple[int, ...], batch: int = 2, channels: int = 2) -> Functions:
    positions = lattice(grid)
    values = torch.randn(batch, len(positions), channels, generator=torch.Generator().manual_seed(0))
    return Functions(values, positions, grid)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_inference_mode_changes_the_way_and_not_the_answer(config: FNO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.operators.fno.lines._BUNDLE", 100)  # several bundles, the last of them smaller
    operator = config.build(seed=1)
    given = functions((7, 8, 6)[: config.dimension])
    plain, features = operator(given).detach(), operator.features(given).detach()
    with torch.inference_mode():
        torch.testing.assert_close(operator(given), plain, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(operator.features(given), features, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(operator.head(features), plain)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_every_weight_has_a_gradient(config: FNO) -> None:
    operator = config.build(seed=1)
    operator(functions((7, 8, 6)[: config.dimension])).square().sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().max() > 0 for weight in operator.parameters())


def test_gradients_are_those_of_differences() -> None:
    operator = FNO(modes=(3, 3), width=2, layers=2, lifting=2, mixing=1, projection=2).build(seed=2).double()
    positions = lattice((4, 5), torch.float64)
    values = torch.randn(1, 20, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(1), requires_grad=True)
    assert torch.autograd.gradcheck(lambda given: operator(Functions(given, positions, (4, 5))), values)


def test_what_is_periodic_is_answered_alike_on_every_grid() -> None:
    """Pointwise maps leave the span, so that only fine grids agree: with the square of the step, or better."""
    operator = msgspec.structs.replace(TINY, input_channels=1, coordinates=False).build(seed=3).double()
    answers = []
    for points in (17, 33, 65):
        positions = lattice((points, points), torch.float64)
        values = torch.sin(2 * torch.pi * positions).prod(dim=1)[None, :, None]
        answer = operator(Functions(values, positions, (points, points))).detach().view(points, points)
        answers.append(answer[:: (points - 1) // 16, :: (points - 1) // 16])
    coarse, fine = ((answers[i] - answers[-1]).norm() / answers[-1].norm() for i in (0, 1))
    assert coarse < 0.02
    assert fine < coarse / 3


def test_a_seed_says_all_initial_weights_and_leaves_other_randomness_alone() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, second, third = TINY.build(seed=7), TINY.build(seed=7), TINY.build(seed=8)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not torch.equal(first.head.weight, third.head.weight)


def test_a_factorised_kernel_starts_as_large_as_a_dense_one() -> None:
    wide = FNO(modes=(8, 8), width=24)
    dense = wide.build(0).blocks[0].kernel().std().item()
    tucker = msgspec.structs.replace(wide, ranks=(12, 12, 4, 4)).build(0).blocks[0].kernel().std().item()
    assert tucker == pytest.approx(dense, rel=0.3)  # one draw of a product of five


def test_a_grid_of_other_dimension_or_channels_is_refused() -> None:
    operator = TINY.build(seed=0)
    with pytest.raises(Refusal) as points:
        operator(functions((5,)))
    with pytest.raises(Refusal) as channels:
        operator(functions((5, 5), channels=3))
    with pytest.raises(Refusal) as scattered:
        operator(Functions(torch.zeros(1, 4, 2), torch.rand(4, 2)))
    with pytest.raises(Refusal) as fewer:
        operator(Functions(torch.zeros(1, 15, 2), lattice((4, 4)), (4, 4)))
    assert channels.value.reason == "WRONG_CHANNELS"
    assert {each.value.reason for each in (points, scattered, fewer)} == {"WRONG_POINTS"}


def test_coordinates_that_do_not_increase_are_refused() -> None:
    given = functions((5, 5))
    turned, unknown = given.positions.flip(0), torch.full_like(given.positions, torch.nan)
    for positions in (turned, unknown, torch.zeros_like(given.positions)):
        with pytest.raises(Refusal, match="do not increase"):
            TINY.build(seed=0)(Functions(given.values, positions, given.grid))


@pytest.mark.parametrize("config", [TINY, CONFIGS["periodic"], CONFIGS["without coordinates"]])
def test_what_was_answered_in_inference_mode_stays_as_it_was_and_training_may_follow(config: FNO) -> None:
    operator = config.build(seed=4)
    given, other = functions((9, 10)), functions((9, 10), batch=3)
    with torch.inference_mode():
        answer, features = operator(given), operator.features(given)
        before = answer.clone(), features.clone()
        operator(other)
        operator.features(Functions(other.values.flip(1), other.positions, other.grid))
        turned = Functions(given.values.mT.contiguous().mT, given.positions, given.grid)  # as it lies in other memory
        torch.testing.assert_close(operator(turned), answer)
    assert torch.equal(answer, before[0])
    assert torch.equal(features, before[1])
    operator(given).square().sum().backward()
    assert all(weight.grad is not None for weight in operator.parameters())
