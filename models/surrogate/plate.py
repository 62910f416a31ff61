"""The plate's physics without any record: fields by finite elements, and what similarity says of them.

−∇·(k ∇u) = f with u = 0 all around: u is proportional to f, and to 1/k where all of k is scaled. So with the geometric
mean k̄, the *reduced field* u k̄ / f depends on k / k̄ alone. That of the homogeneous plate is the *reference*: what
everybody may say who has seen no record.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from models.base import Array
from models.fem.assembly import source_load, stiffness
from models.fem.element import P1
from models.fem.mesh import unit_square
from models.surrogate.task import SENSORS

DIVISIONS = 12  # blocks and sensors lie on its nodes; u is then right to 1 %, a half of what clients' instruments are
_AT_ONCE = 256  # dense matrices of 121 unknowns: 30 MB


def scale(conductivity: Array, source: Array) -> Array:
    """(n,): f / k̄, from (n, 2, 2) and (n,): a field over its reduced field."""
    return np.asarray(source / np.exp(np.log(conductivity).mean(axis=(1, 2))))


def fields(conductivity: Array, source: Array) -> Array:
    """(n, 9): u at the sensors, from (n, 2, 2) and (n,)."""
    blocks, load, at = _discretised()
    parts = [_solve(blocks, load, part)[:, at] for part in _split(conductivity.reshape(-1, 4))]
    return np.asarray(np.concatenate(parts) * source[:, None])


@cache
def reference() -> Array:
    """(9,): the reduced field of the homogeneous plate."""
    return np.asarray(fields(np.ones((1, 2, 2)), np.ones(1))[0])


def _split(rows: Array) -> list[Array]:
    return np.array_split(rows, max(1, -(-len(rows) // _AT_ONCE)))


def _solve(blocks: Array, load: Array, conductivity: Array) -> Array:
    """(n, unknowns) for f = 1: the stiffness matrix is linear in the blocks' conductivities (n, 4)."""
    matrices = np.tensordot(conductivity, blocks, axes=1)
    loads = np.broadcast_to(load[:, None], (len(matrices), len(load), 1))
    return np.asarray(np.linalg.solve(matrices, loads)[..., 0])


@cache
def _discretised() -> tuple[Array, Array, Array]:
    """Stiffness of each block at k = 1 (4, unknowns, unknowns), load at f = 1, and the sensors' unknowns."""
    mesh = unit_square(DIVISIONS, DIVISIONS)
    centres = mesh.nodes[mesh.cells].mean(axis=1)
    block = 2 * (centres[:, 1] > 0.5) + (centres[:, 0] > 0.5)
    column, row = np.meshgrid(np.arange(1, DIVISIONS), np.arange(1, DIVISIONS))
    inner = (column + row * (DIVISIONS + 1)).ravel()
    at = ((SENSORS * DIVISIONS).round().astype(int) - 1) @ (1, DIVISIONS - 1)
    stiff = [stiffness(mesh, P1, (block == b).astype(float))[inner][:, inner].toarray() for b in range(4)]
    load = source_load(mesh, P1, np.ones(mesh.cells.shape))[inner]
    return np.stack(stiff), load, at
