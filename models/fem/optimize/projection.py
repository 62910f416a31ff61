"""The smoothed step that drives filtered densities to 0 and 1.

Wang, Lazarov & Sigmund 2011, Struct. Multidiscip. Optim. 43, 767-784, equation 9.
"""

from __future__ import annotations

import numpy as np

from models.base import Array

THRESHOLD = 0.5


def project(density: Array, sharpness: float) -> tuple[Array, Array]:
    """(tanh βη + tanh β(ρ − η)) / (tanh βη + tanh β(1 − η)), and its derivative. Sharpness β = 0 changes nothing."""
    if sharpness == 0:
        return density, np.ones_like(density)
    low, high = np.tanh(sharpness * THRESHOLD), np.tanh(sharpness * (1 - THRESHOLD))
    here = np.tanh(sharpness * (density - THRESHOLD))
    return (low + here) / (low + high), sharpness * (1 - here**2) / (low + high)
