"""Whether points are the nodes of the grid that they are said to be. Light: NumPy only."""

from __future__ import annotations

import numpy as np

from models.base import Array, Refusal

_ROUND_OFF = 1e-5  # of the longest side: positions are float32


def check_lattice(positions: Array, grid: Array) -> None:
    """Raises `Refusal` WRONG_POINTS where `positions` (points, axes) are not the nodes of a grid of these counts over a
    box, the first coordinate the slowest, each rising: whoever takes them for one would answer something else."""
    counts = tuple(grid.tolist())
    if positions.shape[1] != len(counts):
        details = {"axes": str(positions.shape[1]), "grid": str(len(counts))}
        message = f"have {positions.shape[1]} coordinates, and the grid has {len(counts)}"
        raise Refusal("WRONG_POINTS", message, "positions", details)
    nodes = positions.reshape(*counts, len(counts))
    slack = _ROUND_OFF * float(np.ptp(positions, axis=0).max())
    for axis in range(len(counts)):
        lines = np.moveaxis(nodes[..., axis], axis, 0).reshape(counts[axis], -1)
        if np.ptp(lines, axis=1).max() > slack or not (np.diff(lines[:, 0]) > 0).all():
            message = f"are not the nodes of the grid {list(counts)}: coordinate {axis} is not its own axis', rising"
            raise Refusal("WRONG_POINTS", message, "positions", {"axis": str(axis)})
