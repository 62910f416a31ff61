"""How loops are compiled: by Numba (Lam, Pitrou & Seibert 2015, LLVM-HPC), for one thread.

A function is compiled when it is first called, and kept on disk where there is a place that can be written. Division by
zero gives inf or nan, as in NumPy. `py_func` of what is returned is the function itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])

# Products may be fused and sums reordered, which is what lets them be vectorised; NaN and infinity keep their meaning,
# so that a check for them still finds them.
_REORDERED = {"reassoc", "contract", "nsz", "arcp"}


def compiled(function: F) -> F:
    """Each operation is rounded as it stands: bounds count on that."""
    return _compiled(function, {})


def compiled_reordered(function: F) -> F:
    """With sums in any order, for what is checked by a residual afterwards."""
    return _compiled(function, {"fastmath": _REORDERED})


def _compiled(function: F, options: dict[str, Any]) -> F:
    try:
        return cast(F, njit(function, cache=True, error_model="numpy", nogil=True, **options))
    except RuntimeError:  # Numba's only way to say that no folder for its cache can be written
        return cast(F, njit(function, error_model="numpy", nogil=True, **options))
