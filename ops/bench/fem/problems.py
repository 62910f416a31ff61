"""The problems of the bench, as files that every program reads: numpy's .npz, with these arrays.

    nodes (nodes, d), cells (cells, n)       the mesh: triangles, tetrahedra, hexahedra in VTK's order; positive
    fixed (fixed,)                           nodes where the solution is 0, in all its components
    fields (fields, cells)                   conductivities, or Young's moduli
    loads (loads, nodes × components)        right-hand sides, as they are: nobody assembles them
    divisions (2,), (3,) or (0,)             of a mesh that is `unit_square`'s, or the built-in box: numbering and all,
                                             which ours may use

Poisson's ratio is `POISSON_RATIO`, a step in time `TIME_STEP` (of `HEAT_STEPS`), the heat capacity 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial import Delaunay

from models.base import Array
from models.fem.domain.build import vtk_corners
from models.fem.domain.shapes import brick
from models.fem.mesh import triangulate, unit_square
from models.fem.simplicial import Simplicial
from models.fem.tetrahedra import box

POISSON_RATIO = 0.3
TIME_STEP = 1e-3
HEAT_STEPS = 100
BENDING = (1.0, 0.0, 0.0)
BAR = (1.0, 1.0, 2.0)
SEED = 5
_UNSTRUCTURED = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Problem:
    nodes: Array
    cells: Array
    fixed: Array
    fields: Array
    loads: Array
    divisions: Array

    def write(self, path: Path) -> None:
        np.savez(path, allow_pickle=False, **vars(self))


def read(path: Path) -> Problem:
    with np.load(path) as arrays:
        return Problem(**arrays)


def square(count: int, fields: int = 4, loads: int = 1) -> Problem:
    """(count + 1)² nodes; u = 0 on the boundary; log k is normal with deviation 1 on each cell."""
    return _diffusion(unit_square(count, count), fields, loads, (count, count))


def unstructured(count: int, fields: int = 4) -> Problem:
    """As many nodes as `square`, in no order: the Delaunay triangles of a grid whose nodes were shaken."""
    return _diffusion(_shaken(count), fields, 1)


def bar(count: int) -> Problem:
    """A bar of count × count by 2 count bricks of six tetrahedra, held at z = 0 and bent by a body force `BENDING`."""
    mesh = box(count, count, 2 * count)
    nodes = mesh.nodes * BAR
    fixed = np.flatnonzero(nodes[:, 2] == 0)
    load = np.outer(_lumped(mesh) * 2.0, BENDING)
    load[fixed] = 0.0
    return Problem(nodes, mesh.cells, fixed, _fields(4, len(mesh.cells)), load.reshape(1, -1), _UNSTRUCTURED)


def bricks(count: int) -> Problem:
    """The bar, of hexahedra."""
    divisions = np.array((count, count, 2 * count))
    mesh = brick("hexahedron", divisions, np.array(BAR))
    nodes, cells = np.ascontiguousarray(mesh.p.T), vtk_corners(mesh, mesh.t.T).astype(np.int64)
    fixed = np.flatnonzero(nodes[:, 2] == 0)
    load = np.outer(np.bincount(cells.ravel()) * np.prod(BAR) / cells.size, BENDING)
    load[fixed] = 0.0
    return Problem(nodes, cells, fixed, _fields(4, len(cells)), load.reshape(1, -1), divisions)


def _diffusion(mesh: Simplicial, fields: int, loads: int, divisions: Sequence[int] = ()) -> Problem:
    rng = np.random.default_rng(SEED)
    fixed = np.unique(mesh.facets[mesh.is_boundary])
    sources = np.ones((1, 1)) if loads == 1 else rng.standard_normal((loads, len(mesh.nodes)))
    every = _lumped(mesh) * sources
    every[:, fixed] = 0.0
    return Problem(
        mesh.nodes, mesh.cells, fixed, _fields(fields, len(mesh.cells)), every, np.array(divisions, dtype=np.int64)
    )


def _fields(count: int, cell_count: int) -> Array:
    """(count, cells): their logarithms are normal, with deviation 1."""
    return np.exp(np.random.default_rng(SEED).standard_normal((count, cell_count)))


def _lumped(mesh: Simplicial) -> Array:
    """(nodes,): ∫ φ_i."""
    corners = mesh.cells.shape[1]
    return np.bincount(mesh.cells.ravel(), weights=np.repeat(mesh.volumes / corners, corners))


def _shaken(count: int) -> Simplicial:
    rng = np.random.default_rng(SEED)
    x, y = np.meshgrid(*[np.linspace(0, 1, count + 1)] * 2)
    nodes = np.column_stack((x.ravel(), y.ravel()))
    inner = ((nodes > 0) & (nodes < 1)).all(axis=1)
    nodes[inner] += rng.uniform(-0.4, 0.4, (int(inner.sum()), 2)) / count
    nodes = rng.permutation(nodes)
    cells = Delaunay(nodes).simplices.astype(np.int64)
    sides = nodes[cells[:, 1:]] - nodes[cells[:, :1]]
    doubled = np.abs(sides[:, 0, 0] * sides[:, 1, 1] - sides[:, 0, 1] * sides[:, 1, 0])
    return triangulate(nodes, cells[doubled > 1e-6 / count**2])  # Delaunay leaves flat cells along straight sides
