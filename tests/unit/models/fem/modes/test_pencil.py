"""Eigenvalues of matrices that are known, and what happens when some are missed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import eigh
from scipy.sparse import csc_matrix, diags

from models.base import Array
from models.fem.modes.pencil import SMALL, critical_loads, residuals, starts, vibrations

N = 2 * SMALL


def random(n: int) -> list[Array]:
    return starts(n, np.random.default_rng(0))


def chain(n: int) -> csc_matrix:
    return diags([-np.ones(n - 1), 2 * np.ones(n), -np.ones(n - 1)], [-1, 0, 1], format="csc")


@pytest.mark.parametrize("n", [SMALL // 2, N])
def test_the_vibrations_of_a_chain_are_its_own(n: int) -> None:
    """λ = 4 sin²(jπ / 2(n + 1)), of a chain of equal masses 2: half of that."""
    mass = 2 * diags([np.ones(n)], [0], format="csc")
    pairs = vibrations(chain(n), mass, -0.1, 5, random(n))
    exact = 2 * np.sin(np.arange(1, 6) * np.pi / (2 * (n + 1))) ** 2
    np.testing.assert_allclose(pairs.values[:5], exact, rtol=1e-9)
    np.testing.assert_allclose(pairs.vectors.T @ mass @ pairs.vectors, np.eye(pairs.vectors.shape[1]), atol=1e-12)
    assert residuals(chain(n), mass, pairs).max() < 1e-13
    assert pairs.is_complete


def test_a_pair_that_is_none_has_a_large_residual() -> None:
    mass = diags([np.ones(N)], [0], format="csc")
    pairs = vibrations(chain(N), mass, -0.1, 5, random(N))
    pairs.values[2] *= 1.01
    assert residuals(chain(N), mass, pairs)[2] > 1e-7


def blind(n: int) -> Array:
    """A first vector without any of the first mode of a diagonal matrix: no Krylov space from it has any."""
    start = np.ones(n)
    start[0] = 0.0
    return start


def test_a_mode_that_was_missed_is_counted_and_found_from_another_vector() -> None:
    stiffness = diags([np.arange(1.0, N + 1)], [0], format="csc")
    mass = diags([np.ones(N)], [0], format="csc")
    missed = vibrations(stiffness, mass, 0.0, 3, [blind(N)])
    assert not missed.is_complete
    np.testing.assert_allclose(missed.values[:3], [2, 3, 4])
    found = vibrations(stiffness, mass, 0.0, 3, [blind(N), *random(N)])
    assert found.is_complete
    np.testing.assert_allclose(found.values[:3], [1, 2, 3])


def test_a_multiple_eigenvalue_is_found_as_often_as_it_is_there() -> None:
    stiffness = diags([np.repeat(np.arange(1.0, N / 4 + 1), 4)], [0], format="csc")
    pairs = vibrations(stiffness, diags([np.ones(N)], [0], format="csc"), 0.0, 6, random(N))
    assert pairs.is_complete
    np.testing.assert_allclose(pairs.values[:6], [1, 1, 1, 1, 2, 2])


@pytest.mark.parametrize("n", [SMALL // 2, N])
def test_critical_loads_are_the_positive_ones(n: int) -> None:
    rng = np.random.default_rng(1)
    softening = diags([rng.uniform(-1, 1, n), np.full(n - 1, 0.1), np.full(n - 1, 0.1)], [0, 1, -1], format="csc")
    pairs = critical_loads(chain(n), softening, 4, random(n))
    inverted = eigh(softening.toarray(), chain(n).toarray(), eigvals_only=True)
    np.testing.assert_allclose(pairs.values[:4], 1 / inverted[::-1][:4], rtol=1e-8)
    assert pairs.is_complete


@pytest.mark.parametrize("n", [SMALL // 2, N])
def test_where_there_are_few_critical_loads_there_are_no_others(n: int) -> None:
    weights = -np.ones(n)
    weights[:2] = 1.0, 0.5
    pairs = critical_loads(diags([np.ones(n)], [0], format="csc"), diags([weights], [0], format="csc"), 6, random(n))
    np.testing.assert_allclose(pairs.values, [1, 2])
    assert pairs.is_complete


@pytest.mark.parametrize("n", [SMALL // 2, N])
def test_where_nothing_is_softened_there_is_no_critical_load(n: int) -> None:
    pairs = critical_loads(chain(n), diags([-np.ones(n)], [0], format="csc"), 3, random(n))
    assert len(pairs.values) == 0
    assert pairs.is_complete
