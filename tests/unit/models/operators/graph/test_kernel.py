"""Averages with learnt kernels: known kernels, gradients, bounded pieces."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from models.operators.graph.averages import over_balls
from models.operators.graph.kernel import KernelAverage, chunks
from models.operators.graph.stencil import Stencil, stencil
from models.operators.points.volumes import volumes
from models.operators.seeded import seeded

RADIUS = 0.3


def grid(count: int) -> np.ndarray:
    line = np.linspace(0, 1, count)
    return np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)


def near(count: int, queries: np.ndarray) -> Stencil:
    x = grid(count)
    averages = over_balls(x, volumes(x, (count, count)), queries, RADIUS)
    return stencil(averages, x, queries, RADIUS, like=torch.zeros(0, dtype=torch.float64))


def learnt(chunk: int = 2**20) -> KernelAverage:
    return seeded(3, lambda: KernelAverage(2, 4, 8, chunk)).double()


class Step(torch.nn.Module):
    """A kernel that is known: the step to the neighbour, over the radius."""

    def forward(self, places: Tensor) -> Tensor:
        return places[:, :2]


def test_a_known_kernel_gives_the_known_integral() -> None:
    """κ = (y − x) / r and v = y: each component is the mean of ((y₁ − x₁) / r) y₁ = r ∫ m s² cos² / ∫ m = r / 8,
    as ∫₀¹ (1 − s²)² s³ = 1/24, ∫₀¹ (1 − s²)² s = 1/6 and the mean of cos² is ½."""
    average = KernelAverage(2, 2, 1)
    average.kernel = Step()
    found = average(torch.as_tensor(grid(161))[None], near(161, np.array([[0.5, 0.5]])))
    assert found.flatten().tolist() == pytest.approx([RADIUS / 8] * 2, rel=1e-4)


def test_the_average_converges_as_points_are_added() -> None:
    queries = np.random.default_rng(0).random((9, 2))

    def found(count: int) -> Tensor:
        x = torch.as_tensor(grid(count))
        values = torch.stack((torch.sin(3 * x[:, 0]), torch.exp(x[:, 1]), x[:, 0] * x[:, 1], x[:, 1] ** 2), dim=1)
        with torch.no_grad():
            return learnt()(values[None], near(count, queries))

    exact = found(161)
    coarse, fine = (float((found(count) - exact).norm()) for count in (11, 41))
    assert np.log(coarse / fine) / np.log(4) > 1.7


@pytest.mark.parametrize("chunk", [1, 100, 3000])
def test_pieces_give_the_whole_and_its_gradients(chunk: int) -> None:
    queries = np.random.default_rng(0).random((20, 2))
    stencils = near(9, queries)
    answers = []
    for size in (2**20, chunk):
        average = learnt(size)
        values = torch.sin(torch.arange(3.0 * 81 * 4, dtype=torch.float64)).reshape(3, 81, 4).requires_grad_()
        found = average(values, stencils)
        found.square().sum().backward()
        answers.append([found, values.grad, *(parameter.grad for parameter in average.parameters())])
    for whole, pieces in zip(*answers, strict=True):
        assert torch.allclose(whole, pieces, rtol=1e-12, atol=1e-14)


def test_gradients_are_those_of_finite_differences() -> None:
    average = learnt(200)
    stencils = near(4, np.random.default_rng(0).random((5, 2)))
    values = torch.sin(torch.arange(2.0 * 16 * 4, dtype=torch.float64)).reshape(2, 16, 4).requires_grad_()
    assert torch.autograd.gradcheck(lambda v: average(v, stencils), (values,))
    first = next(average.parameters())
    assert torch.autograd.gradcheck(lambda _: average(values, stencils), (first,))


@given(st.lists(st.integers(0, 30), max_size=30), st.integers(1, 50))
def test_pieces_cover_all_queries_once_and_are_as_small_as_asked(counts: list[int], most: int) -> None:
    splits = tuple(np.concatenate(([0], np.cumsum(counts))).astype(int).tolist())
    parts = list(chunks(splits, most))
    assert [query for first, last in parts for query in range(first, last)] == list(range(len(counts)))
    assert all(splits[last] - splits[first] <= most or last - first == 1 for first, last in parts)


def test_no_query_is_no_answer() -> None:
    assert learnt()(torch.zeros(2, 81, 4, dtype=torch.float64), near(9, np.zeros((0, 2)))).shape == (2, 0, 4)
