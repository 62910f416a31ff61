"""How loops over cells are compiled: by Numba (Lam, Pitrou & Seibert 2015, LLVM-HPC), for one thread.

No fast mathematics: bounds count on each operation being rounded as it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function, compiled when it is first called and kept on disk where there is a place that can be written.

    Division by zero gives inf or nan, as in NumPy. `py_func` of what is returned is the function itself.
    """
    try:
        return cast(F, njit(function, cache=True, error_model="numpy", nogil=True))
    except RuntimeError:  # Numba's only way to say that no folder for its cache can be written
        return cast(F, njit(function, error_model="numpy", nogil=True))
