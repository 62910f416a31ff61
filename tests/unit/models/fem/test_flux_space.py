from __future__ import annotations

import numpy as np
import pytest

from models.base import Array
from models.fem.element import P1, P2, Element
from models.fem.flux_space import FluxSpace, source_bubble
from models.fem.mesh import Triangulation
from models.fem.quadrature import quadrature
from tests.unit.models.fem.meshes import MESHES

every_mesh = pytest.mark.parametrize("mesh", MESHES.values(), ids=MESHES)
both_degrees = pytest.mark.parametrize("degree", (1, 2))
CORNERS = ((0, 1), (1, 2), (2, 0))


def field(space: FluxSpace, coefficients: Array, point: Array) -> Array:
    """(cells, 2)"""
    weights = (coefficients[space.cell_dofs] * space.cell_signs) @ space.shapes(point)
    return np.asarray(np.einsum("ca,cad->cd", weights, space.mesh.curls))


def normal_flux(mesh: Triangulation, value: Array, local: int) -> Array:
    """(cells,): value (cells, 2) through a local edge per unit of its parameter, outwards."""
    i, j = CORNERS[local]
    along = mesh.nodes[mesh.cells[:, j]] - mesh.nodes[mesh.cells[:, i]]
    return np.asarray(value[:, 0] * along[:, 1] - value[:, 1] * along[:, 0])


def on_edge(local: int, t: float) -> Array:
    """The barycentric point at parameter t of a local edge."""
    i, j = CORNERS[local]
    point = np.zeros(3)
    point[i], point[j] = 1 - t, t
    return point


def divergence(mesh: Triangulation, value_at: object, point: Array) -> Array:
    """(cells,): by central differences of polynomials of degree ≤ 3 at an inner barycentric point."""
    assert callable(value_at)
    step = 1e-4
    total = np.zeros(len(mesh.cells))
    for axis, direction in ((0, [1.0, -1.0, 0.0]), (1, [0.0, 1.0, -1.0])):
        # ∂/∂x_d = Σ_a ∂λ_a/∂x_d ∂/∂λ_a, written in the two independent directions λ_0 and λ_2
        moved = step * np.array(direction)
        slope = (value_at(point + moved) - value_at(point - moved)) / (2 * step)
        gradient = mesh.gradients[:, 0] if axis == 0 else -mesh.gradients[:, 2]
        total += np.sum(gradient * slope, axis=1)
    return total


@every_mesh
@both_degrees
def test_normal_components_are_continuous_across_edges(mesh: Triangulation, degree: int) -> None:
    space = FluxSpace(mesh, degree)
    coefficients = np.random.default_rng(0).standard_normal(space.size)
    for t in (0.1, 0.4, 0.9):
        through = np.zeros((len(mesh.edges), 2))
        for local in range(3):
            forward = mesh.cell_signs[:, local] > 0
            for cells, at in ((forward, t), (~forward, 1 - t)):
                value = normal_flux(mesh, field(space, coefficients, on_edge(local, at)), local)
                through[mesh.cell_edges[cells, local], np.where(forward, 0, 1)[cells]] = value[cells]
        inner = ~mesh.is_boundary
        np.testing.assert_allclose(through[inner, 0], -through[inner, 1], atol=1e-12)


@every_mesh
@both_degrees
def test_the_first_coefficients_are_net_fluxes_and_bubbles_have_none(mesh: Triangulation, degree: int) -> None:
    space = FluxSpace(mesh, degree)
    coefficients = np.random.default_rng(0).standard_normal(space.size)
    for local in range(3):
        simpson = sum(
            w * normal_flux(mesh, field(space, coefficients, on_edge(local, t)), local)
            for t, w in ((0.0, 1 / 6), (0.5, 4 / 6), (1.0, 1 / 6))
        )
        expected = mesh.cell_signs[:, local] * coefficients[mesh.cell_edges[:, local]]
        np.testing.assert_allclose(simpson, expected, atol=1e-12)


@every_mesh
@both_degrees
def test_the_divergence_is_constant_on_each_cell_and_given_by_net_fluxes(mesh: Triangulation, degree: int) -> None:
    space = FluxSpace(mesh, degree)
    coefficients = np.random.default_rng(0).standard_normal(space.size)
    net = np.sum(mesh.cell_signs * coefficients[mesh.cell_edges], axis=1)
    for point in quadrature(4).points:
        found = divergence(mesh, lambda at: field(space, coefficients, at), point)
        scale = abs(net / mesh.areas).max() + 1 / mesh.areas.min()
        np.testing.assert_allclose(found, net / mesh.areas, atol=1e-6 * scale)


@every_mesh
@pytest.mark.parametrize("element", (P1, P2), ids=lambda element: element.name)
def test_a_source_bubble_has_the_source_less_its_mean_as_divergence(mesh: Triangulation, element: Element) -> None:
    values = np.random.default_rng(0).standard_normal((len(mesh.cells), len(element.points)))
    bubble = source_bubble(mesh, values)
    rule = quadrature(element.degree)
    mean = values @ (rule.weights @ element.shapes(rule.points))

    def at(point: Array) -> Array:
        return np.asarray(np.einsum("ca,cad->cd", bubble.weights(point), mesh.curls))

    for point in quadrature(4).points:
        expected = values @ element.shapes(point) - mean
        np.testing.assert_allclose(divergence(mesh, at, point), expected, atol=1e-6)
    for local in range(3):
        for t in (0.0, 0.3, 0.8):
            np.testing.assert_allclose(normal_flux(mesh, at(on_edge(local, t)), local), 0, atol=1e-13)
