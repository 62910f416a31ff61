"""scikit-fem's decorators for weak forms, with types: what reads as on paper becomes what can be assembled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from skfem import BilinearForm, Functional, LinearForm

Field = Any  # scikit-fem's: values at the quadrature points of all cells, and their derivatives


def bilinear(form: Callable[[Field, Field, Field], Field]) -> Any:
    """Of the trial function, the test function and the coefficients."""
    return BilinearForm(form)


def complex_bilinear(form: Callable[[Field, Field, Field], Field]) -> Any:
    return BilinearForm(form, dtype=np.complex128)


def linear(form: Callable[[Field, Field], Field]) -> Any:
    return LinearForm(form)


def complex_linear(form: Callable[[Field, Field], Field]) -> Any:
    return LinearForm(form, dtype=np.complex128)


def functional(form: Callable[[Field], Field]) -> Any:
    """Its `elemental` has a value for each cell, or each facet."""
    return Functional(form)
