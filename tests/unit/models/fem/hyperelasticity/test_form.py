"""The material: its stress and tangent are derivatives, it does not see rotations, and it is Hooke's at small
strain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skfem.models.elasticity import linear_elasticity

from models.base import Array
from models.fem.domain.build import mesh_of
from models.fem.hyperelasticity.form import energy, stress
from models.fem.hyperelasticity.problem import Body, body
from models.fem.hyperelasticity.task import HyperelasticityTask

LAME, SHEAR = 3.0, 1.5
PLACE = (1, 1)  # one cell, one point


def at_a_point(matrix: Array) -> Array:
    return matrix.reshape(*matrix.shape, *PLACE)


def some(dimension: int, seed: int, size: float = 0.3) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    F = np.eye(dimension) + size * rng.uniform(-1, 1, (dimension, dimension))
    return at_a_point(F), at_a_point(rng.normal(size=(dimension, dimension)))


def number(value: Array) -> float:
    return float(np.sum(value))


@pytest.mark.parametrize("dimension", [2, 3])
@given(seed=st.integers(0, 10_000))
def test_the_stress_is_the_derivative_of_the_energy(dimension: int, seed: int) -> None:
    F, H = some(dimension, seed, 0.2)
    by_energy = number(stress(F, LAME, SHEAR) * H)
    h = 1e-4
    slope = number(energy(F + h * H, LAME, SHEAR) - energy(F - h * H, LAME, SHEAR)) / (2 * h)
    assert slope == pytest.approx(by_energy, rel=1e-4, abs=1e-5)


def body_of(dimension: int) -> Body:
    task = HyperelasticityTask(
        shape="square" if dimension == 2 else "cube",
        divisions=np.full(dimension, 2),
        cell_kind="triangle" if dimension == 2 else "hexahedron",
        degree=1,
        young_modulus=np.array([SHEAR * (3 * LAME + 2 * SHEAR) / (LAME + SHEAR)]),
        poisson_ratio=np.array([LAME / (2 * (LAME + SHEAR))]),
        conditions="left: u = " + ", ".join(["0"] * dimension),
    )
    return body(task, mesh_of(task))


@given(angle=st.floats(-3.1, 3.1), seed=st.integers(0, 10_000))
def test_a_rotation_turns_the_stress_and_leaves_the_energy(angle: float, seed: int) -> None:
    F, _ = some(2, seed)
    c, s = np.cos(angle), np.sin(angle)
    Q = np.array([[c, -s], [s, c]])
    turned = np.einsum("ij,jk...->ik...", Q, F)
    np.testing.assert_allclose(energy(turned, LAME, SHEAR), energy(F, LAME, SHEAR), atol=1e-12)
    expected = np.einsum("ij,jk...->ik...", Q, stress(F, LAME, SHEAR))
    np.testing.assert_allclose(stress(turned, LAME, SHEAR), expected, atol=1e-11)


@pytest.mark.parametrize("dimension", [2, 3])
def test_at_rest_there_is_no_energy_and_no_stress_and_the_tangent_is_hookes(dimension: int) -> None:
    rest = at_a_point(np.eye(dimension))
    assert number(energy(rest, LAME, SHEAR)) == pytest.approx(0, abs=1e-15)
    np.testing.assert_allclose(stress(rest, LAME, SHEAR), 0, atol=1e-15)
    given = body_of(dimension)
    hooke = linear_elasticity(LAME, SHEAR).assemble(given.basis)
    np.testing.assert_allclose(given.tangent(np.zeros(given.basis.N), 1.0).toarray(), hooke.toarray(), atol=1e-13)


@given(seed=st.integers(0, 10_000))
def test_no_strain_is_cheaper_than_rest(seed: int) -> None:
    F, _ = some(3, seed, 0.9)
    assert number(energy(F, LAME, SHEAR)) >= -1e-12


def test_matter_that_is_turned_inside_out_takes_infinite_energy() -> None:
    assert np.isposinf(energy(at_a_point(np.diag([1.0, -0.1])), LAME, SHEAR)).all()
