"""How integrals that a caller wrote change where the nodes of straight simplices move, carrying the answer with them.

By V, linear on each cell: places by V, gradients by δ∇u = −(DV)ᵀ∇u, a volume by div V of itself, an area by
div V − n·DV n of itself, and its normal by δn = −(DV)ᵀn + (n·DV n) n (e.g. Sokołowski & Zolésio 1992, Introduction to
Shape Optimization, 2.17).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from skfem import ElementVector, LinearForm, Mesh

from models.base import Array
from models.fem.domain.conditions import AXES
from models.fem.domain.elements import kind_of, scalar_element
from models.fem.domain.formula import Name, derivative, evaluate
from models.fem.domain.functional import MOVED, AnyBasis, Component, bases_of, finite, known_on, normal_of
from models.fem.domain.integrals import Integral, leaves, normals


def by_nodes(
    integrals: Sequence[Integral], mesh: Mesh, components: Sequence[Component], coefficients: Mapping[str, Array]
) -> Array:
    """(nodes, d), on triangles or tetrahedra. Raises `Refusal` UNKNOWN_BOUNDARY or NOT_FINITE."""
    total = np.zeros(mesh.p.size)
    for integral in integrals:
        bases = bases_of(integral, mesh, components)
        known = known_on(bases, components, coefficients)
        names = [each.name for each in components]
        positions = bases[0].with_element(ElementVector(scalar_element(kind_of(mesh), 1)))
        total += finite(_slope(integral, positions, known, names), integral)
    return total.reshape(-1, mesh.dim())


def _slope(integral: Integral, positions: AnyBasis, known: Mapping[str, Array], names: Sequence[str]) -> Array:
    n = normal_of(positions)
    d = positions.mesh.dim()
    own = [leaf for name in names for leaf in leaves(name, d, on_boundary=n is not None)[1:]]
    own += [*AXES[:d], *(normals(d) if n is not None else ())]
    slope = derivative(integral.node, {leaf: Name(MOVED + leaf) for leaf in own})
    value = evaluate(integral.node, known)

    def along(V: Any, w: Any) -> Array:
        DV = np.asarray(V.grad)  # [i, j] is ∂_j V_i
        stretch = np.trace(DV)
        moved = dict(zip(AXES, np.asarray(V), strict=False))
        dn = None
        if n is not None:
            turned = _times(DV, n)
            along_n = np.sum(n * turned, axis=0)
            stretch, dn = stretch - along_n, along_n * n - turned
            moved |= dict(zip(normals(d), (dn, *dn), strict=True))
        for name in names:
            grad = known[f"grad({name})"]
            change = -_times(DV, grad)
            values = (change, *change)
            if n is not None and dn is not None:
                values = (*values, np.sum(dn * grad + n * change, axis=0))
            moved |= dict(zip(leaves(name, d, on_boundary=n is not None)[1:], values, strict=True))
        named = {MOVED + leaf: each for leaf, each in moved.items()}
        return np.asarray(value * stretch + evaluate(slope, {**known, **named}))

    return np.asarray(LinearForm(along).assemble(positions))


def _times(DV: Array, vector: Array) -> Array:
    """(DV)ᵀ times a vector."""
    return np.asarray(np.einsum("ij...,i...->j...", DV, vector))
