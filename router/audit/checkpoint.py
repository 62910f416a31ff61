"""Signed checkpoints: what somebody outside holds on to, so that the history up to it can never be told differently.

Ed25519 (RFC 8032) over the log's id, the sequence number, the link there and the time. A chain alone shows an edit only
to whoever knows its head: who can write the file can compute all links anew.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from router.audit.chain import HASH_BYTES, LOG_ID_BYTES
from router.keyring import load_public_key
from router.minting import kid_of, read_signing_key
from router.secret_files import SecretUnusable

_TAG = b"faraday audit checkpoint v1\0"
_SIGNED = struct.Struct(">16sQ32sd")


class Checkpoint(msgspec.Struct, frozen=True):
    """As it is stored and exported: JSON, bytes in base64."""

    log: bytes
    sequence: int  # of the last event before it; 0 before the first
    link: bytes  # of that event
    at: float  # unix seconds
    kid: str  # names the key, as `router.minting.kid_of`
    signature: bytes


PublicKeys = Mapping[str, Ed25519PublicKey]  # by kid


@dataclass(frozen=True)
class Signer:
    kid: str
    private: Ed25519PrivateKey

    def sign(self, log: bytes, sequence: int, link: bytes, at: float) -> Checkpoint:
        signature = self.private.sign(_TAG + _SIGNED.pack(log, sequence, link, at))
        return Checkpoint(log, sequence, link, at, self.kid, signature)


def read_signer(file: Path) -> Signer:
    """Of a private key as `router.minting.write_signing_key` makes it. Raises SecretUnusable or SecretExposed."""
    key = read_signing_key(file)
    if not isinstance(key.material, Ed25519PrivateKey):
        raise SecretUnusable(str(file), "is not an Ed25519 key")
    return Signer(key.kid, key.material)


def read_public_keys(*files: Path) -> PublicKeys:
    """Raises SecretUnusable."""
    keys = map(load_public_key, files)
    return {kid_of(key): key for key in keys}


def flaw(checkpoint: Checkpoint, keys: PublicKeys) -> str:
    """Why it is not to be believed; empty where its signature is good."""
    key = keys.get(checkpoint.kid)
    if key is None:
        return f"it is signed by {checkpoint.kid!r}, a key that is not trusted here"
    lengths = (len(checkpoint.log), len(checkpoint.link))
    if lengths != (LOG_ID_BYTES, HASH_BYTES) or not 0 <= checkpoint.sequence < 2**63:
        return "it is no checkpoint of a log"
    signed = _SIGNED.pack(checkpoint.log, checkpoint.sequence, checkpoint.link, checkpoint.at)
    try:
        key.verify(checkpoint.signature, _TAG + signed)
    except InvalidSignature:
        return "its signature is wrong"
    return ""


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Checkpoint)


def encode(checkpoint: Checkpoint) -> bytes:
    return _ENCODER.encode(checkpoint)


def decode(stored: bytes) -> Checkpoint:
    """Raises ValueError."""
    try:
        return _DECODER.decode(stored)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
