"""The distance of a function from the training set."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.operators.operator import Functions, Operator
from models.operators.pairs import Pairs
from models.operators.uncertainty.forward import forward, functions
from models.operators.uncertainty.spectral import SpectralDistance
from tests.unit.models.operators.uncertainty.toys import fitted, lines, scaling


def test_it_is_the_mahalanobis_distance_of_cosine_coefficients_and_what_is_across() -> None:
    """By a singular value decomposition of the same coefficients, all directions above a hundredth of the first."""
    training = lines(400, seed=1)
    operator, between = fitted(training, width=2)
    found = SpectralDistance.fit(operator, between, training)
    x = torch.linspace(0, 1, 24).double()
    weights = torch.ones(24).double() / 23
    weights[[0, -1]] *= 3 / 8
    weights[[1, -2]] *= 7 / 6
    weights[[2, -3]] *= 23 / 24
    cosines = torch.cos(torch.pi * torch.arange(8) * x[:, None]) * weights[:, None]

    def vectors(pairs: Pairs) -> Tensor:
        passed = forward(operator, between, functions(operator, pairs))
        return torch.einsum("pk,bpw->bkw", cosines, passed.features).flatten(1)

    known, new = vectors(training), vectors(lines(5, seed=2, size=2.0))
    scale = known.var(dim=0).reshape(8, 2).mean(dim=0).sqrt().repeat(8)
    standard, asked = ((each - known.mean(dim=0)) / scale for each in (known, new))
    _, sizes, axes = torch.linalg.svd(standard, full_matrices=True)
    kept = int((sizes > 0.01 * sizes[0]).sum())
    along = ((asked @ axes[:kept].T) * 399**0.5 / sizes[:kept]).square().mean(dim=1)
    rest = (sizes[kept:].square().sum()).clamp_min(1e-4 * sizes[0] ** 2) / 399
    across = (asked @ axes[kept:].T).square().sum(dim=1) / rest
    again = forward(operator, between, functions(operator, lines(5, seed=2, size=2.0)))
    assert torch.allclose(found.of(again), ((along + across) / 2).sqrt(), rtol=1e-4)  # x is single there


def test_the_training_set_itself_is_at_distance_one() -> None:
    training = lines(200, seed=1)
    operator, between = fitted(training)
    distance = SpectralDistance.fit(operator, between, training)
    found = distance.of(forward(operator, between, functions(operator, training)))
    assert float(found.square().mean()) == pytest.approx(1.0, abs=0.05)


def test_it_grows_with_the_size_of_functions() -> None:
    training = lines(200, seed=1)
    operator, between = fitted(training)
    distance = SpectralDistance.fit(operator, between, training)
    means = [
        float(distance.of(forward(operator, between, functions(operator, lines(50, seed=3, size=size)))).mean())
        for size in (1.0, 2.0, 4.0)
    ]
    assert means[0] < means[1] < means[2] and means[2] > 2 * means[0]


def test_a_finer_grid_is_hardly_further_away() -> None:
    training = lines(100, seed=1)
    operator, between = fitted(training)
    distance = SpectralDistance.fit(operator, between, training)
    coarse, fine = (
        distance.of(forward(operator, between, functions(operator, lines(20, seed=3, points=points))))
        for points in (24, 93)
    )
    assert torch.all((fine - coarse).abs() < 0.3)  # of 1 in distribution, and 6 far out


class Planes(Operator):
    """Values and positions as they are."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(3, 1)

    def features(self, inputs: Functions) -> Tensor:
        return torch.cat([inputs.values, inputs.positions.expand(len(inputs.values), -1, -1)], dim=-1)


@pytest.mark.parametrize("grid", [(8, 5), ()])
def test_planes_have_distances_on_grids_and_on_scattered_points(grid: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    axes = np.meshgrid(np.linspace(0, 1, 8), np.linspace(0, 1, 5), indexing="ij")
    places = (np.stack(axes, axis=-1).reshape(-1, 2) if grid else rng.random((40, 2))).astype(np.float32)
    values = (rng.standard_normal((40, 2)) @ np.stack([np.sin(3 * places[:, 0]), places[:, 1]])).astype(np.float32)
    pairs, operator = Pairs(values[..., None], values[..., None], places, grid), Planes()
    between = scaling(dtype=torch.float32)
    distance = SpectralDistance.fit(operator, between, pairs)
    near = distance.of(forward(operator, between, functions(operator, pairs)))
    other = replace(pairs, inputs=(values + 3 * np.cos(6 * places[:, 1])).astype(np.float32)[..., None])
    far = distance.of(forward(operator, between, functions(operator, other)))
    assert near.shape == (40,)
    assert far.min() > near.max()


def test_a_handful_of_functions_is_too_few() -> None:
    training = lines(7, seed=1)
    with pytest.raises(ValueError, match="take 8"):
        SpectralDistance.fit(*fitted(training), training)
