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
from models.fem.compiled import compiled_reordered


@compiled_reordered
def assemble(conductivity: Array, x_weight: float, y_weight: float, stencil: Array) -> None:
    """Fill stencil (7, rows, columns): edges, inverse diagonals of red and black nodes, diagonal of black nodes.

    conductivity is (ny, nx, 2), below and above the diagonal of each rectangle; the weights are the conductances of
    half a horizontal and half a vertical edge for k = 1.
    """
    y_count, x_count, _ = conductivity.shape
    half = x_count // 2
    for j in range(y_count + 1):
        even, odd = stencil[0, j + 1], stencil[1, j + 1]
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
            even, odd = stencil[2, j + 1], stencil[3, j + 1]
            even[1] = y_weight * cells[0, 1]
            for s in range(1, half):
                even[s + 1] = y_weight * (cells[2 * s - 1, 0] + cells[2 * s, 1])
            even[half + 1] = y_weight * cells[x_count - 1, 0]
            for s in range(half):
                odd[s + 1] = y_weight * (cells[2 * s, 0] + cells[2 * s + 1, 1])
    for j in range(1, y_count + 2):
        across, along, black = stencil[0, j], stencil[1, j], stencil[6, j]
        even_south, even_north, odd_south, odd_north = (
            stencil[2, j - 1],
            stencil[2, j],
            stencil[3, j - 1],
            stencil[3, j],
        )
        first, second = (stencil[4, j], stencil[5, j]) if j % 2 == 1 else (stencil[5, j], stencil[4, j])
        for s in range(1, half + 2):
            first[s] = along[s - 1] + across[s] + even_south[s] + even_north[s]
        for s in range(1, half + 1):
            second[s] = across[s] + along[s] + odd_south[s] + odd_north[s]
        for s in range(1, half + 2):
            black[s] = stencil[5, j, s]
            stencil[4, j, s] = 1 / stencil[4, j, s] if stencil[4, j, s] > 0 else 0
            stencil[5, j, s] = 1 / stencil[5, j, s] if stencil[5, j, s] > 0 else 0


@compiled_reordered
def share(stencil: Array, shares: Array) -> None:
    """Fill shares (4, ny/2, nx/2): how a red node in the middle of a coarse rectangle is interpolated from its corners,
    lower left, lower right, upper left and upper right.

    As the operator has it (Dendy 1982, J. Comput. Phys. 48, 366-386): its value is the mean of its four neighbours,
    theirs that of the two corners beside them, each weighted by conductances.
    """
    for j in range(shares.shape[1]):
        row = 2 * j + 2  # of the middle
        for i in range(shares.shape[2]):
            s = i + 1
            scale = stencil[4, row, s]
            left, right = scale * stencil[0, row, s], scale * stencil[1, row, s]
            below, above = scale * stencil[3, row - 1, s], scale * stencil[3, row, s]
            left_low = left * stencil[2, row - 1, s] / (stencil[2, row - 1, s] + stencil[2, row, s])
            right_low = right * stencil[2, row - 1, s + 1] / (stencil[2, row - 1, s + 1] + stencil[2, row, s + 1])
            below_left = below * stencil[0, row - 1, s] / (stencil[0, row - 1, s] + stencil[1, row - 1, s])
            above_left = above * stencil[0, row + 1, s] / (stencil[0, row + 1, s] + stencil[1, row + 1, s])
            shares[0, j, i] = left_low + below_left
            shares[1, j, i] = right_low + below - below_left
            shares[2, j, i] = left - left_low + above_left
            shares[3, j, i] = right - right_low + above - above_left


@compiled_reordered
def coarsen(conductivity: Array, coarse: Array) -> None:
    """coarse (ny/2, nx/2, 2) gets the means over the four triangles of (ny, nx, 2) that each of its triangles holds."""
    for j in range(coarse.shape[0]):
        lower, upper = conductivity[2 * j], conductivity[2 * j + 1]
        for i in range(coarse.shape[1]):
            left, right = 2 * i, 2 * i + 1
            coarse[j, i, 0] = (lower[left, 0] + lower[right, 0] + lower[right, 1] + upper[right, 0]) / 4
            coarse[j, i, 1] = (lower[left, 1] + upper[left, 0] + upper[left, 1] + upper[right, 1]) / 4


@compiled_reordered
def fix(nodes: Array, stencil: Array, couplings: Array) -> None:
    """Make the rows and columns of the fixed nodes (fixed, 2) those of the identity, for fields that are 0 there.

    couplings (fixed, 4) gets what they were coupled with by: left, right, below, above.
    """
    for n in range(len(nodes)):
        i, j = nodes[n, 0], nodes[n, 1] + 1
        s, odd = i // 2 + 1, i % 2
        couplings[n, 0] = stencil[1 - odd, j, s - 1 + odd]
        couplings[n, 1] = stencil[odd, j, s]
        couplings[n, 2] = stencil[2 + odd, j - 1, s]
        couplings[n, 3] = stencil[2 + odd, j, s]
    for n in range(len(nodes)):
        i, j = nodes[n, 0], nodes[n, 1] + 1
        s, odd = i // 2 + 1, i % 2
        stencil[1 - odd, j, s - 1 + odd] = 0
        stencil[odd, j, s] = 0
        stencil[2 + odd, j - 1, s] = 0
        stencil[2 + odd, j, s] = 0
        stencil[4 + (i + j - 1) % 2, j, s] = 0
