"""The domain as a client poses it: the fields that every task on a general mesh has, and their checks. Light.

Shapes, by `divisions` and `lengths` (1 where absent), with the names of their boundaries:

- `square`: (0, Lx) × (0, Ly) in nx × ny bricks: left, right, bottom, top.
- `cube`: (0, Lx) × (0, Ly) × (0, Lz) in nx × ny × nz bricks: left and right (x), front and back (y),
  bottom and top (z).
- `l_shape`: (-1, 1)² without [0, 1) × (-1, 0], the longer sides in 2n bricks; divisions (n,): reentrant, outer.
- `annulus`: a ring of radii lengths (inner, outer), (1, 2) where absent, in divisions (radial, around): inner, outer.
  Its circles are polygons.
- `channel`: a rectangle of lengths (length, height) with one corner at the origin, without a cylinder of lengths
  (centre's x, its y, its radius); (2.2, 0.41, 0.2, 0.2, 0.05) where absent, which is Schäfer & Turek's of 1996.
  Divisions (n, m, k): 4 n m bricks around the cylinder, n along each side of the box (0, 2x) × (0, height) and m from
  cylinder to box; n k from there to the outlet. Boundaries: inlet, outlet, walls, cylinder. For degree 2 cells follow
  the circle.
- `own`: `nodes` and `cells`, and boundaries by `boundary_facets`, `boundary_labels` and `boundary_names`.

On every mesh `boundary` is the whole of it. Cells are numbered as the caller lists them, or as the result returns them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from models.base import Array, Refusal, Task, scalar, tensor
from models.fem.check import check_pair, check_range, check_size

CORNERS = {"triangle": 3, "quadrilateral": 4, "tetrahedron": 4, "hexahedron": 8}
FACET_CORNERS = {"triangle": 2, "quadrilateral": 2, "tetrahedron": 3, "hexahedron": 4}
DIMENSION = {"triangle": 2, "quadrilateral": 2, "tetrahedron": 3, "hexahedron": 3}
# What one brick is cut into.
CELLS_PER_BRICK = {"triangle": 2, "quadrilateral": 1, "tetrahedron": 6, "hexahedron": 1}
# By degree: points per cell, asymptotically, on a structured mesh.
_POINTS_PER_CELL = {
    "triangle": {1: 0.5, 2: 2.0},
    "quadrilateral": {1: 1.0, 2: 4.0},
    "tetrahedron": {1: 1 / 6, 2: 8 / 6},
    "hexahedron": {1: 1.0, 2: 8.0},
}

_DIVISIONS = {"square": 2, "cube": 3, "l_shape": 1, "annulus": 2, "channel": 3}
_LENGTHS = {"square": 2, "cube": 3, "l_shape": 0, "annulus": 2, "channel": 5}


@dataclass(frozen=True, kw_only=True)
class DomainTask(Task):
    """Where a problem is posed, with which elements, and under which boundary conditions."""

    shape: str = scalar("square", "the domain", choices=("square", "cube", "l_shape", "annulus", "channel", "own"))
    divisions: Array | None = tensor("int64", (-1,), "bricks along each direction of the shape", optional=True)
    lengths: Array | None = tensor("float64", (-1,), "lengths or radii of the shape", optional=True)
    nodes: Array | None = tensor(
        "float64", ("nodes", -1), "coordinates (x, y) or (x, y, z) of an own mesh", optional=True
    )
    cells: Array | None = tensor(
        "int64",
        ("cells", -1),
        "nodes of each cell, in VTK's order: around a quadrilateral; around the bottom of a hexahedron, then its top",
        optional=True,
    )
    cell_kind: str = scalar(
        "triangle", "what the cells are", choices=("triangle", "quadrilateral", "tetrahedron", "hexahedron")
    )
    boundary_facets: Array | None = tensor(
        "int64", ("facets", -1), "edges or faces of an own mesh's boundary, by their nodes in any order", optional=True
    )
    boundary_labels: Array | None = tensor(
        "int64", ("facets",), "which of boundary_names each belongs to, from 0", optional=True
    )
    boundary_names: str = scalar("", "names of the boundaries, separated by commas")
    degree: int = scalar(1, "polynomial degree of the element: P1, P2 on simplices, Q1, Q2 on others", choices=(1, 2))
    conditions: str = scalar("", "boundary conditions, e.g. left: u = 0; right: q = sin(pi*y)")

    @property
    def dimension(self) -> int:
        return DIMENSION[self.cell_kind]

    def check_domain(self, max_unknowns: int, components: int = 1) -> int:
        """The number of cells.

        Raises `Refusal` for what the arrays alone show to be wrong, and for what is too large to be solved.
        `components` is the number of unknowns at each point.
        """
        cell_count = self._check_own() if self.shape == "own" else self._check_shape()
        unknowns = round(cell_count * _POINTS_PER_CELL[self.cell_kind][self.degree] * components)
        if unknowns > max_unknowns:
            raise Refusal(
                "OUT_OF_RANGE",
                f"makes about {unknowns} unknowns; at most {max_unknowns} are solved here",
                "cells" if self.shape == "own" else "divisions",
                {"unknowns": str(unknowns), "max": str(max_unknowns)},
            )
        return cell_count

    def _check_shape(self) -> int:
        for name in ("nodes", "cells", "boundary_facets", "boundary_labels"):
            if getattr(self, name) is not None:
                raise Refusal("MESH_AMBIGUOUS", f"is of an own mesh, but the shape is {self.shape}", name)
        if (self.shape == "cube") != (self.dimension == 3):
            raise Refusal("UNKNOWN_CHOICE", f"is {self.cell_kind}, which does not fill a {self.shape}", "cell_kind")
        divisions = self.divisions
        if divisions is None:
            raise Refusal("MISSING_TENSOR", f"is required for a {self.shape}", "divisions", {"tensor": "divisions"})
        check_size("divisions", divisions, (_DIVISIONS[self.shape],), f"of a {self.shape}")
        least = 3 if self.shape == "annulus" else 1
        if (divisions < (1, least) if self.shape == "annulus" else divisions < 1).any():
            raise Refusal(
                "OUT_OF_RANGE", f"are {divisions.tolist()}; send at least 1, and 3 around a ring", "divisions"
            )
        self._check_lengths()
        bricks: int = prod(divisions.tolist())  # Python's integers do not overflow
        if self.shape == "l_shape":
            bricks = 3 * bricks**2
        if self.shape == "channel":
            side, deep, behind = divisions.tolist()
            bricks = side * (4 * deep + behind)
        return bricks * CELLS_PER_BRICK[self.cell_kind]

    def _check_lengths(self) -> None:
        if self.lengths is None:
            return
        check_size("lengths", self.lengths, (_LENGTHS[self.shape],), f"of a {self.shape}")
        if not (self.lengths > 0).all():
            raise Refusal("NOT_POSITIVE", f"are {self.lengths.tolist()}; send lengths > 0", "lengths")
        if self.shape == "annulus" and not self.lengths[0] < self.lengths[1]:
            raise Refusal("OUT_OF_RANGE", f"are {self.lengths.tolist()}; send the inner radius first", "lengths")
        if self.shape == "channel":
            _check_channel(*self.lengths.tolist())

    def _check_own(self) -> int:
        if self.divisions is not None or self.lengths is not None:
            name = "divisions" if self.divisions is not None else "lengths"
            raise Refusal("MESH_AMBIGUOUS", "is of a built-in shape, but the shape is own", name)
        if self.nodes is None or self.cells is None:
            name = "nodes" if self.nodes is None else "cells"
            raise Refusal("MISSING_TENSOR", "is required for an own mesh", name, {"tensor": name})
        _check_width("nodes", self.nodes, self.dimension)
        _check_width("cells", self.cells, CORNERS[self.cell_kind])
        if len(self.cells) == 0:
            raise Refusal("WRONG_SIZE", "is empty; send at least one cell", "cells")
        check_range("cells", self.cells, len(self.nodes), "nodes")
        check_pair("boundary_facets", self.boundary_facets, "boundary_labels", self.boundary_labels)
        if self.boundary_facets is not None and self.boundary_labels is not None:
            _check_width("boundary_facets", self.boundary_facets, FACET_CORNERS[self.cell_kind])
            check_range("boundary_facets", self.boundary_facets, len(self.nodes), "nodes")
            check_range("boundary_labels", self.boundary_labels, len(self.own_names), "boundary_names")
        return len(self.cells)

    @property
    def own_names(self) -> list[str]:
        return [name.strip() for name in self.boundary_names.split(",") if name.strip()]


def _check_channel(length: float, height: float, x: float, y: float, radius: float) -> None:
    if not (radius < min(x, y, height - y) and 2 * x < length):
        raise Refusal(
            "OUT_OF_RANGE",
            f"put a cylinder of radius {radius} at ({x}, {y}) into a channel of {length} by {height}; "
            "it must touch no wall, and its x be less than half the length",
            "lengths",
        )


def _check_width(name: str, array: Array, width: int) -> None:
    if array.shape[1] != width:
        raise Refusal("WRONG_SHAPE", f"has rows of {array.shape[1]}; the cells ask for {width}", name)
