"""What a displacement field is inside its cells: strain, stress and energy at given barycentric coordinates."""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.elasticity.problem import Problem
from models.fem.quadrature import quadrature


def strain(problem: Problem, u: Array, point: Array) -> Array:
    """(cells, d, d): (∇u + ∇uᵀ) / 2 at barycentric coordinates point (d + 1,), of u (points, d)."""
    values = u[problem.mesh.cell_points(problem.element.degree)]
    slopes = values.transpose(0, 2, 1) @ problem.element.derivatives(point) @ problem.mesh.gradients
    return np.asarray((slopes + slopes.transpose(0, 2, 1)) / 2)


def stress(problem: Problem, u: Array, point: Array) -> Array:
    """(cells, d, d)"""
    return problem.material.stress(strain(problem, u, point), problem.thermal_strain @ point)


def mean_stress(problem: Problem, u: Array) -> Array:
    """(cells, 6): xx, yy, zz, yz, xz, xy at the centroid, which is the mean, since the stress is linear in a cell."""
    d = problem.mesh.nodes.shape[1]
    center = np.full(d + 1, 1 / (d + 1))
    return problem.material.six_components(stress(problem, u, center), problem.thermal_strain @ center)


def strain_energy(problem: Problem, u: Array) -> Array:
    """(cells,): ∫ ½ σ : (ε − θ I)."""
    rule = quadrature(2, problem.mesh.nodes.shape[1])
    total = np.zeros(len(problem.mesh.cells))
    for point, weight in zip(rule.points, rule.weights, strict=True):
        six = problem.material.six_components(stress(problem, u, point), problem.thermal_strain @ point)
        total += weight * problem.material.energy_density(six)
    return total * problem.mesh.volumes
