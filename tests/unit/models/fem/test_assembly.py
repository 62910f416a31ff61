from __future__ import annotations

import numpy as np
import pytest
from skfem import Basis, BilinearForm, ElementTriP0, ElementTriP1, ElementTriP2, LinearForm, MeshTri
from skfem.helpers import dot, grad

from models.base import Array
from models.fem.assembly import flux_load, source_load, stiffness
from models.fem.element import ELEMENTS, Element
from models.fem.mesh import Triangulation
from tests.unit.models.fem.meshes import MESHES

every_mesh = pytest.mark.parametrize("mesh", MESHES.values(), ids=MESHES)
every_element = pytest.mark.parametrize("element", ELEMENTS.values(), ids=lambda element: element.name)
PEER = {1: ElementTriP1, 2: ElementTriP2}


def peer_basis(mesh: Triangulation, element: Element) -> tuple[Basis, Array]:
    """scikit-fem's basis, and the number there of each of our points."""
    peer = MeshTri(mesh.nodes.T.copy(), mesh.cells.T.copy())
    basis = Basis(peer, PEER[element.degree](), intorder=4)
    numbers = np.arange(len(mesh.nodes))
    if element.degree == 2:
        facets = np.empty(len(mesh.edges), dtype=np.int64)
        facets[mesh.find_edges(peer.facets.T)] = basis.facet_dofs[0]
        numbers = np.concatenate((basis.nodal_dofs[0], facets))
    return basis, numbers


@every_mesh
@every_element
def test_the_stiffness_matrix_is_that_of_scikit_fem(mesh: Triangulation, element: Element) -> None:
    conductivity = np.random.default_rng(0).uniform(0.1, 10, len(mesh.cells))
    basis, numbers = peer_basis(mesh, element)

    @BilinearForm
    def energy(u, v, w):  # type: ignore[no-untyped-def]
        return w["k"] * dot(grad(u), grad(v))

    peer = energy.assemble(basis, k=basis.with_element(ElementTriP0()).interpolate(conductivity)).toarray()
    ours = stiffness(mesh, element, conductivity).toarray()
    np.testing.assert_allclose(ours, peer[np.ix_(numbers, numbers)], atol=1e-12 * abs(peer).max())


@every_mesh
@every_element
def test_the_source_load_is_that_of_scikit_fem(mesh: Triangulation, element: Element) -> None:
    basis, numbers = peer_basis(mesh, element)
    source = np.random.default_rng(0).standard_normal(len(numbers))
    there = np.empty_like(source)
    there[numbers] = source

    @LinearForm
    def load(v, w):  # type: ignore[no-untyped-def]
        return w["f"] * v

    peer = load.assemble(basis, f=basis.interpolate(there))
    ours = source_load(mesh, element, source[mesh.cell_points(element.degree)])
    np.testing.assert_allclose(ours, peer[numbers], atol=1e-14)


@every_mesh
@every_element
def test_the_flux_load_integrates_products_of_polynomials(mesh: Triangulation, element: Element) -> None:
    edges = np.flatnonzero(mesh.is_boundary)

    def q(at: Array) -> Array:
        return np.asarray(1 + at @ [1.0, 2.0] + (at @ [1.0, -1.0]) ** 2)

    def v(at: Array) -> Array:
        return np.asarray((0.5 + at @ [3.0, 1.0]) ** element.degree)

    low, high = (mesh.nodes[mesh.edges[edges, end]] for end in range(2))
    flux = np.stack([q(low), q(high), q((low + high) / 2)], axis=1)
    ours = flux_load(mesh, element, edges, flux) @ v(mesh.points(element.degree))
    nodes, weights = np.polynomial.legendre.leggauss(3)  # exact to degree 5
    along = [low + (1 + t) / 2 * (high - low) for t in nodes]
    exact = sum(w / 2 * (mesh.edge_lengths[edges] @ (q(at) * v(at))) for w, at in zip(weights, along, strict=True))
    assert ours == pytest.approx(exact, rel=1e-13)
