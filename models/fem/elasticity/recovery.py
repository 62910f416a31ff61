"""The error in energy, estimated by the recovered stress of Zienkiewicz & Zhu.

Superconvergent patch recovery (Zienkiewicz & Zhu 1992, Int. J. Numer. Methods Eng. 33, 1331-1364 and 1365-1382): around
each node a polynomial of the element's degree is fitted by least squares to the stress of u_h, sampled in the cells at
that node. In a cell the recovered stress σ* blends the fits of its corners by their barycentric coordinates, and

    η² = ∫ (σ* − σ_h) : C⁻¹ (σ* − σ_h)

estimates ‖C^½ ε(u − u_h)‖², since σ* is the better approximation where u is smooth. It is no bound.
"""

from __future__ import annotations

import numpy as np

from models.base import Array, BoundKind, ErrorBound
from models.fem.elasticity.field import stress
from models.fem.elasticity.patches import fit
from models.fem.elasticity.problem import Problem
from models.fem.quadrature import quadrature

CONDITIONS = (
    "Asymptotically right where the exact stress is smooth; may be below the error near corners, cracks and point "
    "loads, and on coarse meshes; above it where material or temperature jump between cells, since the recovered "
    "stress does not."
)
SOURCE = "Zienkiewicz & Zhu 1992, Int. J. Numer. Methods Eng. 33, 1331-1364 (superconvergent patch recovery)"


def energy_estimate(problem: Problem, u: Array, energy_norm: float) -> tuple[ErrorBound, Array]:
    """The estimate of ‖C^½ ε(exact − u)‖ for the solution u (points, d), and each cell's share of its square (cells,).

    energy_norm is ‖C^½ ε(u)‖.
    """
    mesh, d = problem.mesh, problem.mesh.nodes.shape[1]
    patches = fit(problem, u)
    shares = np.zeros(len(mesh.cells))
    rule = quadrature(4, d)
    for point, weight in zip(rule.points, rule.weights, strict=True):
        gap = patches.stress(point) - stress(problem, u, point)
        shares += weight * problem.material.distance(gap)
    shares *= mesh.volumes
    value = float(np.sqrt(shares.sum()))
    estimate = ErrorBound(
        value=value,
        norm="energy",
        kind=BoundKind.ESTIMATED,
        relative=value / energy_norm if energy_norm > 0 else float("inf"),
        conditions=CONDITIONS,
        source=SOURCE,
    )
    return estimate, shares
