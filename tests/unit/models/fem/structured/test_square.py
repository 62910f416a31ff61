from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.fem.structured.square import square_plan
from tests.unit.models.fem.structured.squares import random_square

even = st.integers(5, 24).map(lambda half: 2 * half)


@settings(max_examples=30, deadline=None)
@given(
    x_count=even,
    y_count=even,
    seed=st.integers(0, 99),
    spread=st.floats(0, 1.5),
    first=st.integers(0, 30),
    count=st.integers(1, 40),
)
def test_the_field_is_that_of_a_direct_solve(
    x_count: int, y_count: int, seed: int, spread: float, first: int, count: int
) -> None:
    square = random_square((x_count, y_count), seed=seed, spread=spread, first=first, count=count)
    operator = square_plan(np.array([x_count, y_count]), square.dirichlet).operator(square.conductivity)
    [found] = operator.solve([square.load], [square.fixed])
    exact = square.solution()
    np.testing.assert_allclose(found.x, exact, atol=1e-8 * np.abs(exact).max())
