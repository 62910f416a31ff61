"""How far a flux is from k ∇u_h, cell by cell.

On a cell the difference σ − k ∇u_h is Σ y_s v_s over the shapes v_s of `flux_space` and the parts λ_a φ_a and
λ_a λ_b φ_a of a source's bubble, φ_a being the lowest shape of the edge opposite a: k ∇u_h, linear at most, is made of
net fluxes and even bubbles alone. So what is small is small before it is squared.

With v = Σ w_a curl λ_a the products are ∫ v·v' = Σ μ_ab × the mean of (w_a − w_b) (w'_a − w'_b), over the three edges
(a, b), where μ_ab = −∫ ∇λ_a·∇λ_b is half the cotangent of the angle opposite.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from models.base import Array
from models.fem.compiled import compiled
from models.fem.element import P1
from models.fem.equilibration import Flux
from models.fem.flux_space import shapes
from models.fem.hats import derivatives_at_corners, normal_components, stiffness_of_hats
from models.fem.problem import Problem
from models.fem.quadrature import Quadrature, quadrature


@dataclass(frozen=True, eq=False)
class Reference:
    """The shapes v_s on any cell."""

    degree: int  # of the flux space
    source_degree: int
    polynomial_degree: int  # of all shapes
    products: Array  # (3, shapes, shapes): the means of (w_a − w_b) (w'_a − w'_b) on edge (a, b)
    weights: Array  # (points,): of a quadrature that is exact for squares
    sides: Array  # (shapes, 2 points): see `sides`


@dataclass(frozen=True, eq=False)
class Difference:
    """σ − k ∇u_h on each cell."""

    reference: Reference
    y: Array  # (cells, shapes)
    angles: Array  # (cells, 3): μ_ab


@cache
def reference(degree: int, source_degree: int) -> Reference:
    """For a flux space of degree 1 or 2, and a source of degree 0 to 2."""
    polynomial_degree = max(degree, source_degree + 1 if source_degree else 0)
    rule = quadrature(2 * polynomial_degree)
    weights = np.stack([_weights(degree, source_degree, point) for point in rule.points])
    jumps = np.stack([weights[:, :, a] - weights[:, :, b] for a, b in ((0, 1), (1, 2), (2, 0))])
    products = np.einsum("q,rqs,rqt->rst", rule.weights, jumps, jumps)
    return Reference(
        degree, source_degree, polynomial_degree, products, rule.weights, sides(degree, source_degree, rule)
    )


def sides(degree: int, source_degree: int, rule: Quadrature) -> Array:
    """(shapes, 2 points): w_0 − w_2 at the points of a rule, then w_1 − w_2."""
    weights = np.stack([_weights(degree, source_degree, point) for point in rule.points])
    return np.concatenate((weights[:, :, 0] - weights[:, :, 2], weights[:, :, 1] - weights[:, :, 2])).T.copy()


def _weights(degree: int, source_degree: int, point: Array) -> Array:
    """(shapes, 3): w_a at one barycentric point (3,)."""
    linear = point[:, None] * shapes(1, point)[[1, 2, 0]]
    quadratic = (linear[:, None] * point[:, None]).reshape(9, 3)
    return np.vstack((shapes(degree, point), linear, quadratic)[: source_degree + 1])


def difference(problem: Problem, u: Array, flux: Flux) -> Difference:
    mesh, element, degree = problem.mesh, problem.element, flux.space.degree
    is_constant = has_constant_source(problem)
    shape = reference(degree, 0 if is_constant else element.degree)
    y, angles = np.empty((len(mesh.cells), len(shape.sides))), np.empty((len(mesh.cells), 3))
    geometry = mesh.nodes, mesh.cells, mesh.cell_edges, mesh.cell_signs, np.ascontiguousarray(problem.conductivity)
    field = u, mesh.cell_points(element.degree), np.array(element.derivatives(np.eye(3)))
    _subtract(*geometry, *field, flux.coefficients, len(mesh.edges), y, angles)
    if degree == 2:
        count = len(mesh.edges)
        y[:, 6:9] = mesh.cell_signs * flux.coefficients[2 * count + mesh.cell_edges]
        y[:, 9] = flux.coefficients[3 * count :]
    if not is_constant:
        count = 6 if degree == 1 else 10
        y[:, count : count + 3] = 2 / 3 * mesh.areas[:, None] * flux.bubble.linear
        if flux.bubble.quadratic is not None:
            y[:, count + 3 :] = mesh.areas[:, None] / 2 * flux.bubble.quadratic.reshape(-1, 9)
    return Difference(shape, y, angles)


def mismatch(problem: Problem, u: Array, flux: Flux) -> Array:
    """(cells,): ∫ |σ − k ∇u_h|² / k over each cell."""
    mesh, shares = problem.mesh, np.empty(len(problem.mesh.cells))
    scale = 1 / (2 * np.sqrt(mesh.areas) * np.sqrt(problem.conductivity))
    if problem.element is P1 and flux.space.degree == 1 and has_constant_source(problem):
        shape, k = reference(1, 0), np.ascontiguousarray(problem.conductivity)
        geometry = mesh.nodes, mesh.cells, mesh.cell_edges, mesh.cell_signs, scale
        _square_of_linear(*geometry, k, u, flux.coefficients, len(mesh.edges), shape.weights, shape.sides, shares)
        return shares
    apart = difference(problem, u, flux)
    shape = apart.reference
    _square(mesh.nodes, mesh.cells, scale, apart.y, shape.weights, shape.sides, shares)
    return shares


def sample(problem: Problem, apart: Difference, rule: Quadrature) -> Array:
    """(2, cells, points): k^-½ (σ − k ∇u_h), turned by a right angle, times the root of the area."""
    mesh, shape = problem.mesh, apart.reference
    first, second = np.split(apart.y @ sides(shape.degree, shape.source_degree, rule), 2, axis=1)
    corners = mesh.nodes[mesh.cells]
    one, other = corners[:, 2] - corners[:, 1], corners[:, 0] - corners[:, 2]
    scale = 1 / (2 * np.sqrt(mesh.areas) * np.sqrt(problem.conductivity))
    along = (scale[:, None] * one).T[..., None], (scale[:, None] * other).T[..., None]
    return np.asarray(first * along[0] + second * along[1])


def has_constant_source(problem: Problem) -> bool:
    """On each cell."""
    return bool((problem.source == problem.source[:, :1]).all())


@compiled
def _subtract(
    nodes: Array,
    cells: Array,
    cell_edges: Array,
    cell_signs: Array,
    conductivity: Array,
    u: Array,
    cell_points: Array,
    derivatives: Array,
    coefficients: Array,
    edge_count: int,
    y: Array,
    angles: Array,
) -> None:
    """Fills angles (cells, 3) and the first six columns of y (cells, shapes)."""
    slopes, angle, through = np.empty((3, 3)), np.empty(3), np.empty((3, 2))
    for cell in range(len(cells)):
        stiffness_of_hats(nodes, cells, cell, angle)
        derivatives_at_corners(u, cell_points, cell, derivatives, slopes)
        normal_components(slopes, angle, conductivity[cell], through)
        for a in range(3):
            edge = cell_edges[cell, a]
            y[cell, a] = cell_signs[cell, a] * coefficients[edge] - (through[a, 0] + through[a, 1]) / 2
            y[cell, 3 + a] = coefficients[edge_count + edge] - (through[a, 0] - through[a, 1]) / 2
            angles[cell, a] = angle[a]


@compiled
def _square(nodes: Array, cells: Array, scale: Array, y: Array, weights: Array, sides: Array, shares: Array) -> None:
    """Fills shares (cells,). curl λ_0 is the side from corner 1 to 2, turned round, over twice the area."""
    count, at = len(weights), np.empty(2 * len(weights))
    for cell in range(len(shares)):
        at[:] = 0.0
        for shape in range(y.shape[1]):  # sums run side by side: each by itself would wait for its last addition
            for entry in range(2 * count):
                at[entry] += sides[shape, entry] * y[cell, shape]
        a, b, c = cells[cell, 0], cells[cell, 1], cells[cell, 2]
        x0, y0 = scale[cell] * (nodes[c, 0] - nodes[b, 0]), scale[cell] * (nodes[c, 1] - nodes[b, 1])
        x1, y1 = scale[cell] * (nodes[a, 0] - nodes[c, 0]), scale[cell] * (nodes[a, 1] - nodes[c, 1])
        share = 0.0
        for point in range(count):
            across = at[point] * x0 + at[count + point] * x1
            up = at[point] * y0 + at[count + point] * y1
            share += weights[point] * (across**2 + up**2)
        shares[cell] = share


@compiled
def _square_of_linear(
    nodes: Array,
    cells: Array,
    cell_edges: Array,
    cell_signs: Array,
    scale: Array,
    conductivity: Array,
    u: Array,
    coefficients: Array,
    edge_count: int,
    weights: Array,
    sides: Array,
    shares: Array,
) -> None:
    """Fills shares (cells,) by the operations of `_subtract` and `_square`, for P1 without a bubble of the source: with
    nothing kept between the two it takes a third of their time."""
    angle, y = np.empty(3), np.empty(6)
    for cell in range(len(shares)):
        stiffness_of_hats(nodes, cells, cell, angle)
        a, b, c = cells[cell, 0], cells[cell, 1], cells[cell, 2]
        double = 2 * conductivity[cell]
        ab, bc, ca = double * angle[0], double * angle[1], double * angle[2]
        first, second, last = u[a] - u[b], u[b] - u[c], u[c] - u[a]
        y[0], y[1], y[2] = ca * last - bc * second, ab * first - ca * last, bc * second - ab * first
        for place in range(3):
            edge = cell_edges[cell, place]
            y[place] += cell_signs[cell, place] * coefficients[edge]
            y[3 + place] = coefficients[edge_count + edge]
        d, e, f, p, q, r = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0  # in registers: see `_square`, whose rule has three points here
        for shape in range(6):
            d += sides[shape, 0] * y[shape]
            e += sides[shape, 1] * y[shape]
            f += sides[shape, 2] * y[shape]
            p += sides[shape, 3] * y[shape]
            q += sides[shape, 4] * y[shape]
            r += sides[shape, 5] * y[shape]
        x0, y0 = scale[cell] * (nodes[c, 0] - nodes[b, 0]), scale[cell] * (nodes[c, 1] - nodes[b, 1])
        x1, y1 = scale[cell] * (nodes[a, 0] - nodes[c, 0]), scale[cell] * (nodes[a, 1] - nodes[c, 1])
        share = weights[0] * ((d * x0 + p * x1) ** 2 + (d * y0 + p * y1) ** 2)
        share += weights[1] * ((e * x0 + q * x1) ** 2 + (e * y0 + q * y1) ** 2)
        shares[cell] = share + weights[2] * ((f * x0 + r * x1) ** 2 + (f * y0 + r * y1) ** 2)
