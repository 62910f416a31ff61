"""The unit square in quadrilaterals, with values at its nodes in the order of `Pairs`: first coordinate slowest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skfem import Mesh

from models.base import Array


@dataclass(frozen=True, eq=False)
class Squares:
    """Between the nodes of `Pairs` and a finite element mesh of divisions² squares."""

    divisions: int
    corners: Array  # (cells, 4): the nodes of each cell of the mesh

    @property
    def axis(self) -> Array:
        return np.linspace(0.0, 1.0, self.divisions + 1)

    @property
    def grid(self) -> tuple[int, int]:
        return self.divisions + 1, self.divisions + 1

    @property
    def positions(self) -> Array:
        """(points, 2)"""
        return np.stack(np.meshgrid(self.axis, self.axis, indexing="ij"), axis=-1).reshape(-1, 2)

    def on_cells(self, values: Array) -> Array:
        """(cells,), the geometric mean of positive values (points,) at the corners: the discrete problem follows from
        what is given at nodes; `darcy` has why it is this mean."""
        return np.asarray(np.exp(np.log(values)[self.corners].mean(axis=1)))

    def nodes(self, points: Array) -> tuple[Array, Array]:
        """Which of the points (n, 2) of the elements are nodes, and which node each of these is. Elements of degree 2
        have points between."""
        scaled = points * self.divisions
        number = np.rint(scaled).astype(np.int64)
        is_node = np.abs(scaled - number).max(axis=1) < 1e-6
        return np.flatnonzero(is_node), _flat(number[is_node], self.divisions)

    def at_nodes(self, values: Array, points: Array) -> Array:
        """(points of `Pairs`, …) of values (n, …) at the points of the elements."""
        found, number = self.nodes(points)
        ordered = np.empty((len(found), *values.shape[1:]))
        ordered[number] = values[found]
        return ordered


def squares(mesh: Mesh, divisions: int) -> Squares:
    """Of a mesh of the unit square in divisions² quadrilaterals."""
    number = np.rint(mesh.p.T * divisions).astype(np.int64)
    return Squares(divisions, _flat(number, divisions)[mesh.t.T])


def _flat(number: Array, divisions: int) -> Array:
    return np.asarray(number[:, 0] * (divisions + 1) + number[:, 1])
