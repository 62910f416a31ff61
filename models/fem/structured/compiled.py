"""How the kernels of this folder are compiled: by Numba (Lam, Pitrou & Seibert 2015, LLVM-HPC), for one thread.

Products may be fused and sums reordered, which is what lets them be vectorised; NaN and infinity keep their meaning, so
that a check for them still finds them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])

_FAST = {"reassoc", "contract", "nsz", "arcp"}


def compiled(function: F) -> F:
    """The function, compiled when it is first called and kept on disk where there is a place that can be written."""
    try:
        return cast(F, njit(function, cache=True, fastmath=_FAST, error_model="numpy", nogil=True))
    except RuntimeError:  # Numba's only way to say that no folder for its cache can be written
        return cast(F, njit(function, fastmath=_FAST, error_model="numpy", nogil=True))
