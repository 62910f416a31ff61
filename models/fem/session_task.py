"""A diffusion problem that may be one of a session: calls that share meshes and factorisations. See `sessions`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from models.base import Refusal, scalar
from models.fem.posed import PosedTask


@dataclass(frozen=True, kw_only=True)
class SessionTask(PosedTask):
    session: str = scalar(
        "",
        "a UUID (version 4) of your own making: calls that name the same one share meshes and factorisations on a "
        "replica; empty: nothing outlives the call",
    )

    @property
    def affinity(self) -> str:
        """The session: what it has kept is on one replica."""
        return self.session

    def check_session(self) -> None:
        """Raises `Refusal` NOT_A_UUID. A random UUID cannot be guessed: it lets in who was told it, and nobody else."""
        if self.session and not _is_random_uuid(self.session):
            raise Refusal(
                "NOT_A_UUID",
                "is no UUID of version 4; send a random one, or nothing",
                "session",
                {"parameter": "session"},
            )


def _is_random_uuid(text: str) -> bool:
    try:
        return uuid.UUID(text).version == 4
    except ValueError:
        return False
