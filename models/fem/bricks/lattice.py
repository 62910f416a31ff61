"""Lattices of points of a box: how a coarser one interpolates, and what it sees of moduli and held faces.

Points are numbered as x + (nx + 1)(y + (ny + 1) z). A box of odd counts is covered anew by half as many cells, rounded
up, so that lattices need not be nested: interpolation is that of the coarse field at the fine points all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, kron

from models.base import Array

# Sweeps point by point smooth along the short sides of bricks alone: a side that is so many times the shortest stays.
UNLIKE = 1.9


@dataclass(frozen=True, eq=False)
class Lattice:
    """Q1 on nx × ny × nz equal bricks."""

    counts: tuple[int, ...]
    lengths: Array  # (d,)
    lame: Array  # (nz, ny, nx): of the bricks
    shear: Array  # likewise
    held: Array  # (d, 2, d) of bool: on the low and the high face of each axis, which components are 0

    @property
    def points(self) -> Array:
        """(points, d)"""
        ticks = [np.linspace(0.0, length, n + 1) for n, length in zip(self.counts, self.lengths, strict=True)]
        return np.stack([axis.ravel() for axis in np.meshgrid(*ticks, indexing="ij")], axis=1)[self._order]

    @property
    def _order(self) -> Array:
        """From the first axis running fastest to the last one doing so."""
        shape = [n + 1 for n in self.counts]
        return np.asarray(np.arange(np.prod(shape)).reshape(shape).T.ravel())

    def corners(self, offsets: Array) -> Array:
        """(bricks, 8): the points of each at offsets (8, d) of 0 and 1 from its first one."""
        first = np.stack([axis.ravel() for axis in np.meshgrid(*map(np.arange, self.counts), indexing="ij")], axis=1)
        order = np.arange(len(first)).reshape(self.counts).T.ravel()
        strides = np.cumprod([1, *(n + 1 for n in self.counts[:-1])])
        return np.asarray(((first[order][:, None] + offsets.astype(np.int64)) @ strides), dtype=np.int64)

    @property
    def is_free(self) -> Array:
        """(points, d)"""
        points = self.points
        free = np.ones(points.shape, dtype=bool)
        for axis, length in enumerate(self.lengths):
            for side, place in enumerate((0.0, length)):
                free[points[:, axis] == place] &= ~self.held[axis, side]
        return free


def coarser(fine: Lattice) -> Lattice:
    """With half the bricks, rounded up, along the axes on which they are short, and the means of the moduli in them."""
    sides = fine.lengths / fine.counts
    halved = sides < UNLIKE * sides[np.array(fine.counts) > 1].min(initial=np.inf)
    counts = tuple((n + 1) // 2 if half else n for n, half in zip(fine.counts, halved, strict=True))
    shares = [_overlaps(n, m) for n, m in zip(fine.counts, counts, strict=True)]
    return Lattice(counts, fine.lengths, _means(shares, fine.lame), _means(shares, fine.shear), fine.held)


def interpolation(fine: tuple[int, ...], coarse: tuple[int, ...]) -> csr_array:
    """(fine points, coarse points): the field of a coarse lattice at the points of a fine one of the same box."""
    whole = csr_array(np.ones((1, 1)))
    for n, m in zip(fine, coarse, strict=True):
        whole = csr_array(kron(_line(n, m), whole, format="csr"))
    return whole


def _line(n: int, m: int) -> csr_array:
    at = np.arange(n + 1) * m
    cell = np.minimum(at // n, m - 1)
    share = at / n - cell
    rows = np.repeat(np.arange(n + 1), 2)
    columns = np.stack((cell, cell + 1), axis=1).ravel()
    line = csr_array((np.stack((1 - share, share), axis=1).ravel(), (rows, columns)), shape=(n + 1, m + 1))
    line.eliminate_zeros()
    return line


def _means(shares: list[Array], modulus: Array) -> Array:
    for share in shares:  # the last axis gets ahead of the others each time, so that all have their turn
        modulus = np.moveaxis(modulus @ share.T, -1, 0)
    return np.ascontiguousarray(modulus)


def _overlaps(n: int, m: int) -> Array:
    """(m, n): the part of each coarse interval that each fine one takes."""
    fine, coarse = np.arange(n + 1) / n, np.arange(m + 1) / m
    high = np.minimum(fine[None, 1:], coarse[1:, None])
    low = np.maximum(fine[None, :-1], coarse[:-1, None])
    return np.asarray(np.maximum(high - low, 0.0) * m)
