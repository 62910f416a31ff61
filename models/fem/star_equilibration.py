"""A balanced flux from stars and a few local rounds: nearly as near to k ∇u_h as the nearest, for a tenth of its time.

It needs a field that is nearly a Galerkin solution. What of the balance is missing to that is carried out along the
tree, as a flux that has nothing to do with the solution: how large that is, is told.
"""

from __future__ import annotations

from dataclasses import replace

from models.base import Array
from models.fem.equilibration import Flux, imbalance, prescribed
from models.fem.problem import Problem
from models.fem.round_off import norm_along_edges
from models.fem.star_descent import descend
from models.fem.star_flux import star_flux


def equilibrate_by_stars(problem: Problem, u: Array) -> tuple[Flux, float]:
    """A balanced flux for a field u (points,), and an upper bound of the energy norm of what the tree had to carry."""
    start, around, count = prescribed(problem), problem.mesh.fans, len(problem.mesh.edges)
    net, even = star_flux(problem, u, around)
    coefficients = start.coefficients.copy()
    carried = -start.graph.carry(imbalance(problem, net))
    coefficients[:count] = net + carried
    is_open = start.graph.is_open
    coefficients[count : 2 * count][is_open] = even[is_open]
    flux = descend(problem, u, replace(start, coefficients=coefficients), around)
    return flux, norm_along_edges(problem, carried)
