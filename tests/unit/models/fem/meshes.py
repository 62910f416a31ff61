"""Meshes and problems of many kinds, to run every property over."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.base import Array
from models.fem.mesh import Triangulation, triangulate, unit_square
from models.fem.task import DiffusionTask

ONE = np.ones(1)


def keep(mesh: Triangulation, wanted: Callable[[Array, Array], Array]) -> Triangulation:
    """The cells whose centre satisfies wanted(x, y), with their nodes renumbered."""
    cells = mesh.cells[wanted(*mesh.nodes[mesh.cells].mean(axis=1).T)]
    used, numbers = np.unique(cells, return_inverse=True)
    return triangulate(mesh.nodes[used], numbers.reshape(-1, 3))


def l_shape(count: int) -> Triangulation:
    """The unit square without its lower right quarter."""
    return keep(unit_square(2 * count, 2 * count), lambda x, y: (x < 0.5) | (y > 0.5))


def ring(count: int = 8) -> Triangulation:
    """The unit square without a square in its middle."""
    return keep(unit_square(count, count), lambda x, y: np.maximum(abs(x - 0.5), abs(y - 0.5)) > 0.125)


def two_holes() -> Triangulation:
    def outside(x: Array, y: Array, center: float) -> Array:
        return np.maximum(abs(x - center), abs(y - center)) > 0.125

    return keep(unit_square(8, 8), lambda x, y: outside(x, y, 0.25) & outside(x, y, 0.75))


def distorted(mesh: Triangulation, seed: int = 0) -> Triangulation:
    """Inner nodes moved by up to a quarter of the shortest edge, nodes and cells renumbered, some cells clockwise."""
    rng = np.random.default_rng(seed)
    inner = np.ones(len(mesh.nodes), dtype=bool)
    inner[mesh.edges[mesh.is_boundary]] = False
    nodes = mesh.nodes.copy()
    nodes[inner] += rng.uniform(-0.25, 0.25, (int(inner.sum()), 2)) * mesh.edge_lengths.min()
    numbers = rng.permutation(len(nodes))
    shuffled = np.empty_like(nodes)
    shuffled[numbers] = nodes
    cells = rng.permutation(numbers[mesh.cells])
    return triangulate(shuffled, np.where(rng.random(len(cells))[:, None] < 0.5, cells, cells[:, ::-1]))


MESHES: dict[str, Triangulation] = {
    "one triangle": triangulate(np.array([[0.0, 0.0], [2.0, 0.0], [0.5, 1.0]]), np.array([[0, 1, 2]])),
    "square": unit_square(4, 4),
    "strip": unit_square(9, 1),
    "distorted square": distorted(unit_square(6, 5)),
    "distorted L": distorted(l_shape(3), seed=1),
    "ring": ring(),
    "distorted two holes": distorted(two_holes(), seed=2),
}


def boundary_points(mesh: Triangulation, degree: int, where: Callable[[Array, Array], Array] | None = None) -> Array:
    """The points of the boundary edges whose midpoint satisfies where(x, y); of all of them without it."""
    chosen = mesh.is_boundary.copy()
    if where is not None:
        chosen &= where(*mesh.nodes[mesh.edges].mean(axis=1).T)
    return np.unique(mesh.edge_points(degree)[chosen])


def boundary_edges(mesh: Triangulation, where: Callable[[Array, Array], Array]) -> Array:
    """(edges, 2): the node pairs of the boundary edges whose midpoint satisfies where(x, y)."""
    return mesh.edges[mesh.is_boundary & where(*mesh.nodes[mesh.edges].mean(axis=1).T)]


def on_edges(mesh: Triangulation, edges: Array, q: Callable[[Array, Array], Array]) -> Array:
    """(edges, 3): q at the first node, second node and midpoint."""
    ends = mesh.nodes[edges]
    return np.stack([q(*p.T) for p in (ends[:, 0], ends[:, 1], ends.mean(axis=1))], axis=1)


def task_on(mesh: Triangulation, degree: int, **fields: Array) -> DiffusionTask:
    """k = 1 and u = 0 on the whole boundary, unless the fields say otherwise."""
    points = boundary_points(mesh, degree)
    defaults = {"conductivity": ONE, "dirichlet_points": points}
    merged = {**defaults, **fields}
    merged.setdefault("dirichlet_values", np.zeros(len(merged["dirichlet_points"])))
    return DiffusionTask(nodes=mesh.nodes, cells=mesh.cells, degree=degree, **merged)
