"""One shard's surrogate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.base import Array
from models.surrogate.plate import reference, scale
from models.surrogate.records import Records
from models.surrogate.ridge import TERMS, basis, fit
from tests.unit.models.surrogate.plates import homogeneous

ANY = st.floats(width=64)


def drawn(count: int, seed: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    return 2.0 ** rng.uniform(-1, 1, (count, 2, 2)), rng.uniform(0.1, 10.0, count)


def measured(coefficients: Array, count: int, seed: int = 0) -> Records:
    """Plates whose reduced fields are exactly the quadratic of these coefficients."""
    conductivity, source = drawn(count, seed)
    u = (basis(conductivity) @ coefficients + reference()) * scale(conductivity, source)[:, None]
    return Records(np.array([b"x"] * count, dtype="S1"), conductivity, source, u)


def test_many_records_of_a_quadratic_give_it_back_and_more_of_them_closer() -> None:
    coefficients = np.random.default_rng(1).uniform(-0.01, 0.01, (TERMS, 9))
    errors = [np.linalg.norm(fit(measured(coefficients, count)) - coefficients) for count in (400, 1600, 6400)]
    assert errors[0] < 0.02 * np.linalg.norm(coefficients)
    ratios = np.array(errors[:-1]) / errors[1:]
    assert ratios == pytest.approx(4.0, rel=0.15)  # the ridge is constant, so its share falls as 1/n


def test_without_records_a_shard_says_the_reference() -> None:
    assert np.array_equal(fit(homogeneous([], np.empty((0, 9)))), np.zeros((TERMS, 9)))


def test_the_basis_does_not_change_where_all_of_k_is_scaled() -> None:
    conductivity, _ = drawn(20, 2)
    assert basis(3 * conductivity) == pytest.approx(basis(conductivity), abs=1e-14)


def test_the_basis_spans_all_quadratics_of_the_contrasts() -> None:
    conductivity, _ = drawn(200, 3)
    assert np.linalg.matrix_rank(basis(conductivity)) == TERMS == 10


@given(arrays(np.float64, (1, 2, 2), elements=ANY), ANY, arrays(np.float64, (1, 9), elements=ANY))
def test_whatever_a_record_says_there_is_a_surrogate(conductivity: Array, source: float, u: Array) -> None:
    fitted = fit(Records(np.array([b"x"]), conductivity, np.array([source]), u))
    assert np.all(np.isfinite(fitted))
