"""How a child tells the supervisor that it serves, or why it cannot: one write to a pipe that it inherits."""

from __future__ import annotations

import os
from collections.abc import Callable


def teller(descriptor: int) -> Callable[[str], None]:
    """Call the result once: with "ready", or with what is wrong."""

    def tell(what: str) -> None:
        os.write(descriptor, what.encode()[:4096])
        os.close(descriptor)

    return tell
