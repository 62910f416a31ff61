"""The matrices of one axis: from values to coefficients of the kept frequencies, and back. Real numbers only.

With N points and K kept frequencies, the *half* axis takes real values to the coefficients of k = 0 … K−1, whose
conjugates belong to −k: rows of its analysis (2K, N) are all real parts, then all imaginary parts. A *full* axis takes
complex values to k = −⌊K/2⌋ … ⌈K/2⌉−1: its analysis (2K, 2N) has columns (point, part) and rows (part, frequency), so
that what one axis leaves is, without a copy, what the next one takes. Syntheses have the transposed shapes.

A frequency that the points do not resolve has rows and columns of zeros: weights keep their shape on coarse grids.
"""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.operators.spectral.axis import Axis

Pair = tuple[Array, Array]  # analysis and synthesis


def half(axis: Axis, count: int) -> Pair:
    frequencies = np.arange(count)
    cosine, sine = _waves(axis, frequencies)
    kept = (frequencies <= max(axis.resolved[1], axis.folded)).astype(float)
    # The conjugate frequency brings as much again, except to 0, and to its own alias.
    twice = kept * np.where((frequencies == 0) | (frequencies == axis.folded), 1.0, 2.0)
    analysis = np.concatenate([cosine, -sine], axis=1) * np.concatenate([kept, kept]) * axis.weights[:, None]
    synthesis = np.concatenate([cosine, -sine], axis=1) * np.concatenate([twice, twice])
    return analysis.T, synthesis


def full(axis: Axis, count: int) -> Pair:
    frequencies = np.arange(count) - count // 2
    low, high = axis.resolved
    cosine, sine = (wave * ((low <= frequencies) & (frequencies <= high)) for wave in _waves(axis, frequencies))
    # (points, part of the value, part of the coefficient, frequencies)
    onto = np.stack([np.stack([cosine, -sine], axis=1), np.stack([sine, cosine], axis=1)], axis=1)
    analysis = (onto * axis.weights[:, None, None, None]).reshape(2 * len(axis), 2 * count).T
    return analysis, onto.reshape(2 * len(axis), 2 * count)


def _waves(axis: Axis, frequencies: Array) -> Pair:
    """(points, frequencies): cosines and sines."""
    angles = 2 * np.pi / axis.period * np.outer(axis.coordinates, frequencies)
    return np.cos(angles), np.sin(angles)
