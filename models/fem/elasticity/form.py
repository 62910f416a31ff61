"""The weak form of small-strain elasticity: for all v that vanish where u is prescribed

    ∫ λ div u div v + 2μ ε(u) : ε(v)  =  ∫ f·v + ∫_N t·v + ∫ β θ div v,

as a stiffness matrix and load vectors. Row d·i + a belongs to component a of point i.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import bsr_array

from models.base import Array
from models.fem.assembly import source_load
from models.fem.block_pattern import block_pattern
from models.fem.elasticity.material import Material
from models.fem.element import LAGRANGE, Element
from models.fem.quadrature import quadrature
from models.fem.simplicial import Simplicial


def stiffness(mesh: Simplicial, element: Element, material: Material) -> bsr_array:
    """The blocks K_ij[a, b] = ∫ λ ∂_a φ_i ∂_b φ_j + μ (∂_b φ_i ∂_a φ_j + δ_ab ∇φ_i·∇φ_j).

    On a cell ∂_a φ_i = Σ_α g_αa ∂φ_i/∂λ_α with constant g_α = ∇λ_α, so that only products of the g differ from cell to
    cell: the reference tensor R_αβij = Σ_q w_q ∂φ_i/∂λ_α ∂φ_j/∂λ_β does for all.
    """
    d = mesh.nodes.shape[1]
    g = mesh.gradients
    lame, shear = material.lame * mesh.volumes, material.shear * mesh.volumes
    rule = quadrature(2 * element.degree - 2, d)
    slopes = element.derivatives(rule.points)
    reference = np.einsum("q,qia,qjb->abij", rule.weights, slopes, slopes).reshape((d + 1) ** 2, -1)
    laplacian = g @ g.transpose(0, 2, 1)
    pattern = block_pattern(mesh.cell_points(element.degree))
    blocks = np.empty((len(pattern.columns), d, d))
    for a in range(d):
        for b in range(d):
            ab, ba = g[:, :, None, a] * g[:, None, :, b], g[:, :, None, b] * g[:, None, :, a]
            metric = lame[:, None, None] * ab + shear[:, None, None] * (ba + (a == b) * laplacian)
            blocks[:, a, b] = pattern.sum(metric.reshape(len(metric), -1) @ reference)
    return pattern.matrix(blocks)


def body_load(mesh: Simplicial, element: Element, force: Array) -> Array:
    """(points, d): ∫ f φ_i, where force (cells, count, d) holds f at each cell's points."""
    return np.stack([source_load(mesh, element, f) for f in np.moveaxis(force, 2, 0)], axis=1)


def traction_load(mesh: Simplicial, element: Element, facets: Array, traction: Array) -> Array:
    """(points, d): ∫ t φ_i over facets (n,), t being linear with the values traction (n, d, d) at their corners."""
    d = mesh.nodes.shape[1]
    rule = quadrature(element.degree + 1, d - 1)
    shapes = LAGRANGE[d - 1][element.degree].shapes(rule.points)
    mass = np.einsum("q,qi,qj->ij", rule.weights, shapes, rule.points)
    local = mesh.facet_measures[facets, None, None] * (mass @ traction)
    return _gathered(local, mesh.facet_points(element.degree)[facets], len(mesh.points(element.degree)))


def thermal_load(mesh: Simplicial, element: Element, material: Material, thermal_strain: Array) -> Array:
    """(points, d): ∫ β θ ∂_a φ_i, θ being linear with the values thermal_strain (cells, d + 1) at the corners."""
    rule = quadrature(element.degree, mesh.nodes.shape[1])
    slopes = element.derivatives(rule.points)
    reference = np.einsum("q,qc,qia->cia", rule.weights, rule.points, slopes)
    weighted = (material.thermal * mesh.volumes)[:, None] * thermal_strain
    local = np.tensordot(weighted, reference, axes=1) @ mesh.gradients
    return _gathered(local, mesh.cell_points(element.degree), len(mesh.points(element.degree)))


def _gathered(local: Array, points: Array, point_count: int) -> Array:
    """(points, d): the sum of local (n, count, d) at points (n, count)."""
    return np.stack(
        [np.bincount(points.ravel(), weights=w.ravel(), minlength=point_count) for w in np.moveaxis(local, 2, 0)],
        axis=1,
    )
