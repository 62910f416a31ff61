"""The error in energy, estimated by the recovered stress of Zienkiewicz & Zhu; and that stress at the nodes.

As in `models.fem.domain.recovery`, with the components of the stress for those of a flux.
"""

from __future__ import annotations

import numpy as np
from skfem import Basis
from skfem.quadrature import get_quadrature

from models.base import Array, BoundKind, ErrorBound
from models.fem.bricks.body import Body
from models.fem.bricks.stress import stress, tensor
from models.fem.domain.elements import scalar_element
from models.fem.domain.recovery import blend, fit, frame, sampling_order
from models.fem.elasticity.recovery import CONDITIONS, SOURCE


def energy_estimate(
    given: Body, degree: int, u: Array, found: Array, energy_norm: float
) -> tuple[ErrorBound, Array, Array]:
    """The estimate of ‖C^½ ε(exact − u)‖, each cell's share of its square, and the stress at the nodes (nodes, k).

    found is the stress of u at the quadrature points, energy_norm is ‖C^½ ε(u)‖.
    """
    basis = given.basis
    around = frame(basis, degree)
    X, _ = get_quadrature(basis.mesh.refdom, sampling_order(given.kind, degree))
    sampled = Basis(basis.mesh, basis.elem, mapping=basis.mapping, quadrature=(X, np.ones(X.shape[1])))
    coefficients = fit(around, sampled, stress(given, sampled, u))
    gap = blend(around, basis, scalar_element(given.kind, 1), coefficients, _inside(basis, len(coefficients))) - found
    shares = np.zeros(gap.shape[1])
    for q in range(gap.shape[2]):
        shares += basis.dx[:, q] * given.material.distance(tensor(gap[:, :, q]))
    value = float(np.sqrt(shares.sum()))
    estimate = ErrorBound(
        value=value,
        norm="energy",
        kind=BoundKind.ESTIMATED,
        relative=value / energy_norm if energy_norm > 0 else float("inf"),
        conditions=CONDITIONS,
        source=SOURCE,
    )
    corners = basis.mesh.p.T[: int(basis.mesh.t.max()) + 1]  # points along curved sides come after them
    return estimate, shares, around.at_nodes(corners, coefficients)


def _inside(basis: Basis, count: int) -> Array:
    """(count,): the nodes that are not on the boundary.

    A patch there has its samples on one side, and of few cells: its quadratics made the estimate of Q2 2 to 4 times the
    error, while those of neighbours inside reach to the boundary as well.
    """
    inside = np.ones(count, dtype=bool)
    inside[basis.mesh.boundary_nodes()] = False
    return inside
