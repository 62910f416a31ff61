"""An event as it is stored: kind, time and dataset in the clear, and one sealed part for each person that it names.

AES-256-GCM (NIST SP 800-38D) with a random nonce, under the person's own key: good for 2^32 parts of one person. What
is in the clear, the log and the place within it are authenticated along, so that no part can be moved to another event.
GCM does not commit to its key; a part names its key by a hash of it (`subject_keys`), and the chain commits to that.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

import msgspec
from cryptography.exceptions import InvalidTag

from router.audit.event import AuditEvent, Kind
from router.audit.subject_keys import SubjectKey

NONCE_BYTES = 12
_PADDED = 256  # a part's length would tell persons apart, after they are forgotten, by the length of their names
_TAG = b"faraday audit part v1\0"
_PLACE = struct.Struct(">16sQB")


class Part(msgspec.Struct, frozen=True):
    """What can be read with one person's key."""

    key: bytes  # the SubjectKey's id
    nonce: bytes
    sealed: bytes


class SealedEvent(msgspec.Struct, frozen=True, tag="v1", tag_field="format"):
    """The stored form is JSON, bytes in base64; a test pins it."""

    kind: Kind
    at: float
    dataset: str
    parts: tuple[Part, ...]
    destroys: bytes = b""  # the id of the key that KEY_CONDEMNED and KEY_DESTROYED speak of; empty for a damaged one


class ActorPart(msgspec.Struct, frozen=True, tag="actor", omit_defaults=True):
    """Fields as in `AuditEvent`. An infinite ε is null, as JSON has no number for it."""

    actor: str
    model: str = ""
    request_id: str = ""
    cost: int | None = None
    limit: int | None = None
    epsilon: float | None = None
    delta: float | None = None
    reason: str = ""
    digest: bytes = b""


class HolderPart(msgspec.Struct, frozen=True, tag="holder"):
    holder: str


Opened = ActorPart | HolderPart

_ENCODER = msgspec.json.Encoder()
_EVENT = msgspec.json.Decoder(SealedEvent)
_PART: msgspec.json.Decoder[Opened] = msgspec.json.Decoder(Opened)


def persons(event: AuditEvent) -> tuple[str, ...]:
    """Whose keys it takes, in the order of its parts."""
    return tuple(person for person in (event.actor, event.holder) if person)


def seal(
    event: AuditEvent,
    keys: Mapping[str, SubjectKey],
    log: bytes,
    sequence: int,
    random_bytes: Callable[[int], bytes],
    destroys: bytes = b"",
) -> bytes:
    """The bytes to store, for this place of this log alone. `keys` by person."""
    public = SealedEvent(event.kind, event.at, event.dataset, (), destroys)
    plain: list[tuple[str, Opened]] = []
    if event.actor:
        plain.append((event.actor, _of_actor(event)))
    if event.holder:
        plain.append((event.holder, HolderPart(event.holder)))
    parts = []
    for index, (person, part) in enumerate(plain):
        key, nonce = keys[person], random_bytes(NONCE_BYTES)
        text = _ENCODER.encode(part)
        text = text.ljust(-(-len(text) // _PADDED) * _PADDED)  # JSON may end in spaces
        parts.append(Part(key.id, nonce, key.cipher.encrypt(nonce, text, _context(public, log, sequence, index))))
    return _ENCODER.encode(msgspec.structs.replace(public, parts=tuple(parts)))


def decode(body: bytes) -> SealedEvent:
    """Raises ValueError for what no version has written."""
    try:
        return _EVENT.decode(body)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def unseal(
    event: SealedEvent, keys: Mapping[bytes, SubjectKey], log: bytes, sequence: int
) -> tuple[Opened | None, ...]:
    """Its parts; None where the key is gone. Raises ValueError where a key is there and the part is not what it sealed.

    `keys` by id.
    """
    public = msgspec.structs.replace(event, parts=())
    return tuple(
        _opened(part, keys.get(part.key), _context(public, log, sequence, index))
        for index, part in enumerate(event.parts)
    )


def _of_actor(event: AuditEvent) -> ActorPart:
    return ActorPart(
        actor=event.actor,
        model=event.model,
        request_id=event.request_id,
        cost=event.cost,
        limit=event.limit,
        epsilon=event.epsilon,
        delta=event.delta,
        reason=event.reason,
        digest=event.digest,
    )


def _context(public: SealedEvent, log: bytes, sequence: int, index: int) -> bytes:
    return _TAG + _PLACE.pack(log, sequence, index) + _ENCODER.encode(public)


def _opened(part: Part, key: SubjectKey | None, context: bytes) -> Opened | None:
    if key is None:
        return None
    try:
        return _PART.decode(key.cipher.decrypt(part.nonce, part.sealed, context))
    except InvalidTag as error:
        raise ValueError("a part is not what its key sealed") from error
