"""Where an operator goes that was just made, into the registry or back to who asked: the fields that say so, and the
way there. Light: no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.artefacts import Artefacts, Channels, check_name
from models.base import Array, Refusal, Result, Task, scalar, tensor


@dataclass(frozen=True, kw_only=True)
class PublicationTask(Task):
    """What every task says that makes an operator."""

    publish: str = scalar("", 'where it is published, "owner/name"; empty: the result holds it')
    channel: str = scalar(
        "none", "where it is to answer; a first version is stable in any case", choices=("none", "stable", "canary")
    )
    canary_weight: float = scalar(0.1, "of a canary: its part of the questions, above 0, at most 1")

    def check_publication(self) -> None:
        """Raises `Refusal` MALFORMED_NAME, OUT_OF_RANGE."""
        if self.publish:
            check_name(self.publish, "publish")
        if not 0.0 < self.canary_weight <= 1.0:
            details = {"value": f"{self.canary_weight:g}"}
            message = f"is {self.canary_weight:g}; send a part above 0, at most 1"
            raise Refusal("OUT_OF_RANGE", message, "canary_weight", details)


@dataclass(frozen=True, kw_only=True)
class PublicationResult(Result):
    """And what every such task returns."""

    name: str = scalar("", "where it was published; empty: nowhere")
    version: int = scalar(0, "as which version")
    artefact: Array | None = tensor("uint8", (-1,), "the operator, where it was not published", optional=True)


def published(artefacts: Artefacts, asked: PublicationTask, content: bytes, publisher: str) -> tuple[int, Array | None]:
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
