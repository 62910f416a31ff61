"""How much of bodies the gateway holds at once: the router bounds what it takes on, but here they come before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from router.errors import Overloaded

_BACK_S = 0.5


@dataclass
class Share:
    """What one request holds of the room."""

    room: Room
    held: int = 0

    def take(self, size: int) -> None:
        """Raises `Overloaded` where there is no room for so many bytes more."""
        if self.room.held + size > self.room.limit:
            message = "the gateway holds as many bytes of requests as it may"
            raise Overloaded(message, _BACK_S, {"limit_bytes": str(self.room.limit)})
        self.room.held += size
        self.held += size


@dataclass
class Room:
    limit: int  # bytes
    held: int = 0

    @contextmanager
    def share(self) -> Iterator[Share]:
        """Given back at the end."""
        share = Share(self)
        try:
            yield share
        finally:
            self.held -= share.held
