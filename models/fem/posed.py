"""A diffusion problem as a client poses it: the fields and checks that every diffusion task has.

Points are where values live: for degree 1 the nodes; for degree 2 the nodes, then the midpoints of all edges, an edge
being its sorted pair of nodes and edges being ordered lexicographically. `models.fem.mesh` holds both numberings.

The unit square in nx × ny squares: node i + j (nx + 1) is at (i / nx, j / ny); square i + j nx is cut by its diagonal
from lower left to upper right into cell 2 (i + j nx) below and cell 2 (i + j nx) + 1 above it.

Dirichlet edges are the boundary edges that are not listed in `neumann_edges` and whose points all have a given value;
every Dirichlet point lies on one. All other boundary edges are Neumann edges, of zero flux where they are not listed.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.base import Array, Task, scalar, tensor
from models.fem.check import (
    check_conductivity,
    check_dirichlet,
    check_mesh,
    check_neumann,
    check_range,
    check_size,
)


@dataclass(frozen=True, kw_only=True)
class PosedTask(Task):
    """Find u with −∇·(k ∇u) = f, u = g on the Dirichlet points, k ∂u/∂n = q on the Neumann edges, 0 flux elsewhere."""

    divisions: Array | None = tensor(
        "int64", (2,), "(nx, ny): the unit square, cut into nx × ny squares of two triangles each", optional=True
    )
    nodes: Array | None = tensor("float64", ("nodes", 2), "coordinates of a triangulation of your own", optional=True)
    cells: Array | None = tensor(
        "int64", ("cells", 3), "node numbers of each triangle, in either orientation", optional=True
    )
    degree: int = scalar(1, "polynomial degree of the Lagrange element", choices=(1, 2))
    conductivity: Array = tensor("float64", (-1,), "k > 0: one value, or one per cell")
    source: Array | None = tensor("float64", (-1,), "f: one value, or one per point (interpolated)", optional=True)
    cell_source: Array | None = tensor("float64", (-1,), "f, added to `source`: one value per cell", optional=True)
    dirichlet_points: Array | None = tensor("int64", ("dirichlet",), "points with a given value", optional=True)
    dirichlet_values: Array | None = tensor("float64", ("dirichlet",), "g at those points", optional=True)
    neumann_edges: Array | None = tensor(
        "int64", ("neumann", 2), "boundary edges with given flux, as node pairs", optional=True
    )
    neumann_values: Array | None = tensor(
        "float64",
        ("neumann", 1),
        "q into the domain on each edge: constant, linear (first node, second node), "
        "or quadratic (first node, second node, midpoint)",
        optional=True,
        alternatives=(("neumann", 2), ("neumann", 3)),
    )

    def check_problem(self) -> tuple[int, int | None]:
        """The numbers of cells and of points; the latter is None where the edges must be counted first.

        Raises `Refusal` for what the arrays alone show to be wrong; what needs the edges is refused by the solver.
        """
        node_count, cell_count, point_count = check_mesh(self.divisions, self.nodes, self.cells, self.degree)
        check_conductivity(self.conductivity, cell_count)
        if self.cell_source is not None:
            check_size("cell_source", self.cell_source, (cell_count,), "one value per cell")
        check_dirichlet(self.dirichlet_points, self.dirichlet_values)
        check_neumann(self.neumann_edges, self.neumann_values, node_count)
        if point_count is not None:
            self.check_points(point_count)
        return cell_count, point_count

    @property
    def node_count(self) -> int:
        """Of a task with one mesh."""
        if self.divisions is not None:
            return int((self.divisions + 1).prod())
        return 0 if self.nodes is None else len(self.nodes)

    def check_points(self, point_count: int) -> None:
        """Raise `Refusal` WRONG_SIZE or OUT_OF_RANGE: what needs the number of points, which the solver counts."""
        if self.source is not None:
            check_size("source", self.source, (1, point_count), "one value, or one per point")
        if self.dirichlet_points is not None:
            check_range("dirichlet_points", self.dirichlet_points, point_count, "points")
