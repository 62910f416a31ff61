"""The matrices of single cells: of elasticity and of the Laplacian; and their loads."""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.elasticity.material import Material
from models.fem.optimize.sampled import Sampled


def elastic(space: Sampled, material: Material) -> Array:
    """(cells, n d, n d): ∫ λ ∂_a φ_i ∂_b φ_j + μ (∂_b φ_i ∂_a φ_j + δ_ab ∇φ_i·∇φ_j) in row d i + a, column d j + b."""
    lame, shear = material.lame * space.volumes, material.shear * space.volumes
    same = (lame == lame[0]).all() and (shear == shear[0]).all() and space.slopes.shape[1] == 1
    if same:
        lame, shear = lame[:1], shear[:1]
    d = space.points.shape[1]
    count = space.cell_points.shape[1]
    total = np.zeros((len(lame), count, d, count, d))
    for weight, g in zip(space.weights, space.slopes, strict=True):
        products = np.einsum("cia,cjb->ciajb", g, g)
        total += (weight * lame)[:, None, None, None, None] * products
        products = products.transpose(0, 1, 4, 3, 2) + np.einsum("cik,cjk,ab->ciajb", g, g, np.eye(d))
        total += (weight * shear)[:, None, None, None, None] * products
    local = total.reshape(len(lame), count * d, count * d)
    return np.broadcast_to(local, (len(space.volumes), *local.shape[1:]))


def laplacian(space: Sampled) -> Array:
    """(cells, n, n): ∫ ∇φ_i·∇φ_j."""
    mean = np.einsum("q,qcik,qcjk->cij", space.weights, space.slopes, space.slopes)
    return np.asarray(space.volumes[:, None, None] * mean)


def load(space: Sampled) -> Array:
    """(cells, n): ∫ φ_i."""
    return np.asarray(space.volumes[:, None] * (space.weights @ space.shapes))
