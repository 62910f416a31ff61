"""What is done to the log, each within one transaction. Keys come first, so that a refusal writes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from router.audit.books import AuditBooks
from router.audit.checkpoint import Checkpoint
from router.audit.errors import UnknownSubject
from router.audit.event import AuditEvent, Kind


@dataclass(frozen=True, slots=True)
class Append:
    events: tuple[AuditEvent, ...]

    def apply(self, books: AuditBooks) -> None:
        keyed = [(event, books.keys_for(event)) for event in self.events]
        for event, keys in keyed:
            books.append(event, keys)


@dataclass(frozen=True, slots=True)
class Sign:
    """Sign what there is, for somebody to hold on to."""

    now: float

    def apply(self, books: AuditBooks) -> Checkpoint:
        return books.checkpoint(self.now)


@dataclass(frozen=True, slots=True)
class Condemn:
    """Say which key is to be destroyed. Returns its id; the person is not named, since nobody may name them after."""

    person: str
    by: str
    now: float

    def apply(self, books: AuditBooks) -> bytes:
        key = books.keys.condemned(self.person)
        if key is None:
            raise UnknownSubject(self.person)
        event = AuditEvent(Kind.KEY_CONDEMNED, self.now, "", "" if self.by == self.person else self.by)
        books.append(event, books.keys_for(event), destroys=key)
        return key


@dataclass(frozen=True, slots=True)
class Destroy:
    """Destroy the key and say so. It is gone even where the transaction then fails: KEY_CONDEMNED has said why."""

    person: str
    key: bytes
    by: str
    now: float

    def apply(self, books: AuditBooks) -> None:
        event = AuditEvent(Kind.KEY_DESTROYED, self.now, "", "" if self.by == self.person else self.by)
        keys = books.keys_for(event)
        if books.keys.condemned(self.person) != self.key:  # somebody else was quicker
            raise UnknownSubject(self.person)
        books.keys.destroy(self.person)
        books.append(event, keys, destroys=self.key)
