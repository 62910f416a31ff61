from __future__ import annotations

import numpy as np
import pytest

from models.base import Array
from models.fem.domain.continuation import continued


class Tried:
    """A solver that manages a given advance, and remembers what it was asked."""

    def __init__(self, manages: float, barrier: float = 2.0) -> None:
        self.manages, self.barrier, self.shares, self.at = manages, barrier, list[float](), 0.0

    def __call__(self, start: Array, share: float) -> Array | None:
        self.shares.append(share)
        if share - start[0] > self.manages or share > self.barrier:
            return None
        return np.array([share])


def test_what_converges_at_once_takes_one_attempt() -> None:
    tried = Tried(1.0)
    assert continued(tried, np.zeros(1), 1.0, 1e-3) == (np.ones(1), 1.0)
    assert tried.shares == [1.0]


def test_advances_are_halved_after_failures_and_doubled_after_successes() -> None:
    tried = Tried(0.3)
    found, reached = continued(tried, np.zeros(1), 1.0, 1e-3)
    assert (found[0], reached) == (1.0, 1.0)
    assert tried.shares[:4] == [1.0, 0.5, 0.25, 0.75]


def test_the_first_advance_is_the_longest() -> None:
    tried = Tried(1.0)
    continued(tried, np.zeros(1), 0.25, 1e-3)
    assert tried.shares == [0.25, 0.5, 0.75, 1.0]


def test_the_last_solution_before_a_barrier_is_returned() -> None:
    found, reached = continued(Tried(1.0, barrier=0.6), np.zeros(1), 1.0, 1e-3)
    assert found[0] == reached == pytest.approx(0.6, abs=2e-3)
    assert reached <= 0.6
