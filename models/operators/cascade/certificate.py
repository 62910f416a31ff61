"""The guaranteed bound of a field by the hypercircle, whose flux comes from a field nearer to the discrete solution."""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.bound import Certificate, certificate, certificate_by, certificate_by_stars
from models.fem.certified import refuse_out_of_scale
from models.fem.direct import SingularMatrix
from models.fem.equilibration import Flux
from models.fem.scale import out_of_scale
from models.operators.cascade.discrete import Discrete

BY_FLUX = "error bound by an equilibrated Raviart-Thomas flux"


# Beyond those of an estimate. After four in all, what trees carry is a thousandth of the bound, for errors of 3 % and
# for rough ones; after two it was up to a fifth (512²), and after more than three no bound became sharper.
STEPS = 2


def nearer(discrete: Discrete, near: Array) -> Array:
    """(points,): a field from which a sharp flux can be made, for a fourth of a solve."""
    found = discrete.improve(near, STEPS - 1)
    return np.asarray(found.x + found.correction)


def certify(discrete: Discrete, u: Array, near: Array) -> Certificate:
    """On ‖k^½ ∇(exact − u)‖ for a field u (points,), 0 on the boundary, by a flux from `near`.

    Where that is too far from the discrete solution for a sharp bound, this is solved, and where stars are not sharp
    even then, by the nearest flux of all. Raises `Refusal` OUT_OF_RANGE for what is beyond floating point.
    """
    given = discrete.problem
    try:
        with np.errstate(all="ignore"):
            found = certificate_by_stars(given, u, near, discrete.stars)
            found = found or certificate_by_stars(given, u, discrete.solve(near).x, discrete.stars)
            found = found or certificate(given, u, "sharp")
    except SingularMatrix:
        raise out_of_scale() from None
    refuse_out_of_scale(given, u, found.bound.value)
    return found


def certify_by(discrete: Discrete, u: Array, flux: Flux) -> Certificate:
    """By a flux that is there, whatever field that was made from: valid, and sharp where that was near the solution."""
    found = certificate_by(discrete.problem, u, flux)
    refuse_out_of_scale(discrete.problem, u, found.bound.value)
    return found
