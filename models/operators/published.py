"""Where an operator goes that was just made: into the registry, or back to who asked."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from models.artefacts import Artefacts, Channels
from models.base import Array


class Publication(Protocol):
    """What a task says of it."""

    @property
    def publish(self) -> str: ...

    @property
    def channel(self) -> str: ...

    @property
    def canary_weight(self) -> float: ...


def published(artefacts: Artefacts, asked: Publication, content: bytes, publisher: str) -> tuple[int, Array | None]:
    """The number of its version; or, where it is to be published nowhere, 0 and the content itself. Done again it is
    the same version: the same content is."""
    if not asked.publish:
        return 0, np.frombuffer(content, np.uint8)
    number = artefacts.publish(asked.publish, content, publisher).number
    if asked.channel == "stable":
        artefacts.point(asked.publish, Channels(stable=number))
    elif asked.channel == "canary":
        stable = artefacts.channels(asked.publish).stable
        artefacts.point(asked.publish, Channels(stable, number, asked.canary_weight))
    return number, None
