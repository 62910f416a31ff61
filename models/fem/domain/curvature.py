"""Second derivatives of Lagrange shape functions on cells of any shape, which scikit-fem leaves out.

With X(x) the inverse of a cell's map x(X) and F = ∂X/∂x, the chain rule gives

    ∂²φ/∂x_a∂x_b  =  Σ_ij F_ia F_jb (∂²φ/∂X_i∂X_j − Σ_c ∂φ/∂x_c ∂²x_c/∂X_i∂X_j).

Derivatives of a Lagrange shape function lie in the span of all of them, so that the second derivatives on the reference
cell are the derivatives of an interpolation of the first.
"""

from __future__ import annotations

from copy import copy

import numpy as np
from skfem import Basis, DiscreteField, Element

from models.base import Array


def with_second_derivatives(basis: Basis) -> Basis:
    """The same basis; its fields, and what it interpolates, have `hess` (d, d, cells, quadrature points)."""
    F = np.asarray(basis.mapping.invDF(basis.X))
    places = basis.mesh.doflocs[:, basis.mesh.dofs.element_dofs]  # which the cells' maps interpolate
    bent = np.einsum("knc,nijq->kijcq", places, _on_reference(basis.mesh.elem(), basis.X))
    own = _on_reference(basis.elem, basis.X)
    made = copy(basis)
    made.basis = []
    for (field,), reference in zip(basis.basis, own, strict=True):
        inner = reference[:, :, None] - np.einsum("kcq,kijcq->ijcq", field.grad, bent)
        hess = np.einsum("iacq,ijcq,jbcq->abcq", F, inner, F, optimize=True)
        made.basis.append((DiscreteField(np.asarray(field), grad=field.grad, hess=hess),))
    return made


def _on_reference(element: Element, X: Array) -> Array:
    """(shapes, d, d, points): the second derivatives of each shape function at X (d, points)."""
    at_nodes = _slopes(element, element.doflocs.T)  # (shapes, d, nodes)
    at_points = _slopes(element, X)
    return np.asarray(np.einsum("sin,njq->sijq", at_nodes, at_points))


def _slopes(element: Element, X: Array) -> Array:
    """(shapes, d, points)"""
    return np.stack([np.broadcast_to(element.lbasis(X, shape)[1], X.shape) for shape in range(len(element.doflocs))])
