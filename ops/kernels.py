"""Compiles what models compile when they are first asked, so that no replica has to when it starts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from models.base import Spec


def compile_kernels(specs: Iterable[Spec], told: Callable[[str], None]) -> None:
    """Load each model on this process's CPU and ask it its example; what that compiles is kept on disk."""
    for spec in specs:
        began = time.monotonic()
        spec.warm_up(spec.load("cpu"))
        told(f"{spec.name}: {time.monotonic() - began:.1f} s")
