"""Sealing an event and opening it again."""

from __future__ import annotations

import base64
import json
import math
import os
from dataclasses import replace

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from router.audit.event import AuditEvent, Kind
from router.audit.sealing import ActorPart, HolderPart, SealedEvent, decode, seal, unseal
from router.audit.subject_keys import SubjectKey

LOG = b"l" * 16
ADA, BOB = (SubjectKey(name * 32, AESGCM(name * 32)) for name in (b"a", b"b"))
KEYS = {"clinic/ada": ADA, "clinic/bob": BOB}
BY_ID = {key.id: key for key in KEYS.values()}
EVENT = AuditEvent(Kind.LIMIT_SET, 1.5, "ward", "clinic/ada", "clinic/bob", limit=9, reason="ten more beds")
TEXT = st.text(st.characters(codec="ascii", categories=("L", "N", "P")), max_size=40)


def sealed(event: AuditEvent = EVENT, sequence: int = 1) -> SealedEvent:
    return decode(seal(event, KEYS, LOG, sequence, os.urandom))


@given(
    st.sampled_from(list(Kind)), st.floats(0, 1e12), TEXT, TEXT, TEXT, st.none() | st.integers(0, 10**18),
    st.none() | st.floats(0, 100), st.binary(max_size=32),
)  # fmt: skip
def test_what_was_sealed_is_opened_again(
    kind: Kind, at: float, dataset: str, model: str, reason: str, cost: int | None, epsilon: float | None, digest: bytes
) -> None:
    event = AuditEvent(
        kind, at, dataset, "clinic/ada", "clinic/bob", model, "r1", cost, cost, epsilon, None, reason, digest
    )
    stored = sealed(event)
    assert (stored.kind, stored.at, stored.dataset) == (kind, at, dataset)
    actor = ActorPart("clinic/ada", model, "r1", cost, cost, epsilon, None, reason, digest)
    assert unseal(stored, BY_ID, LOG, 1) == (actor, HolderPart("clinic/bob"))


def test_the_stored_form_never_changes() -> None:
    """Pinned: opened here as the design tells a stranger to, with nothing of ours."""
    body = seal(replace(EVENT, holder=""), KEYS, LOG, 7, lambda n: b"n" * n, destroys=b"id")
    stored = json.loads(body)
    (part,) = stored.pop("parts")
    assert stored == {"format": "v1", "kind": "limit_set", "at": 1.5, "dataset": "ward", "destroys": "aWQ="}
    public = b'{"format":"v1","kind":"limit_set","at":1.5,"dataset":"ward","parts":[],"destroys":"aWQ="}'
    context = b"faraday audit part v1\0" + LOG + b"\0\0\0\0\0\0\0\7" + b"\0" + public
    assert (base64.b64decode(part["key"]), base64.b64decode(part["nonce"])) == (ADA.id, b"n" * 12)
    plain = AESGCM(b"a" * 32).decrypt(b"n" * 12, base64.b64decode(part["sealed"]), context)
    assert plain.rstrip() == b'{"type":"actor","actor":"clinic/ada","limit":9,"reason":"ten more beds"}'


def test_a_person_without_a_key_cannot_be_read_and_the_other_can() -> None:
    actor, holder = unseal(sealed(), {BOB.id: BOB}, LOG, 1)
    assert actor is None
    assert holder == HolderPart("clinic/bob")


def test_a_part_is_good_in_its_own_place_alone() -> None:
    stored = sealed()
    moved: list[tuple[SealedEvent, bytes, int]] = [
        (stored, LOG, 2),
        (stored, b"m" * 16, 1),
        (msgspec.structs.replace(stored, at=2.5), LOG, 1),
        (msgspec.structs.replace(stored, dataset="other"), LOG, 1),
        (msgspec.structs.replace(stored, kind=Kind.FROZEN), LOG, 1),
        (msgspec.structs.replace(stored, destroys=b"x"), LOG, 1),
        (msgspec.structs.replace(stored, parts=stored.parts[::-1]), LOG, 1),
    ]
    for event, log, sequence in moved:
        with pytest.raises(ValueError, match="not what its key sealed"):
            unseal(event, BY_ID, log, sequence)


@given(TEXT, TEXT)
def test_lengths_do_not_tell_persons_apart(one: str, other: str) -> None:
    lengths = {
        len(decode(seal(AuditEvent(Kind.CHARGED, 0.0, "", name), {name: ADA}, LOG, 1, os.urandom)).parts[0].sealed)
        for name in ("x" + one, "x" + other)
    }
    assert lengths == {256 + 16}, "one block and GCM's tag"


def test_an_infinite_epsilon_is_stored_as_json_can() -> None:
    (part, _) = unseal(sealed(replace(EVENT, epsilon=math.inf)), BY_ID, LOG, 1)
    assert isinstance(part, ActorPart)
    assert part.epsilon is None


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"\xff", b'{"format":"v2"}', b"[" * 100_000, b'{"format":' + b"[" * 100_000]
)
def test_what_no_version_has_written_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        decode(body)
