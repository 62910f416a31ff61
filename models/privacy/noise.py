"""A vector of whole numbers plus discrete Gaussian noise, coordinate by coordinate."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from models.base import Array
from models.privacy.discrete_gaussian import discrete_gaussian
from models.privacy.draws import Draws


def with_noise(values: Array, variance: float, draws: Draws) -> Array:
    """int64, as `values`, which must be within ±2^61: noise of a variance up to 1e24 then fits with room to spare."""
    exactly = Fraction(variance)
    drawn = [discrete_gaussian(exactly, draws) for _ in range(values.size)]
    return np.asarray(values + np.array(drawn, dtype=np.int64).reshape(values.shape))
