"""What a flow is refused for once its equations are there."""

from __future__ import annotations

import numpy as np

from models.base import Refusal
from models.fem.domain.linear import Constrained

# Of a solution that is known beforehand: digits that factors of a sound system keep are many more.
PROBE_LIMIT = 1e-5


def refuse_singular(system: Constrained) -> None:
    """A singular matrix whose pivots are round-off gives small residuals and wrong solutions; here the solution is
    known.

    Raises `Refusal` SINGULAR_PROBLEM.
    """
    known = np.cos(np.arange(len(system.free)))
    found = system.inverse(system.inner @ known)
    if not np.abs(found - known).max(initial=0.0) <= PROBE_LIMIT:
        raise singular()


def singular() -> Refusal:
    return Refusal(
        "SINGULAR_PROBLEM",
        "leave the equations singular: cells all of whose points lie on boundaries with given velocity cannot hold a "
        "pressure; refine the mesh, or cut the corner cells otherwise",
        "conditions",
    )


def out_of_scale() -> Refusal:
    return Refusal(
        "OUT_OF_RANGE",
        "the problem is beyond floating point; choose units in which viscosities and data are nearer to 1",
        "viscosity",
    )
