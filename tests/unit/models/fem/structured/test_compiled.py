from __future__ import annotations

import subprocess
import sys

from models.fem.structured.compiled import compiled


def test_a_function_is_compiled_where_no_cache_can_be_written() -> None:
    """Numba finds no folder for a function that is in no file."""
    namespace: dict[str, object] = {}
    exec("def twice(x):\n    return 2 * x", namespace)
    twice = compiled(namespace["twice"])  # type: ignore[type-var]
    assert twice(21) == 42  # type: ignore[operator]


def test_what_chooses_a_solver_does_without_numba() -> None:
    """It would be a third of a replica's time to start, and half of its memory."""
    code = "import sys, models.fem.sessions; sys.exit('numba' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
