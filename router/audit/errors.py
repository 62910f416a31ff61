"""What the audit log says instead of yes, besides `LedgerUnavailable`, which it raises as the ledgers do.

Refused (router.ledgers.errors): nothing was written
├── UnknownSubject        there is no key of this person: never seen, or forgotten already
└── SubjectKeyUnusable    a key's file is damaged, of another master key, or cannot be written
"""

from __future__ import annotations

from router.ledgers.errors import Refused


class UnknownSubject(Refused):
    def __init__(self, subject: str) -> None:
        super().__init__(subject)
        self.subject = subject

    def __str__(self) -> str:
        return f"the audit log has no key of {self.subject}: never seen there, or forgotten already"


class SubjectKeyUnusable(Refused):
    """`wrong` never quotes the file."""

    def __init__(self, file: str, wrong: str) -> None:
        super().__init__(file, wrong)
        self.file = file
        self.wrong = wrong

    def __str__(self) -> str:
        return f"{self.file}: {self.wrong}"
