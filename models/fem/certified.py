"""A certificate whose numbers can be trusted: problems beyond floating point are refused."""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.bound import Certificate, Method, Stars, certificate
from models.fem.direct import SingularMatrix
from models.fem.problem import Problem
from models.fem.scale import out_of_scale
from models.fem.star_equilibration import equilibrate_by_stars

# Outside of them the squares in norms under- or overflow, and a bound could be 0 where the error is not.
SMALLEST, LARGEST = 1e-100, 1e100


def certified(given: Problem, u: Array, method: Method = "fast", stars: Stars = equilibrate_by_stars) -> Certificate:
    """For a field u (points,) with the problem's Dirichlet values. Raises `Refusal` OUT_OF_RANGE."""
    try:
        with np.errstate(all="ignore"):
            found = certificate(given, u, method, stars)
    except SingularMatrix:
        raise out_of_scale() from None
    refuse_out_of_scale(given, u, found.bound.value)
    return found


def refuse_out_of_scale(given: Problem, u: Array, bound: float) -> None:
    """Raise `Refusal` OUT_OF_RANGE for a bound that is not a number, or is one by chance."""
    data = given.source, given.boundary.flux, given.boundary.dirichlet_values, u
    if any(array.any() for array in data) and not SMALLEST < bound < LARGEST:
        raise out_of_scale()
