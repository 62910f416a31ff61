"""What happened, as values that are stored for ever and never change: all running sums follow from them.

An event's id is its place in the store's one sequence. An account is named by the id of its Opened, an attempt by the
id of its Reserved. Names of people stand in Opened alone. The stored form is JSON with a `type`; a test pins its bytes.
Amounts are in 1e-12 ρ, times in unix seconds.
"""

from __future__ import annotations

import msgspec

from router.ledgers.contract import Account

Charges = tuple[tuple[int, int], ...]  # (account, amount)


class Opened(msgspec.Struct, frozen=True, tag="opened"):
    at: float
    account: Account


class LimitSet(msgspec.Struct, frozen=True, tag="limit_set"):
    at: float
    account: int
    limit: int
    epsilon: float


class Frozen(msgspec.Struct, frozen=True, tag="frozen"):
    at: float
    account: int
    reason: str


class Thawed(msgspec.Struct, frozen=True, tag="thawed"):
    at: float
    account: int


class Reserved(msgspec.Struct, frozen=True, tag="reserved"):
    at: float
    tenant: str
    request_id: str
    request_hash: bytes
    charges: Charges
    odometer: tuple[int, ...]
    event: bytes
    owner: str
    expires: float
    supersedes: int  # the attempt that expired without an answer; 0 for none


class Released(msgspec.Struct, frozen=True, tag="released"):
    """The answer itself is kept beside the log, so that it can be forgotten; this says which bytes could leave."""

    at: float
    attempt: int
    answer_sha256: bytes


class Settled(msgspec.Struct, frozen=True, tag="settled"):
    at: float
    attempt: int
    credits: Charges
    odometer_credit: tuple[int, ...]


class Voided(msgspec.Struct, frozen=True, tag="voided"):
    at: float
    attempt: int


class LeaseTaken(msgspec.Struct, frozen=True, tag="lease_taken"):
    """From here on `amount` is spent in this store; its holder may charge it in a store of its own."""

    at: float
    account: int
    holder: str
    amount: int


class LeaseReturned(msgspec.Struct, frozen=True, tag="lease_returned"):
    """The holder had given it up durably, uncharged."""

    at: float
    account: int
    holder: str
    amount: int


Event = Opened | LimitSet | Frozen | Thawed | Reserved | Released | Settled | Voided | LeaseTaken | LeaseReturned

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Event)


def encode(event: Event) -> bytes:
    return _ENCODER.encode(event)


def decode(stored: bytes) -> Event:
    """Raises msgspec.ValidationError for what no version has written."""
    event: Event = _DECODER.decode(stored)
    return event
