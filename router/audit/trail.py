"""What the router's steps need of an audit log, and one that only remembers, for tests."""

from __future__ import annotations

from typing import Protocol

from router.audit.event import AuditEvent


class Trail(Protocol):
    """As `router.audit.log.AuditLog`. Both may raise `LedgerUnavailable`."""

    async def record(self, *events: AuditEvent) -> None:
        """Durable when it returns."""
        ...

    def note(self, event: AuditEvent) -> None:
        """Written soon."""
        ...


class MemoryTrail:
    """Keeps the events of this process; nothing is durable, and nothing is sealed."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    async def record(self, *events: AuditEvent) -> None:
        self.events += events

    def note(self, event: AuditEvent) -> None:
        self.events.append(event)
