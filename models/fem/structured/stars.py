"""A balanced flux for P1 on the cut square from a field nearly in balance, as `star_equilibration` has it on any mesh.

Stars, what is left carried out, a round of Gauss-Seidel over the curls of bubbles and hats: see there, `star_flux` and
`star_descent`. Here the defects leave along the rows, and bubbles are relaxed on all edges of a kind after each other,
horizontal, vertical or diagonal: they share no cell, and rows pass the memory in order. It takes a tenth of the time.
Nothing has to be believed of it: who bounds by the flux measures its balance and its distance on the general mesh.

A cell's difference from k ∇u has six numbers: the net fluxes through its horizontal, vertical and diagonal edge, and
their bubbles, in the directions of `flux_space`: down, to the right, to the lower right.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.base import Array
from models.fem.bound import Stars
from models.fem.compiled import compiled_reordered
from models.fem.dual_graph import DualGraph
from models.fem.element import P1
from models.fem.equilibration import Flux
from models.fem.flux_space import FluxSpace, source_bubble
from models.fem.mesh import Triangulation, square_edges
from models.fem.mismatch import has_constant_source, reference
from models.fem.problem import Problem
from models.fem.star_equilibration import equilibrate_by_stars


@dataclass(frozen=True, eq=False)
class SquareStars:
    """Made by `square_stars`."""

    divisions: tuple[int, int]
    graph: DualGraph  # of its mesh, with all edges open: its tree is kept

    def __call__(self, problem: Problem, near: Array) -> tuple[Flux, float]:
        """As `equilibrate_by_stars`, for a field near (points,)."""
        x_count, y_count = self.divisions
        k = problem.conductivity.reshape(y_count, x_count, 2)
        total = (problem.mesh.areas * problem.source[:, 0]).reshape(y_count, x_count, 2)
        sides = 1 / x_count, 1 / y_count
        cells, edges = np.empty((3, 2, y_count, x_count)), np.zeros((6, y_count + 1, x_count + 1))
        _differentiate(near.reshape(y_count + 1, x_count + 1), k, *sides, cells)
        _go_round(cells, total, edges)
        carried = float(np.sqrt(_carry_out(cells, total, *sides, edges)))
        # Of all orders with as many rounds this one came nearest, half a per cent nearer than one over each edge of a
        # general mesh in turn and back: diagonals have the largest share, and couple with everything.
        _relax_bubbles(2, cells, self._products, edges)
        _relax_hats(cells, *self._curls, edges)
        for kind in range(3):
            _relax_bubbles(kind, cells, self._products, edges)
        count = len(problem.mesh.edges)
        coefficients = np.empty(2 * count)
        for kind, numbers in enumerate(self._numbers):
            rows, columns = numbers.shape
            coefficients[numbers] = edges[kind, :rows, :columns]
            coefficients[count + numbers] = edges[3 + kind, :rows, :columns]
        bubble = source_bubble(problem.mesh, -problem.source)
        return Flux(FluxSpace(problem.mesh, 1), bubble, coefficients, self.graph), carried

    @cached_property
    def _numbers(self) -> tuple[Array, Array, Array]:
        return square_edges(*self.divisions)

    @cached_property
    def _products(self) -> Array:
        """(2, 6, 6): of a cell's six shapes, for k = 1: below the diagonal and above it."""
        x_count, y_count = self.divisions
        along, across = x_count / (2 * y_count), y_count / (2 * x_count)  # μ of the horizontal and the vertical leg
        of_legs = reference(1, 0).products
        signs, found = np.ones((2, 6)), np.empty((2, 6, 6))
        signs[:, :3] = (1, 1, -1), (-1, -1, 1)
        # A cell's edges are horizontal, vertical, diagonal below, and diagonal, horizontal, vertical above.
        for half, order in enumerate(((0, 1, 2), (1, 2, 0))):
            places = [*order, *(3 + place for place in order)]
            matrix = along * of_legs[order[0]] + across * of_legs[order[1]]
            found[half] = matrix[np.ix_(places, places)] * np.outer(signs[half], signs[half])
        return found

    @cached_property
    def _curls(self) -> tuple[Array, Array]:
        """(6, 6), (6,): the products of a node's curl with the shapes of each cell around it, and with itself."""
        halves = self._products[[0, 1, 0, 1, 0, 1]]
        found = np.einsum("ca,cab->cb", _CURLS, halves[:, :3])
        return found, np.einsum("ca,ca->c", found[:, :3], _CURLS)


def square_stars(mesh: Triangulation, divisions: tuple[int, int]) -> SquareStars:
    """For P1 on mesh = `unit_square(*divisions)`, u given on the whole boundary and f constant on each cell."""
    return SquareStars(divisions, DualGraph(mesh, np.ones(len(mesh.edges), dtype=bool)))


def best_stars(problem: Problem, divisions: Array | None) -> Stars:
    """These where they apply, divisions (2,) saying that the mesh is that of `unit_square`; else those of any mesh."""
    is_whole = len(problem.boundary.neumann_edges) == 0
    if divisions is None or problem.element is not P1 or not is_whole or not has_constant_source(problem):
        return equilibrate_by_stars
    x_count, y_count = divisions.tolist()
    return square_stars(problem.mesh, (x_count, y_count))


# Of the cells around a node, counter-clockwise from the one to its right: what the curl of the node's hat has through
# their horizontal, vertical and diagonal edge.
_CURLS = np.array([(-1, 0, -1), (0, -1, -1), (1, -1, 0), (1, 0, 1), (0, 1, 1), (-1, 1, 0)], dtype=np.float64)


@compiled_reordered
def _differentiate(u: Array, k: Array, width: float, height: float, cells: Array) -> None:
    """Fills cells (3, 2, ny, nx), below and above the diagonals: k ∂u/∂x × height, k ∂u/∂y × width, and 1/k."""
    across, along = height / width, width / height
    for j in range(k.shape[0]):
        for i in range(k.shape[1]):
            low, high = k[j, i, 0], k[j, i, 1]
            cells[0, 0, j, i] = across * low * (u[j, i + 1] - u[j, i])
            cells[1, 0, j, i] = along * low * (u[j + 1, i + 1] - u[j, i + 1])
            cells[0, 1, j, i] = across * high * (u[j + 1, i + 1] - u[j + 1, i])
            cells[1, 1, j, i] = along * high * (u[j + 1, i] - u[j, i])
            cells[2, 0, j, i], cells[2, 1, j, i] = 1 / low, 1 / high


@compiled_reordered
def _go_round(cells: Array, total: Array, edges: Array) -> None:
    """Adds the flux of each node's fan to edges (6, ny + 1, nx + 1): net fluxes of horizontal, vertical and diagonal
    edges, by their lower left end, then their bubbles. total (ny, nx, 2) is ∫ f over each cell.

    A fan's spokes run to the right, to the upper right, up, to the left, to the lower left and down; cell s lies
    between spokes s and s + 1. What k ∇u has through a spoke, counter-clockwise and weighted by the hat, is `before`
    and `after` the cell; its net outflow is after − before, as the hat's gradient has it.
    """
    rows, columns = total.shape[0], total.shape[1]
    before, after, weight, load = np.empty(6), np.empty(6), np.empty(6), np.empty(6)
    is_there, flux = np.empty(6, np.bool_), np.empty(7)
    for j in range(rows + 1):
        for i in range(columns + 1):
            for s in range(6):
                half, row, column = s % 2, j - s // 3, i - (1 if 2 <= s <= 4 else 0)
                is_there[s] = 0 <= row < rows and 0 <= column < columns
                if is_there[s]:
                    x, y = cells[0, half, row, column] / 2, cells[1, half, row, column] / 2
                    sign = 1 - 2 * (s // 3)
                    first = y if s % 3 == 0 else y - x if s % 3 == 1 else -x
                    last = y - x if s % 3 == 0 else -x if s % 3 == 1 else -y
                    before[s], after[s] = sign * first, sign * last
                    weight[s], load[s] = cells[2, half, row, column], total[row, column, half] / 3
            is_closed = 0 < j < rows and 0 < i < columns
            begin, count, defect = 0, 6, 0.0
            if is_closed:
                for s in range(6):
                    defect += after[s] - before[s] - load[s]
            else:
                while not is_there[begin] or is_there[(begin + 5) % 6]:
                    begin += 1
                count = 1
                while is_there[(begin + count) % 6]:
                    count += 1
            flux[0], wish, heft = 0.0, 0.0, 0.0
            for step in range(count):
                s = (begin + step) % 6
                flux[step + 1] = flux[step] + after[s] - before[s] - load[s] - defect / 6
                wish += weight[s] * (before[s] + after[s] - flux[step] - flux[step + 1])
                heft += 2 * weight[s]
            for step in range(count if is_closed else count + 1):
                _pass(edges, (begin + step) % 6, j, i, flux[step] + wish / heft)


@compiled_reordered
def _pass(edges: Array, spoke: int, j: int, i: int, through: float) -> None:
    """Add a flux through a spoke of a node, counter-clockwise."""
    if spoke == 0:
        edges[0, j, i] -= through
    elif spoke == 1:
        edges[2, j, i] -= through
    elif spoke == 2:
        edges[1, j, i] -= through
    elif spoke == 3:
        edges[0, j, i - 1] += through
    elif spoke == 4:
        edges[2, j - 1, i - 1] += through
    else:
        edges[1, j - 1, i] += through


@compiled_reordered
def _carry_out(cells: Array, total: Array, width: float, height: float, edges: Array) -> float:
    """What cells lack, from the middle of each row to its ends. Returns an upper bound of its squared energy."""
    rows, columns = total.shape[0], total.shape[1]
    horizontal, vertical, diagonal, weights = edges[0], edges[1], edges[2], cells[2]
    middle, square = columns // 2, 0.0
    for j in range(rows):
        last = 0.0
        for i in range(middle, columns):
            above = total[j, i, 1] + diagonal[j, i] - horizontal[j + 1, i] - vertical[j, i]
            diagonal[j, i] -= above
            below = total[j, i, 0] + horizontal[j, i] + vertical[j, i + 1] - diagonal[j, i]
            vertical[j, i + 1] -= below
            square += weights[1, j, i] * (abs(last) + abs(above)) ** 2
            square += weights[0, j, i] * (abs(above) + abs(below)) ** 2
            last = below
        last = 0.0
        for i in range(middle - 1, -1, -1):
            below = total[j, i, 0] + horizontal[j, i] + vertical[j, i + 1] - diagonal[j, i]
            diagonal[j, i] += below
            above = total[j, i, 1] + diagonal[j, i] - horizontal[j + 1, i] - vertical[j, i]
            vertical[j, i] += above
            square += weights[0, j, i] * (abs(last) + abs(below)) ** 2
            square += weights[1, j, i] * (abs(below) + abs(above)) ** 2
            last = above
    return square * (width**2 + height**2) / (2 * width * height)


@compiled_reordered
def _slope(half: int, j: int, i: int, row: Array, cells: Array, edges: Array) -> float:
    """The product of a curl on one cell with its difference from k ∇u, over k: row (6,) is that with its shapes."""
    x, y, up, right = cells[0, half, j, i], cells[1, half, j, i], j + half, i + 1 - half
    through = row[0] * (edges[0, up, i] + y) + row[1] * (edges[1, j, right] - x) + row[2] * (edges[2, j, i] - x + y)
    bubbles = row[3] * edges[3, up, i] + row[4] * edges[4, j, right] + row[5] * edges[5, j, i]
    return float(cells[2, half, j, i] * (through + bubbles))


@compiled_reordered
def _relax_bubbles(kind: int, cells: Array, products: Array, edges: Array) -> None:
    """Of all horizontal, vertical or diagonal edges: kind 0, 1 or 2."""
    rows, columns = cells.shape[2], cells.shape[3]
    down, left, place = int(kind == 0), int(kind == 1), 3 + kind
    for j in range(rows + down):
        for i in range(columns + left):
            slope, square = 0.0, 0.0
            if j < rows and i >= left:  # the cell below its diagonal
                slope += _slope(0, j, i - left, products[0, place], cells, edges)
                square += cells[2, 0, j, i - left] * products[0, place, place]
            if j >= down and i < columns:
                slope += _slope(1, j - down, i, products[1, place], cells, edges)
                square += cells[2, 1, j - down, i] * products[1, place, place]
            edges[place, j, i] -= slope / square


@compiled_reordered
def _relax_hats(cells: Array, products: Array, squares: Array, edges: Array) -> None:
    """Of all nodes: the curl of a hat goes round it."""
    rows, columns = cells.shape[2], cells.shape[3]
    for j in range(rows + 1):
        for i in range(columns + 1):
            slope, square = 0.0, 0.0
            for s in range(6):
                half, row, column = s % 2, j - s // 3, i - (1 if 2 <= s <= 4 else 0)
                if 0 <= row < rows and 0 <= column < columns:
                    slope += _slope(half, row, column, products[s], cells, edges)
                    square += cells[2, half, row, column] * squares[s]
            for spoke in range(6):
                ahead = i < columns if spoke < 2 else i > 0 if spoke == 3 or spoke == 4 else True
                beside = j < rows if spoke == 1 or spoke == 2 else j > 0 if spoke > 3 else True
                if ahead and beside:
                    _pass(edges, spoke, j, i, -slope / square)
