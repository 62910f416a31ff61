"""Directions of Gauss and Newton for the free unknowns, by conjugate gradients on products with the Hessian.

Hessian = JᵀJ + R, where J is known by products and R, that of the penalty, by its entries. R is the preconditioner: in
its metric the Hessian is at least 1, and more in the few directions that the data tell of.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from models.base import Array
from models.fem import direct

# The rest of the model's decrease, relative to what was found: nearer to its minimum the model is not worth it.
ENOUGH = 0.05
MAX_PRODUCTS = 100


def direction(gradient: Array, product: Callable[[Array], Array], penalty: csr_array, free: Array) -> Array:
    """(n,): −Hessian⁻¹ gradient on the free (n,) bool, roughly, and 0 elsewhere; it descends.

    What the model could still fall is at most ½ r·R⁻¹ r for the residual r. Raises `SingularMatrix`.
    """
    places = np.flatnonzero(free)
    found = np.zeros_like(gradient)
    if not gradient[places].any():
        return found
    precondition = direct.factorize(penalty[places][:, places])
    rest = -gradient[places]
    x, total = np.zeros_like(rest), 0.0
    ahead = precondition(rest)
    square = float(rest @ ahead)
    along = ahead
    for _ in range(MAX_PRODUCTS):
        found[places] = along
        image = product(found)[places]
        length = square / float(along @ image)
        x, rest = x + length * along, rest - length * image
        total += length * square
        ahead = precondition(rest)
        previous, square = square, float(rest @ ahead)
        if not square > ENOUGH * total:
            break
        along = ahead + (square / previous) * along
    found[places] = x
    return found
