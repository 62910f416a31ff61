"""Rows of whole numbers, each brought within an ℓ₂ ball: exactly, since what is paid for rests on it."""

from __future__ import annotations

import numpy as np

from models.base import Array

MOST_SQUARES = 2**60  # norm² × width: sums of squares stay within int64, and floats round their roots by less than 1


def clipped(rows: Array, norm: int) -> Array:
    """(n, width) int64 of ℓ₂ norm at most `norm` per row; a row that is within is unchanged, whatever the others are.

    Coordinates are first brought within ±norm, the row is then scaled, towards zero.
    """
    if norm < 1 or norm**2 * rows.shape[1] > MOST_SQUARES:
        raise ValueError(f"norm is {norm}, not at least 1 with norm² × {rows.shape[1]} columns at most 2^60")
    if not np.can_cast(rows.dtype, np.int64):
        raise ValueError(f"rows are {rows.dtype}, not whole numbers that fit into int64")
    boxed = np.clip(rows.astype(np.int64, copy=False), -norm, norm)
    squares = np.sum(boxed * boxed, axis=1)
    length = _root_above(squares)[:, None]
    scaled = np.sign(boxed) * (np.abs(boxed) * norm // length)
    return np.asarray(np.where(squares[:, None] <= norm**2, boxed, scaled))


def _root_above(squares: Array) -> Array:
    """The least integer whose square is not below, at least 1."""
    root = np.maximum(np.sqrt(squares).astype(np.int64), 1)
    root -= root * root >= squares  # a float root may be one too high …
    root += root * root < squares  # … or one too low
    root += root * root < squares
    return np.maximum(root, 1)
