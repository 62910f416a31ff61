"""The stored form of events: these bytes are in files, so they never change."""

from __future__ import annotations

import msgspec
import pytest

from router.ledgers.contract import Account, AccountKey
from router.ledgers.events import (
    Event,
    Frozen,
    LeaseReturned,
    LeaseTaken,
    LimitSet,
    Opened,
    Released,
    Reserved,
    Settled,
    Thawed,
    Voided,
    decode,
    encode,
)

TERMS = Account(AccountKey("ward"), "patient", "replace", 1.0, 1e-6, 500, 8.0, "2026Q3", (2.0,))
STORED: list[tuple[Event, bytes]] = [
    (
        Opened(1.5, TERMS),
        b'{"type":"opened","at":1.5,"account":{"key":{"dataset":"ward","tenant":"","user":""},"unit":"patient",'
        b'"adjacency":"replace","epsilon":1.0,"delta":1e-6,"limit":500,"order":8.0,"block":"2026Q3",'
        b'"odometer_orders":[2.0]}}',
    ),
    (LimitSet(2.0, 1, 400, 0.5), b'{"type":"limit_set","at":2.0,"account":1,"limit":400,"epsilon":0.5}'),
    (Frozen(3.0, 1, "audit"), b'{"type":"frozen","at":3.0,"account":1,"reason":"audit"}'),
    (Thawed(4.0, 1), b'{"type":"thawed","at":4.0,"account":1}'),
    (
        Reserved(5.0, "clinic", "r", b"\x00\xff", ((1, 10),), (7,), b"event", "worker", 60.0, 3),
        b'{"type":"reserved","at":5.0,"tenant":"clinic","request_id":"r","request_hash":"AP8=","charges":[[1,10]],'
        b'"odometer":[7],"event":"ZXZlbnQ=","owner":"worker","expires":60.0,"supersedes":3}',
    ),
    (Released(6.0, 5, b"digest"), b'{"type":"released","at":6.0,"attempt":5,"answer_sha256":"ZGlnZXN0"}'),
    (
        Settled(7.0, 5, ((1, 4),), (2,)),
        b'{"type":"settled","at":7.0,"attempt":5,"credits":[[1,4]],"odometer_credit":[2]}',
    ),
    (Voided(8.0, 5), b'{"type":"voided","at":8.0,"attempt":5}'),
    (LeaseTaken(9.0, 1, "host", 30), b'{"type":"lease_taken","at":9.0,"account":1,"holder":"host","amount":30}'),
    (LeaseReturned(9.5, 1, "host", 20), b'{"type":"lease_returned","at":9.5,"account":1,"holder":"host","amount":20}'),
]


@pytest.mark.parametrize(("event", "stored"), STORED, ids=lambda value: type(value).__name__)
def test_an_event_is_stored_as_these_bytes_for_ever(event: Event, stored: bytes) -> None:
    assert encode(event) == stored
    assert decode(stored) == event


def test_every_kind_of_event_is_pinned() -> None:
    assert {type(event) for event, _ in STORED} == set(Event.__args__)


def test_what_no_version_has_written_is_not_read() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(b'{"type":"renewed","at":1.0,"account":1}')
