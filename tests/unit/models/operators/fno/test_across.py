"""The convolution in shared memory, beside the one that is made for gradients."""

from __future__ import annotations

from math import prod

import pytest
import torch

from models.operators.fno.across import across
from models.operators.spectral.convolution import DenseKernel, multiply
from models.operators.spectral.grids import periodic_transform
from models.operators.spectral.transform import analyse_across, synthesise_across

WIDTH, BATCH = 5, 3
MODES = {(9,): (4,), (6, 9): (3, 4), (5, 6, 9): (4, 3, 4)}  # by grid; of the last axis without conjugates


@pytest.mark.parametrize("grid", MODES)
@torch.inference_mode()
def test_it_is_the_convolution_that_gradients_go_through_for_one_layer_after_the_other(grid: tuple[int, ...]) -> None:
    random = torch.Generator().manual_seed(1)
    kept, leading = MODES[grid], grid[:-1]
    spectrum = torch.empty(BATCH * prod(leading), 2 * kept[-1], WIDTH, dtype=torch.float64)
    transform = periodic_transform(grid, kept, spectrum)
    middle = across(spectrum, transform, leading, BATCH)
    for _ in range(2):
        spectrum.normal_(generator=random)
        kernel, bias = DenseKernel(kept, WIDTH).double()(), torch.randn(WIDTH, dtype=torch.float64, generator=random)
        before = analyse_across(spectrum, transform.analyses[:-1], leading, BATCH)
        wanted = synthesise_across(multiply(before, kernel), transform.syntheses[:-1])
        wanted[:, 0] += bias
        torch.testing.assert_close(middle.convolve(kernel, bias), wanted, rtol=1e-12, atol=1e-12)
