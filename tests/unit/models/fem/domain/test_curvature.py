from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from skfem import Basis, Mesh, MeshHex, MeshQuad, MeshQuad2, MeshTet, MeshTri, MeshTri2

from models.base import Array
from models.fem.domain.curvature import with_second_derivatives
from models.fem.domain.elements import scalar_element


def bent(kind: type[Mesh], curved: type[Mesh] | None = None) -> Mesh:
    ticks = np.linspace(0, 1, 3)
    mesh = kind.init_tensor(*[ticks] * kind.init_refdom().dim())
    if curved is not None:
        mesh = curved.from_mesh(mesh)
    return replace(mesh, doflocs=mesh.doflocs + 0.05 * np.sin(3 * mesh.doflocs[::-1]))


MESHES = {
    "triangle": bent(MeshTri),
    "quadrilateral": bent(MeshQuad),
    "tetrahedron": bent(MeshTet),
    "hexahedron": bent(MeshHex),
    "curved triangle": bent(MeshTri, MeshTri2),
    "curved quadrilateral": bent(MeshQuad, MeshQuad2),
}


@pytest.mark.parametrize("name", MESHES)
def test_second_derivatives_are_the_slopes_of_first_ones_on_cells_of_any_shape(name: str) -> None:
    mesh = MESHES[name]
    d = mesh.dim()
    element = scalar_element(name.split()[-1], 2)
    X, W = np.full((d, 1), 0.2) + 0.05 * np.arange(d)[:, None], np.ones(1)
    u = np.random.default_rng(0).standard_normal(Basis(mesh, element).N)

    def gradient(at: Array) -> Array:
        return np.asarray(Basis(mesh, element, quadrature=(at, W)).interpolate(u).grad)

    step = 1e-5
    along = [(gradient(X + step * one[:, None]) - gradient(X - step * one[:, None])) / (2 * step) for one in np.eye(d)]
    inverse = mesh.mapping().invDF(X)
    expected = np.einsum("iacq,ibcq->abcq", inverse, np.stack(along))
    found = with_second_derivatives(Basis(mesh, element, quadrature=(X, W))).interpolate(u).hess
    np.testing.assert_allclose(found, expected, atol=1e-6 * np.abs(expected).max())
