"""What triangles and tetrahedra have in common, as the weak forms read it. `d` is the dimension."""

from __future__ import annotations

from typing import Protocol

from models.base import Array


class Simplicial(Protocol):
    """A conforming mesh of simplices. A facet is an edge of a triangle or a face of a tetrahedron."""

    @property
    def nodes(self) -> Array:
        """(nodes, d)"""
        ...

    @property
    def cells(self) -> Array:
        """(cells, d + 1) nodes, positively oriented"""
        ...

    @property
    def volumes(self) -> Array:
        """(cells,) > 0"""
        ...

    @property
    def gradients(self) -> Array:
        """(cells, d + 1, d): the gradients of the barycentric coordinates."""
        ...

    @property
    def facets(self) -> Array:
        """(facets, d) nodes, increasing in each facet, lexicographic"""
        ...

    @property
    def facet_cells(self) -> Array:
        """(facets, 2): the one or two cells at a facet; NO_CELL beyond the boundary."""
        ...

    @property
    def facet_measures(self) -> Array:
        """(facets,): lengths or areas."""
        ...

    @property
    def is_boundary(self) -> Array:
        """(facets,) bool"""
        ...

    def points(self, degree: int) -> Array:
        """(points, d): the nodes; for degree 2 then the midpoints of the edges."""
        ...

    def cell_points(self, degree: int) -> Array:
        """(cells, count): in the order of the Lagrange element's points."""
        ...

    def facet_points(self, degree: int) -> Array:
        """(facets, count): in the order of the points of the Lagrange element of one dimension less."""
        ...

    def find_facets(self, corners: Array) -> Array:
        """(n,): the number of the facet with each row of corners (n, d) in any order, -1 where there is none."""
        ...
