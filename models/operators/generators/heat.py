"""Heat ∂u/∂t = ∇·(k ∇u) on the unit square, u = 0 on its boundary: from k and u at 0 to u at `TIME`.

Solved by `models.fem.heat`: bilinear elements and the implicit midpoint rule.
"""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.domain.build import mesh_of
from models.fem.heat.solve import answer
from models.fem.heat.task import HeatTask
from models.operators.generators.positive import positive_fields, standard_fields, stream
from models.operators.generators.squares import Squares, squares
from models.operators.pairs import Pairs

TIME = 0.05  # the slowest mode of k = 1 has fallen to 0.37 by then
STEPS = 50
DEVIATION = 0.5  # of log k


def heat(count: int, divisions: int, seed: int, rate: float = 3.0) -> Pairs:
    """Conductivity and initial temperature, and the temperature at `TIME`, at the (divisions + 1)² nodes; `rate` is τ
    of both Gaussian fields. The initial one is such a field times 16 x(1 − x) y(1 − y), which meets the boundary.

    Sample i of a seed is the same pair of functions whatever `divisions` and `count` are.
    """
    space = _squares(divisions)
    x, y = space.positions.T
    bubble = 16 * x * (1 - x) * y * (1 - y)
    conductivities = positive_fields(count, space.axis, stream(seed, 0), DEVIATION, rate)
    initial = standard_fields(count, space.axis, stream(seed, 1), rate)
    inputs = np.stack(
        [np.stack((k.ravel(), bubble * u.ravel()), axis=1) for k, u in zip(conductivities, initial, strict=True)]
    )
    targets = cooled(inputs, divisions)
    return Pairs(inputs.astype(np.float32), targets.astype(np.float32), space.positions.astype(np.float32), space.grid)


def cooled(inputs: Array, divisions: int) -> Array:
    """(samples, points, 1): u at `TIME`, of k and u at 0 (samples, points, 2)."""
    mesh = mesh_of(_task(divisions))
    space = squares(mesh, divisions)
    found, number = space.nodes(mesh.p.T)
    answers = []
    for k, start in np.moveaxis(inputs, 2, 1):
        values = np.empty(len(found))
        values[found] = start[number]
        result = answer(_task(divisions, space.on_cells(k), values), mesh)
        answers.append(space.at_nodes(result.u[-1], result.points))
    return np.stack(answers)[..., None]


def _squares(divisions: int) -> Squares:
    return squares(mesh_of(_task(divisions)), divisions)


def _task(divisions: int, conductivity: Array | None = None, initial: Array | None = None) -> HeatTask:
    return HeatTask(
        divisions=np.array([divisions, divisions]),
        cell_kind="quadrilateral",
        conductivity=np.ones(1) if conductivity is None else conductivity,
        capacity=np.ones(1),
        initial_values=initial,
        conditions="boundary: u = 0",
        time_step=TIME / STEPS,
        steps=STEPS,
    )
