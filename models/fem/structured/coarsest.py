"""The coarsest grid: a banded Cholesky factor (Golub & Van Loan 2013, 4.3.5), numbered along the shorter side."""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.compiled import compiled_reordered
from models.fem.structured.network import Network


def factor(network: Network) -> Array:
    """(nodes, bandwidth + 1): rows of the lower factor up to the diagonal, which is stored inverted.

    A pivot that is not positive leaves NaN.
    """
    across, along, diagonal = network.across, network.along, network.diagonal
    if diagonal.shape[1] > diagonal.shape[0]:
        across, along, diagonal = along.T, across.T, diagonal.T
    band = diagonal.shape[1]
    lower = np.zeros((*diagonal.shape, band + 1))
    lower[:, :, band] = diagonal
    lower[:, 1:, band - 1] = -across
    lower[1:, :, 0] = -along
    lower = lower.reshape(-1, band + 1)
    _factorise(lower)
    return lower


@compiled_reordered
def _factorise(lower: Array) -> None:
    """In place: the lower half of a band matrix becomes its factor."""
    count, band = lower.shape[0], lower.shape[1] - 1
    for p in range(count):
        row = lower[p]
        first = max(0, band - p)
        for q in range(first, band + 1):  # the entry in column p − band + q
            other, shift = lower[p - band + q], band - q
            total = row[q]
            for k in range(first, q):
                total -= row[k] * other[k + shift]
            row[q] = total * other[band] if q < band else 1 / np.sqrt(total)
