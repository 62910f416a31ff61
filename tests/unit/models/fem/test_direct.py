from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, diags_array

from models.fem.direct import SingularMatrix, solve


def test_the_residual_is_that_of_the_returned_field() -> None:
    matrix = diags_array([-1.0, 2.1, -1.0], offsets=[-1, 0, 1], shape=(50, 50)).tocsr()
    load = np.random.default_rng(0).standard_normal(50)
    solution = solve(matrix, load)
    assert solution.residual == abs(load - matrix @ solution.x).max() / abs(load).max()
    assert solution.residual < 1e-14


@pytest.mark.parametrize("scale", (1e-250, 1e250))
def test_the_residual_is_relative_at_any_scale(scale: float) -> None:
    matrix = diags_array([-1.0, 2.1, -1.0], offsets=[-1, 0, 1], shape=(50, 50)).tocsr()
    assert 0 < solve(matrix, scale * np.sin(np.arange(50))).residual < 1e-14


def test_no_load_has_the_zero_field_as_exact_solution() -> None:
    solution = solve(csr_array(np.eye(3)), np.zeros(3))
    assert solution.residual == 0
    assert not solution.x.any()


def test_a_matrix_with_a_zero_pivot_is_singular() -> None:
    with pytest.raises(SingularMatrix):
        solve(csr_array(np.diag([1.0, 0.0])), np.ones(2))
