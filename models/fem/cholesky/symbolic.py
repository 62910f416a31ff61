"""What a Cholesky factor's pattern says before any number is known: its supernodes, and where each entry goes.

Columns of the factor with the same rows below them are a supernode, stored as one dense panel. They come from the
elimination tree (Liu 1990, SIAM J. Matrix Anal. Appl. 11, 134-172): the parent of a column is the first row below its
diagonal. A child is taken into its parent's supernode where that stores few zeros (Ashcraft & Grimes 1989, ACM TOMS 15,
291-309): fewer and larger panels are faster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.fem.compiled import compiled_reordered

# A supernode that has so few columns may store such a share of zeros, as in CHOLMOD (Chen et al. 2008, ACM TOMS 35).
_NARROW, _MIDDLE, _WIDE = 4, 16, 48
_MIDDLE_ZEROS, _WIDE_ZEROS, _ANY_ZEROS = 0.2, 0.1, 0.05


@dataclass(frozen=True, eq=False)
class Symbolic:
    """Made by `symbolic`. Unknowns are numbered in the order of elimination; panels are column-major."""

    order: Array  # (n,): the unknown at each place of that order
    firsts: Array  # (supernodes + 1,): the first column of each
    row_starts: Array  # (supernodes + 1,): where its rows are in `rows`
    rows: Array  # of each supernode: its own columns, then the rows below them, ascending
    panel_starts: Array  # (supernodes + 1,): where its panel (rows, columns) is in the factor's values
    parents: Array  # (supernodes,): -1 at a root
    places: Array  # where each row below is among the parent's rows; as long as `rows`
    entries: Array  # the matrix's entries (CSC) of the lower half
    targets: Array  # where each of these is in the factor's values
    stack: int  # the most numbers that wait in update matrices at once
    nonzeros: int  # of the factor, stored zeros included

    @property
    def size_bytes(self) -> int:
        arrays = (self.order, self.firsts, self.row_starts, self.rows, self.panel_starts, self.parents)
        return sum(array.nbytes for array in (*arrays, self.places, self.entries, self.targets))


def symbolic(starts: Array, rows: Array, order: Array) -> Symbolic:
    """Of a symmetric pattern (CSC, with its diagonal) and an order of elimination (n,)."""
    starts, rows = starts.astype(np.int64), rows.astype(np.int64)
    order = order[_postorder(_tree(starts, rows, order, _inverse(order)))]
    numbers = _inverse(order)
    parents = _tree(starts, rows, order, numbers)
    counts = _counts(starts, rows, order, numbers, parents)
    firsts = _supernodes(parents, counts)
    row_starts, below, tree = _rows(starts, rows, order, numbers, firsts)
    widths, heights = np.diff(firsts), np.diff(row_starts)
    panel_starts = np.concatenate(([0], np.cumsum(widths * heights)))
    places, stack = _places(firsts, row_starts, below, tree)
    entries, targets = _targets(starts, rows, order, numbers, firsts, row_starts, below)
    nonzeros = int(np.sum(widths * heights - widths * (widths - 1) // 2))
    return Symbolic(
        order, firsts, row_starts, below, panel_starts, tree, places, entries, targets, int(stack), nonzeros
    )


def _inverse(order: Array) -> Array:
    numbers = np.empty_like(order)
    numbers[order] = np.arange(len(order))
    return numbers


@compiled_reordered
def _tree(starts: Array, rows: Array, order: Array, numbers: Array) -> Array:
    """(n,): the parent of each column in the elimination tree, -1 at a root (Liu 1990, algorithm 4.2)."""
    count = len(order)
    parents, ancestors = np.full(count, -1), np.full(count, -1)
    for column in range(count):
        node = order[column]
        for place in range(starts[node], starts[node + 1]):
            row = numbers[rows[place]]
            while row != -1 and row < column:
                above = ancestors[row]
                ancestors[row] = column
                if above == -1:
                    parents[row] = column
                row = above
    return parents


@compiled_reordered
def _postorder(parents: Array) -> Array:
    """(n,): the columns, children before parents and each subtree in one piece."""
    count = len(parents)
    first, following = np.full(count, -1), np.full(count, -1)
    for column in range(count - 1, -1, -1):
        if parents[column] >= 0:
            following[column] = first[parents[column]]
            first[parents[column]] = column
    order, path = np.empty(count, np.int64), np.empty(count, np.int64)
    done = 0
    for root in range(count):
        if parents[root] >= 0:
            continue
        depth = 1
        path[0] = root
        while depth > 0:
            column = path[depth - 1]
            child = first[column]
            if child == -1:
                order[done] = column
                done += 1
                depth -= 1
            else:
                first[column] = following[child]
                path[depth] = child
                depth += 1
    return order


@compiled_reordered
def _counts(starts: Array, rows: Array, order: Array, numbers: Array, parents: Array) -> Array:
    """(n,): entries of each column of the factor. Row i has those on the paths from its entries up to i in the tree."""
    count = len(order)
    counts, seen = np.ones(count, np.int64), np.full(count, -1)
    for row in range(count):
        seen[row] = row
        node = order[row]
        for place in range(starts[node], starts[node + 1]):
            column = numbers[rows[place]]
            while column < row and seen[column] != row:
                counts[column] += 1
                seen[column] = row
                column = parents[column]
    return counts


def _supernodes(parents: Array, counts: Array) -> Array:
    """(supernodes + 1,): their first columns, a child being taken in where few zeros come of it."""
    is_first = np.ones(len(parents) + 1, dtype=bool)
    is_first[1:-1] = (parents[:-1] != np.arange(1, len(parents))) | (counts[:-1] != counts[1:] + 1)
    _amalgamate(is_first, np.flatnonzero(is_first), parents, counts.copy())
    return np.flatnonzero(is_first)


@compiled_reordered
def _amalgamate(is_first: Array, firsts: Array, parents: Array, counts: Array) -> None:
    """Clear `is_first` at what is taken into its last child's supernode. counts (n,) is spoilt."""
    count = len(parents)
    # From the last on: what follows a supernode has been settled, in one piece from `firsts[s + 1]` to `ends`.
    ends, filled = count, 0
    for s in range(len(firsts) - 2, -1, -1):
        begin, end = firsts[s], firsts[s + 1]
        own = 0
        for column in range(begin, end):
            own += counts[column]
        if end < count and parents[end - 1] == end:
            width = ends - begin
            height = end - begin + counts[end]
            total = width * height - width * (width - 1) // 2
            zeros = (total - own - filled) / total
            if (
                width <= _NARROW
                or (width <= _MIDDLE and zeros < _MIDDLE_ZEROS)
                or (width <= _WIDE and zeros < _WIDE_ZEROS)
                or zeros < _ANY_ZEROS
            ):
                is_first[end] = False
                counts[begin] = height
                filled += own
                continue
        ends, filled = end, own


def _rows(starts: Array, rows: Array, order: Array, numbers: Array, firsts: Array) -> tuple[Array, Array, Array]:
    """Of each supernode: where its rows start, its rows, and its parent."""
    owners = np.repeat(np.arange(len(firsts) - 1), np.diff(firsts))
    row_starts = np.zeros(len(firsts), np.int64)
    parents, room = np.full(len(firsts) - 1, -1), np.empty(8 * len(order), np.int64)
    while not _unite(starts, rows, order, numbers, firsts, owners, row_starts, room, parents):
        parents[:], room = -1, np.empty(2 * len(room), np.int64)
    found = room[: row_starts[-1]]
    by_supernode = np.lexsort((found, np.repeat(np.arange(len(parents)), np.diff(row_starts))))
    return row_starts, found[by_supernode], parents


@compiled_reordered
def _unite(
    starts: Array,
    rows: Array,
    order: Array,
    numbers: Array,
    firsts: Array,
    owners: Array,
    row_starts: Array,
    found: Array,
    parents: Array,
) -> bool:
    """A supernode's rows are those of its columns and of its children, of which it has the columns. Unsorted.

    False where `found` has too little room.
    """
    supernodes, count = len(firsts) - 1, len(order)
    child, following, seen = np.full(supernodes, -1), np.full(supernodes, -1), np.full(count, -1)
    for s in range(supernodes):
        begin, end = firsts[s], firsts[s + 1]
        at, lowest = row_starts[s], count
        if at + count - begin > len(found):
            return False
        for column in range(begin, end):
            found[at] = column
            at += 1
        for column in range(begin, end):
            node = order[column]
            for place in range(starts[node], starts[node + 1]):
                row = numbers[rows[place]]
                if row >= end and seen[row] != s:
                    seen[row] = s
                    found[at] = row
                    at, lowest = at + 1, min(lowest, row)
        c = child[s]
        while c != -1:
            for place in range(row_starts[c] + firsts[c + 1] - firsts[c], row_starts[c + 1]):
                row = found[place]
                if row >= end and seen[row] != s:
                    seen[row] = s
                    found[at] = row
                    at, lowest = at + 1, min(lowest, row)
            c = following[c]
        row_starts[s + 1] = at
        if lowest < count:
            parent = owners[lowest]
            parents[s] = parent
            following[s] = child[parent]
            child[parent] = s
    return True


@compiled_reordered
def _places(firsts: Array, row_starts: Array, rows: Array, parents: Array) -> tuple[Array, int]:
    """Where each row below a supernode is among its parent's rows; and how deep update matrices are stacked."""
    places = np.zeros(len(rows), np.int64)
    waiting = np.zeros(len(parents), np.int64)  # numbers in the update matrices of each supernode's children
    depth, deepest = 0, 0
    for s in range(len(parents)):
        width = firsts[s + 1] - firsts[s]
        height = row_starts[s + 1] - row_starts[s] - width
        deepest = max(deepest, depth + height * height)
        depth += height * height - waiting[s]
        parent = parents[s]
        if parent < 0:
            continue
        waiting[parent] += height * height
        at = row_starts[parent]
        for place in range(row_starts[s] + width, row_starts[s + 1]):
            while rows[at] != rows[place]:
                at += 1
            places[place] = at - row_starts[parent]
    return places, deepest


@compiled_reordered
def _targets(
    starts: Array, rows: Array, order: Array, numbers: Array, firsts: Array, row_starts: Array, below: Array
) -> tuple[Array, Array]:
    """The entries of the lower half, and where they are in the factor's values."""
    entries, targets = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    local = np.zeros(len(order), np.int64)  # where a row is among those of a supernode
    found, panel = 0, 0
    for s in range(len(firsts) - 1):
        height = row_starts[s + 1] - row_starts[s]
        for place in range(height):
            local[below[row_starts[s] + place]] = place
        for column in range(firsts[s], firsts[s + 1]):
            for place in range(starts[order[column]], starts[order[column] + 1]):
                row = numbers[rows[place]]
                if row >= column:
                    entries[found], targets[found] = place, panel + local[row]
                    found += 1
            panel += height
    return entries[:found], targets[:found]
