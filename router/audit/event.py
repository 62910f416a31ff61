"""One act that matters to privacy, as whoever performs it tells the log.

Kind, time and dataset are stored in the clear; all else is sealed (`sealing`). No patient is ever named here, nor any
record: a dataset's name is the nearest that an event comes to them.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

from router.ledgers.amounts import checked_amount, checked_guarantee, checked_instant
from router.ledgers.errors import BadName

MAX_TEXT = 400  # the longest name of a principal has 321 characters


class Kind(enum.Enum):
    """What happened. A value is stored for ever and never changes its meaning."""

    CHARGED = "charged"  # reserved: the worst case is paid
    REFUSED = "refused"  # for want of budget, or since the account is frozen
    RELEASED = "released"  # this answer may have left
    WITHHELD = "withheld"  # the answer of a RELEASED before this has not left: the ledger did not take its release
    SETTLED = "settled"  # what provably did not leave was credited; `cost` is what was spent in truth
    VOIDED = "voided"  # refunded: nothing has left
    OPENED = "opened"
    LIMIT_SET = "limit_set"
    FROZEN = "frozen"
    THAWED = "thawed"
    KEY_CONDEMNED = "key_condemned"  # its destruction was ordered and may have happened
    KEY_DESTROYED = "key_destroyed"


@dataclass(frozen=True)
class AuditEvent:
    """`actor` is who did it and the data subject of all that it says: the analyst who asks, the owner who sets a limit.

    `holder` is the second person that some events name: the user (or tenant) whose account was opened, limited, frozen
    or thawed. Each is sealed with a key of their own, so that either can be forgotten without the other.
    """

    kind: Kind
    at: float  # unix seconds
    dataset: str  # empty where the act concerns none
    actor: str  # tenant/subject, as `Principal.name`; empty where nobody may be named any more
    holder: str = ""  # tenant, or tenant/subject
    model: str = ""
    request_id: str = ""
    cost: int | None = None  # 1e-12 ρ, of the dataset's own account
    limit: int | None = None  # 1e-12 ρ, of the account that was opened or limited
    epsilon: float | None = None  # with delta: as they were shown to the actor
    delta: float | None = None
    reason: str = ""  # of a refusal or a freeze; it must name nobody
    digest: bytes = b""  # SHA-256 of the answer, as the ledger's Released has it

    def __post_init__(self) -> None:
        checked_instant("at", self.at)
        texts = (self.dataset, self.actor, self.holder, self.model, self.request_id, self.reason)
        names = ("dataset", "actor", "holder", "model", "request_id", "reason")
        for name, text in zip(names, texts, strict=True):
            if len(text) > MAX_TEXT or not text.isprintable():
                raise BadName(name, text[:MAX_TEXT])
        for amount in (self.cost, self.limit):
            if amount is not None:
                checked_amount(amount)
        epsilon, delta = self.epsilon or 0.0, self.delta or 0.0
        if epsilon != math.inf:  # what is shown of an unbounded loss
            checked_guarantee(epsilon, delta)
        if len(self.digest) > 64:
            raise ValueError(f"a digest has up to 64 bytes, not {len(self.digest)}")
