"""The stiffness of P1 on the cut square in the order of the nodes, as a network of conductances; see `conductances`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array

from models.base import Array


@dataclass(frozen=True, eq=False)
class Network:
    """Rows and columns of fixed nodes are those of the identity."""

    across: Array  # (ny + 1, nx): what couples a node with the one to its right
    along: Array  # (ny, nx + 1): with the one above it
    diagonal: Array  # (ny + 1, nx + 1)
    is_free: Array  # (ny + 1, nx + 1) bool

    def matrix(self) -> csr_array:
        """(free, free): the stiffness between free nodes, in their order."""
        numbers = np.full(self.diagonal.shape, -1)
        numbers[self.is_free] = own = np.arange(np.count_nonzero(self.is_free))
        low = np.concatenate((numbers[:, :-1].ravel(), numbers[:-1].ravel()))
        high = np.concatenate((numbers[:, 1:].ravel(), numbers[1:].ravel()))
        values = np.concatenate((self.across.ravel(), self.along.ravel()))
        low, high, values = (part[(low >= 0) & (high >= 0)] for part in (low, high, values))
        entries = np.concatenate((-values, -values, self.diagonal[self.is_free]))
        rows, columns = np.concatenate((low, high, own)), np.concatenate((high, low, own))
        return coo_array((entries, (rows, columns)), shape=(len(own), len(own))).tocsr()


def network(conductivity: Array, x_weight: float, y_weight: float, fixed: Array) -> Network:
    """Of the arguments of `edges_of`, and the fixed nodes (fixed, 2)."""
    across, along = edges_of(conductivity, x_weight, y_weight)
    diagonal = np.zeros((along.shape[0] + 1, along.shape[1]))
    diagonal[:, :-1] += across
    diagonal[:, 1:] += across
    diagonal[:-1] += along
    diagonal[1:] += along

    is_free = np.ones(diagonal.shape, dtype=bool)
    is_free[fixed[:, 1], fixed[:, 0]] = False
    across[~(is_free[:, :-1] & is_free[:, 1:])] = 0
    along[~(is_free[:-1] & is_free[1:])] = 0
    diagonal[~is_free] = 1
    return Network(across, along, diagonal, is_free)


def edges_of(conductivity: Array, x_weight: float, y_weight: float) -> tuple[Array, Array]:
    """The conductances of horizontal edges (ny + 1, nx) and vertical edges (ny, nx + 1).

    conductivity (ny, nx, 2) is that below and above the diagonal of each rectangle. The weights are the conductances of
    half a horizontal and half a vertical edge for k = 1.
    """
    y_count, x_count, _ = conductivity.shape
    across = np.zeros((y_count + 1, x_count))
    across[:-1] += x_weight * conductivity[:, :, 0]
    across[1:] += x_weight * conductivity[:, :, 1]
    along = np.zeros((y_count, x_count + 1))
    along[:, 1:] += y_weight * conductivity[:, :, 0]
    along[:, :-1] += y_weight * conductivity[:, :, 1]
    return across, along
