"""The stiffness on every level, as a network: what couples two nodes is the conductance of the edge between them.

On a right triangle the two legs couple their ends and the hypotenuse nothing: the cotangent of the opposite angle is 0.
So P1 on the cut square is a five-point stencil, whatever the conductivity of the cells, and a node's diagonal entry is
the sum of the conductances around it. The Galerkin operator PᵀKP is of the same kind: a coarse field has one gradient
on the four fine triangles of a coarse one, which therefore acts with their mean conductivity.

Nodes have two colours, red where column + row is even: each couples only with the other. An array of one colour has a
row for each row of nodes and an entry for every second column, and a rim of zeros all around, so that the s-th of its
nodes in row j is at [j + 1, s + 1]. Edges lie in such arrays by the column and row of their left or lower end:
horizontal ones from even and from odd columns, then vertical ones in even and in odd columns.
"""

from __future__ import annotations

from models.base import Array
from models.fem.structured.compiled import compiled


@compiled
def assemble(conductivity: Array, x_weight: float, y_weight: float, edges: Array, inverse: Array, black: Array) -> None:
    """Fill edges (4, rows, columns), inverse diagonals (2, rows, columns) and the diagonal of the black nodes.

    conductivity is (ny, nx, 2), below and above the diagonal of each rectangle; the weights are the conductances of
    half a horizontal and half a vertical edge for k = 1.
    """
    y_count, x_count, _ = conductivity.shape
    half = x_count // 2
    for j in range(y_count + 1):
        even, odd = edges[0, j + 1], edges[1, j + 1]
        if 0 < j < y_count:
            above, below = conductivity[j], conductivity[j - 1]
            for s in range(half):
                even[s + 1] = x_weight * (above[2 * s, 0] + below[2 * s, 1])
                odd[s + 1] = x_weight * (above[2 * s + 1, 0] + below[2 * s + 1, 1])
        else:
            cells, side = (conductivity[0], 0) if j == 0 else (conductivity[y_count - 1], 1)
            for s in range(half):
                even[s + 1] = x_weight * cells[2 * s, side]
                odd[s + 1] = x_weight * cells[2 * s + 1, side]
        if j < y_count:
            cells = conductivity[j]
            even, odd = edges[2, j + 1], edges[3, j + 1]
            even[1] = y_weight * cells[0, 1]
            for s in range(1, half):
                even[s + 1] = y_weight * (cells[2 * s - 1, 0] + cells[2 * s, 1])
            even[half + 1] = y_weight * cells[x_count - 1, 0]
            for s in range(half):
                odd[s + 1] = y_weight * (cells[2 * s, 0] + cells[2 * s + 1, 1])
    for j in range(1, y_count + 2):
        across, along = edges[0, j], edges[1, j]
        even_south, even_north, odd_south, odd_north = edges[2, j - 1], edges[2, j], edges[3, j - 1], edges[3, j]
        first, second = (inverse[0, j], inverse[1, j]) if j % 2 == 1 else (inverse[1, j], inverse[0, j])
        for s in range(1, half + 2):
            first[s] = along[s - 1] + across[s] + even_south[s] + even_north[s]
        for s in range(1, half + 1):
            second[s] = across[s] + along[s] + odd_south[s] + odd_north[s]
        for s in range(1, half + 2):
            black[j, s] = inverse[1, j, s]
            inverse[0, j, s] = 1 / inverse[0, j, s] if inverse[0, j, s] > 0 else 0
            inverse[1, j, s] = 1 / inverse[1, j, s] if inverse[1, j, s] > 0 else 0


@compiled
def coarsen(conductivity: Array, coarse: Array) -> None:
    """coarse (ny/2, nx/2, 2) gets the means over the four triangles of (ny, nx, 2) that each of its triangles holds."""
    for j in range(coarse.shape[0]):
        lower, upper = conductivity[2 * j], conductivity[2 * j + 1]
        for i in range(coarse.shape[1]):
            left, right = 2 * i, 2 * i + 1
            coarse[j, i, 0] = (lower[left, 0] + lower[right, 0] + lower[right, 1] + upper[right, 0]) / 4
            coarse[j, i, 1] = (lower[left, 1] + upper[left, 0] + upper[left, 1] + upper[right, 1]) / 4


@compiled
def fix(nodes: Array, edges: Array, inverse: Array, couplings: Array) -> None:
    """Make the rows and columns of the fixed nodes (fixed, 2) those of the identity, for fields that are 0 there.

    couplings (fixed, 4) gets what they were coupled with by: left, right, below, above.
    """
    for n in range(len(nodes)):
        i, j = nodes[n, 0], nodes[n, 1] + 1
        s, odd = i // 2 + 1, i % 2
        places = ((1 - odd, j, s - 1 + odd), (odd, j, s), (2 + odd, j - 1, s), (2 + odd, j, s))
        for side in range(4):
            kind, row, column = places[side]
            couplings[n, side] = edges[kind, row, column]
    for n in range(len(nodes)):
        i, j = nodes[n, 0], nodes[n, 1] + 1
        s, odd = i // 2 + 1, i % 2
        edges[1 - odd, j, s - 1 + odd] = 0
        edges[odd, j, s] = 0
        edges[2 + odd, j - 1, s] = 0
        edges[2 + odd, j, s] = 0
        inverse[(i + j - 1) % 2, j, s] = 0
