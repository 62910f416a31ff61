"""Waves ∇·(c² ∇u) + ω² u = 0 in a duct: from the wave speed c to the complex amplitude of e^{−iωt}.

The unit square, with u = 1 on the left, rigid walls below and above, and an outlet on the right that lets plane waves
out. With c = 1 everywhere u = e^{iωx}. Solved by `models.fem.helmholtz` with biquadratic elements, since the phase of
bilinear ones is off by 0.2 radians on 24² squares.
"""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.domain.build import mesh_of
from models.fem.helmholtz.solve import answer
from models.fem.helmholtz.task import HelmholtzTask
from models.operators.generators.positive import positive_fields
from models.operators.generators.squares import squares
from models.operators.pairs import Pairs

FREQUENCY = 4 * np.pi  # ω: two wavelengths of c = 1 fit in
DEVIATION = 0.2  # of log c


def helmholtz(count: int, divisions: int, seed: int, rate: float = 3.0) -> Pairs:
    """Wave speed, and Re u and Im u, at the (divisions + 1)² nodes; `rate` is τ of the field log c.

    Sample i of a seed is the same function c whatever `divisions` and `count` are.
    """
    space = squares(mesh_of(_task(divisions)), divisions)
    speeds = np.stack([c.ravel() for c in positive_fields(count, space.axis, seed, DEVIATION, rate)])
    targets = waves(speeds, divisions)
    return Pairs(
        speeds.astype(np.float32)[..., None],
        targets.astype(np.float32),
        space.positions.astype(np.float32),
        space.grid,
    )


def waves(speeds: Array, divisions: int) -> Array:
    """(samples, points, 2): Re u and Im u, of c (samples, points)."""
    mesh = mesh_of(_task(divisions))
    space = squares(mesh, divisions)
    results = [answer(_task(divisions, space.on_cells(c)), mesh) for c in speeds]
    return np.stack([space.at_nodes(result.u, result.points) for result in results])


def _task(divisions: int, speed: Array | None = None) -> HelmholtzTask:
    return HelmholtzTask(
        divisions=np.array([divisions, divisions]),
        cell_kind="quadrilateral",
        degree=2,
        angular_frequency=FREQUENCY,
        wave_speed=np.ones(1) if speed is None else speed,
        conditions="left: u = 1, 0; right: absorb",
    )
