"""How much SUPG adds: none where it is not asked for, and never so much that coercivity is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import eigh
from skfem import Basis, BilinearForm
from skfem.helpers import dd, dot, grad, trace

from models.base import Array
from models.fem.domain.curvature import with_second_derivatives
from models.fem.domain.elements import scalar_element
from models.fem.domain.shapes import MESHES
from models.fem.transport.stabilisation import INVERSE, supg

stretches = st.floats(0.1, 10.0)


def one_cell(kind: str, matrix: Array) -> Basis:
    """The reference cell mapped by x = matrix X, with Q2 or P2 and their second derivatives."""
    mesh = MESHES[kind].init_refdom()
    moved = type(mesh)(matrix @ mesh.p, mesh.t)
    return with_second_derivatives(Basis(moved, scalar_element(kind, 2), intorder=6))


def largest_ratio(basis: Basis) -> float:
    """sup ‖Δv‖² / ‖∇v‖² on the cell, over what is not constant."""
    bend = BilinearForm(lambda u, v, w: trace(dd(u)) * trace(dd(v))).assemble(basis).toarray()
    slope = BilinearForm(lambda u, v, w: dot(grad(u), grad(v))).assemble(basis).toarray()
    return float(eigh(bend[1:, 1:], slope[1:, 1:], eigvals_only=True)[-1])


@pytest.mark.parametrize("kind", ["triangle", "tetrahedron"])
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_the_inverse_inequality_holds_on_any_simplex(kind: str, data: st.DataObject) -> None:
    d = {"triangle": 2, "tetrahedron": 3}[kind]
    entries = data.draw(st.lists(st.floats(-1, 1), min_size=d * d, max_size=d * d))
    matrix = np.diag(data.draw(st.lists(stretches, min_size=d, max_size=d))) @ (
        np.eye(d) + np.triu(np.reshape(entries, (d, d)), 1)
    )
    inverse = np.linalg.norm(np.linalg.inv(matrix), ord=2)
    assert largest_ratio(one_cell(kind, matrix)) <= INVERSE[kind] * inverse**2 * (1 + 1e-9)


@pytest.mark.parametrize("kind", ["quadrilateral", "hexahedron"])
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_the_inverse_inequality_holds_on_any_brick(kind: str, data: st.DataObject) -> None:
    d = {"quadrilateral": 2, "hexahedron": 3}[kind]
    sides = data.draw(st.lists(stretches, min_size=d, max_size=d))
    assert largest_ratio(one_cell(kind, np.diag(sides))) <= INVERSE[kind] / min(sides) ** 2 * (1 + 1e-9)


@pytest.mark.parametrize("degree", [1, 2])
@pytest.mark.parametrize("kind", MESHES)
def test_there_is_none_up_to_a_peclet_number_of_one_and_then_it_grows_from_zero(kind: str, degree: int) -> None:
    d = 2 if kind in ("triangle", "quadrilateral") else 3
    basis = Basis(MESHES[kind].init_refdom(), scalar_element(kind, degree), intorder=2)
    b = np.zeros((d, *basis.dx.shape))
    b[0] = 2.0
    edge = 1 / degree  # |b| h / 2 p k = 1 for h = 1: simplices of the reference are 1 long along x
    zero = np.zeros((1, 1))
    for k, active in ((1.001 * edge, False), (0.999 * edge, True)):
        found = supg(basis, kind, degree, np.full((1, 1), k), b, zero)
        np.testing.assert_allclose(found.peclet, edge / k)
        assert found.is_active == active
        assert found.tau.max() < 1e-3
    much = supg(basis, kind, degree, np.full((1, 1), 1e-9), b, zero)
    np.testing.assert_allclose(much.tau, 1 / (2 * degree * 2), rtol=1e-6)


def test_nothing_flows_and_nothing_is_added() -> None:
    basis = Basis(MESHES["triangle"].init_refdom(), scalar_element("triangle", 1), intorder=2)
    found = supg(basis, "triangle", 1, np.ones((1, 1)), np.zeros((2, *basis.dx.shape)), np.ones((1, 1)))
    assert not found.is_active
    assert not found.peclet.any()
