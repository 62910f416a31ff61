from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from models.fem.direct import SingularMatrix
from models.fem.minimise import ENOUGH, minimise


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 1000))
def test_the_minimum_is_reached_to_a_few_digits(direct: int, bubbles: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = direct + bubbles + 1
    factor = rng.standard_normal((count, count)) + 3 * np.eye(count)
    matrix, goal = factor.T @ factor, rng.standard_normal(count)
    floor = 0.5
    square = floor + goal @ matrix @ goal
    x = minimise(csr_array(matrix), matrix @ goal, float(square), direct)
    excess = (x - goal) @ matrix @ (x - goal)
    # A step that gains little may be followed by a better one, yet not by many times more.
    assert excess <= 100 * ENOUGH * floor


def test_a_matrix_with_a_zero_pivot_is_singular() -> None:
    with pytest.raises(SingularMatrix):
        minimise(csr_array(np.zeros((2, 2))), np.ones(2), 1.0, 2)
