"""Truncated transforms: beside `torch.fft`, exact on what they span, of second order on what they do not."""

from __future__ import annotations

import itertools
from math import prod

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from models.operators.spectral.convolution import convolve
from models.operators.spectral.grids import periodic_transform, physical_transform
from models.operators.spectral.transform import Transform, analyse, synthesise

EXACT = 1e-12  # float64, grids of a few thousand points


def box(grid: tuple[int, ...], modes: tuple[int, ...], period: float = 1.0) -> Transform:
    axes = tuple(torch.linspace(-1, 2, points, dtype=torch.float64) for points in grid)
    return physical_transform(axes, period, modes, torch.zeros(0, dtype=torch.float64))


def index(grid: tuple[int, ...], modes: tuple[int, ...]) -> Transform:
    return periodic_transform(grid, modes, torch.zeros(0, dtype=torch.float64))


def trigonometric(grid: tuple[int, ...], highest: tuple[int, ...], ends: bool, seed: int = 0) -> Tensor:
    """(1, *grid, 1): a random real function of frequencies up to `highest`, on j/n or with both ends of the box."""
    rng = np.random.default_rng(seed)
    axes = [np.linspace(0, 1, points, endpoint=ends) for points in grid]
    at = np.meshgrid(*axes, indexing="ij")
    total = np.zeros(grid)
    for wave in itertools.product(*(range(-most, most + 1) for most in highest)):
        angle = 2 * np.pi * sum(k * x for k, x in zip(wave, at, strict=True))
        total += rng.normal() * np.cos(angle) + rng.normal() * np.sin(angle)
    return torch.tensor(total)[None, ..., None]


def by_fft(values: Tensor, kernel: Tensor, modes: tuple[int, ...]) -> Tensor:
    """The convolution by `torch.fft`, frequency by frequency; `modes` as `FNO.modes`."""
    _, *grid, _ = values.shape
    axes = tuple(range(1, len(grid) + 1))
    spectrum = torch.fft.rfftn(values, dim=axes, norm="forward")
    answer = torch.zeros(*spectrum.shape[:-1], kernel.shape[-1], dtype=spectrum.dtype)
    signed = [range(-(count // 2), (count + 1) // 2) for count in modes[:-1]]
    for wave in itertools.product(*signed, range(modes[-1] // 2 + 1)):
        resolved = all(-(n // 2) <= k <= (n - 1) // 2 for k, n in zip(wave[:-1], grid, strict=False))
        if resolved and wave[-1] <= grid[-1] // 2:
            place = tuple(k + count // 2 for k, count in zip(wave[:-1], modes, strict=False))
            matrix = torch.complex(*kernel[(*place, wave[-1])].unbind(1))
            answer[(slice(None), *wave)] = spectrum[(slice(None), *wave)] @ matrix
    return torch.fft.irfftn(answer, s=grid, dim=axes, norm="forward")


def kept(modes: tuple[int, ...]) -> tuple[int, ...]:
    return (*modes[:-1], modes[-1] // 2 + 1)


SIZES = st.lists(st.tuples(st.integers(2, 9), st.integers(1, 9)), min_size=1, max_size=3)


@settings(max_examples=40, deadline=None)
@given(SIZES)
def test_a_convolution_is_that_of_torch_fft_for_all_grids_and_modes(sizes: list[tuple[int, int]]) -> None:
    grid, modes = (tuple(each) for each in zip(*sizes, strict=True))
    generator = torch.Generator().manual_seed(prod(grid))
    values = torch.randn(2, *grid, 3, dtype=torch.float64, generator=generator)
    kernel = torch.randn(*kept(modes), 3, 2, 3, dtype=torch.float64, generator=generator)
    ours = convolve(values, index(grid, kept(modes)), kernel, onto=torch.zeros_like(values))
    torch.testing.assert_close(ours, by_fft(values, kernel, modes), rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize("grid", [(8,), (9,), (8, 12), (9, 12), (8, 11), (9, 11), (6, 7, 8), (7, 6, 9)])
def test_every_function_of_the_span_passes_exactly(grid: tuple[int, ...]) -> None:
    highest = (2,) * len(grid)
    modes = kept((5,) * len(grid))
    values = trigonometric(grid, highest, ends=False)
    transform = index(grid, modes)
    again = synthesise(analyse(values, transform.analyses), transform.syntheses, torch.zeros_like(values))
    torch.testing.assert_close(again, values, rtol=EXACT, atol=EXACT * 100)


@pytest.mark.parametrize(("grid", "other"), [((8, 9), (11, 6)), ((9, 8), (22, 15)), ((7,), (12,))])
@pytest.mark.parametrize("ends", [False, True])
def test_another_grid_is_reached_by_exact_trigonometric_interpolation(
    grid: tuple[int, ...], other: tuple[int, ...], ends: bool
) -> None:
    highest, modes = (2,) * len(grid), kept((5,) * len(grid))
    make = box if ends else index
    spectrum = analyse(trigonometric(grid, highest, ends), make(grid, modes).analyses)
    found = synthesise(spectrum, make(other, modes).syntheses, torch.zeros(1, *other, 1, dtype=torch.float64))
    torch.testing.assert_close(found, trigonometric(other, highest, ends), rtol=EXACT, atol=EXACT * 100)


def test_coefficients_on_coordinates_converge_with_second_order_where_nothing_is_periodic() -> None:
    """∫₀¹ exp(x − 2πikx) dx = (e − 1) / (1 − 2πik)."""
    exact = (np.e - 1) / (1 - 2j * np.pi * np.arange(3))
    errors = []
    for points in (17, 33, 65):
        values = torch.linspace(0, 1, points, dtype=torch.float64).exp()[None, :, None]
        real, imaginary = analyse(values, box((points,), (3,)).analyses)[0, :, :, 0].numpy()
        errors.append(np.abs(real + 1j * imaginary - exact).max())
    rates = np.log2(np.divide(errors[:-1], errors[1:]))
    assert np.all(np.abs(rates - 2) < 0.05)


def test_a_longer_period_continues_the_function_by_zero() -> None:
    """∫₀¹ exp(−2πikx/2) dx = (1 − exp(−πik)) / (πik)."""
    real, imaginary = analyse(torch.ones(1, 257, 1, dtype=torch.float64), box((257,), (4,), 2.0).analyses)[0, :, :, 0]
    frequencies = np.arange(1, 4)
    exact = (1 - np.exp(-1j * np.pi * frequencies)) / (1j * np.pi * frequencies)
    assert np.abs((real + 1j * imaginary).numpy()[1:] - exact).max() < 1e-4  # h² π² k² / 12


def test_uneven_steps_weigh_by_their_lengths() -> None:
    coordinates = torch.tensor([0.0, 0.1, 0.3, 1.0], dtype=torch.float64)
    transform = physical_transform((coordinates,), 1.0, (1,), coordinates)
    mean = analyse(coordinates[None, :, None], transform.analyses)[0, 0, 0, 0]
    assert mean == pytest.approx(0.5)  # the trapezoidal rule is exact on lines


def test_frequencies_that_a_grid_on_coordinates_does_not_tell_apart_are_left_out() -> None:
    transform = box((9,), (6,))  # eight steps: 4 is its own alias
    assert torch.all(transform.analyses[0].view(2, 6, 9)[:, 4:] == 0)
    assert torch.all(transform.analyses[0].view(2, 6, 9)[0, :4].abs().sum(dim=1) > 0)


def test_matrices_that_were_made_in_inference_mode_serve_a_training() -> None:
    with torch.inference_mode():
        transform = index((23,), (5,))
    weight = torch.ones(1, dtype=torch.float64, requires_grad=True)
    analyse(weight * torch.ones(1, 23, 1, dtype=torch.float64), transform.analyses).sum().backward()
    assert weight.grad == pytest.approx(1.0)  # the mean, and no other frequency


def test_matrices_are_made_once_for_each_axis() -> None:
    first, second = index((10, 10), (5, 3)), index((10, 10), (5, 3))
    assert all(a is b for a, b in zip(first.analyses, second.analyses, strict=True))
    assert index((10, 11), (5, 3)).analyses[0] is first.analyses[0]
