"""Load steps: from rest to the whole load. Where Newton's method fails the step is halved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.fem.domain.continuation import continued
from models.fem.domain.newton import Newton
from models.fem.hyperelasticity.problem import Body

ATTEMPT = 20  # steps for one load
SMALLEST_ADVANCE = 1e-4  # of the load


@dataclass(frozen=True, eq=False)
class Deformed:
    """Made by `deform`. Where `reached` is less than 1, u is in equilibrium with that share of the load."""

    u: Array
    reached: float
    residual: float  # relative, at the whole load
    history: Array  # (steps, 3): share, step length, relative residual


def deform(body: Body, load_steps: int, max_steps: int) -> Deformed:
    search = Newton(body, ATTEMPT, max_steps)
    u, reached = continued(search.solve, np.zeros(body.basis.N), 1 / load_steps, SMALLEST_ADVANCE)
    residual = search.history[-1][2] if reached == 1 else 1.0 - reached
    return Deformed(u, reached, residual, np.array(search.history))
