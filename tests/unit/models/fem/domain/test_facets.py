from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from skfem import Basis, MeshHex, MeshQuad, MeshQuad2

from models.base import Array
from models.fem.domain.elements import scalar_element
from models.fem.domain.facets import on_boundary


def bent(kind: str) -> MeshQuad | MeshHex:
    """Cells that are no parallelograms, numbered from any corner."""
    ticks = np.linspace(0, 1, 4)
    mesh = MeshQuad.init_tensor(ticks, ticks) if kind == "quadrilateral" else MeshHex.init_tensor(ticks, ticks, ticks)
    moved = mesh.p + 0.05 * np.sin(3 * mesh.p[::-1])
    turn = np.roll(mesh.t, 1, axis=0) if kind == "quadrilateral" else mesh.t
    return type(mesh)(moved, np.where(np.arange(mesh.nelements) % 2, mesh.t, turn))


@pytest.mark.parametrize(("kind", "degree"), [("quadrilateral", 2), ("hexahedron", 1), ("hexahedron", 2)])
def test_a_basis_on_facets_is_that_of_scikit_fem(kind: str, degree: int) -> None:
    basis = Basis(bent(kind), scalar_element(kind, degree), intorder=3)
    facets = basis.mesh.boundary_facets()[::2]
    ours, theirs = on_boundary(basis, facets, 4), basis.boundary(facets, intorder=4)
    u = np.random.default_rng(0).standard_normal(basis.N)
    np.testing.assert_allclose(ours.interpolate(u), theirs.interpolate(u), atol=1e-11)
    np.testing.assert_allclose(ours.interpolate(u).grad, theirs.interpolate(u).grad, atol=1e-9)
    np.testing.assert_allclose(ours.normals, theirs.normals, atol=1e-11)
    np.testing.assert_array_equal(ours.dx, theirs.dx)


def test_a_basis_on_curved_facets_is_that_of_scikit_fem() -> None:
    straight = bent("quadrilateral")
    mesh = MeshQuad2.from_mesh(straight)
    mesh = replace(mesh, doflocs=mesh.doflocs + 0.03 * np.cos(5 * mesh.doflocs[::-1]))
    basis = Basis(mesh, scalar_element("quadrilateral", 2), intorder=4)
    facets = mesh.boundary_facets()
    ours, theirs = on_boundary(basis, facets, 4), basis.boundary(facets, intorder=4)
    u = np.random.default_rng(0).standard_normal(basis.N)
    np.testing.assert_allclose(ours.interpolate(u), theirs.interpolate(u), atol=1e-11)
    np.testing.assert_allclose(ours.normals, theirs.normals, atol=1e-11)


@pytest.mark.parametrize("kind", ["quadrilateral", "hexahedron"])
@pytest.mark.parametrize("far", [1e3, 1e6])
def test_a_mesh_may_lie_far_from_the_origin(kind: str, far: float) -> None:
    near = Basis(bent(kind), scalar_element(kind, 2), intorder=3)
    mesh = near.mesh.translated(np.full(near.mesh.dim(), far))
    basis = Basis(mesh, scalar_element(kind, 2), intorder=3)
    facets = mesh.boundary_facets()
    u = np.random.default_rng(0).standard_normal(basis.N)

    def along_boundary(each: Basis) -> Array:
        found = on_boundary(each, facets)
        return np.asarray(np.sum(found.interpolate(u) * found.dx))

    assert along_boundary(basis) == pytest.approx(along_boundary(near), rel=1e-8)
