"""The keys that tokens are checked with. Each key has one algorithm, whatever a token says of itself.

That binding is what stops algorithm confusion: a public Ed25519 key is never a shared secret (RFC 8725, 3.1).
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from router.secret_files import SecretUnusable, read_secret

MIN_SHARED_SECRET_BYTES = 32  # the output size of SHA-256: RFC 7518, 3.2
_LOOKS_LIKE_A_KEY_FILE = re.compile(rb"-----BEGIN |^(ssh|ecdsa)-", re.MULTILINE)


class Algorithm(enum.Enum):
    EDDSA = "EdDSA"  # Ed25519: the router holds only the public key
    HS256 = "HS256"  # a shared secret: whoever checks tokens can also make them


@dataclass(frozen=True)
class TokenKey:
    """Where one key lies. `file` is a public key in PEM for EDDSA, a secret (mode 0600) for HS256."""

    kid: str
    algorithm: Algorithm
    file: Path


@dataclass(frozen=True)
class VerifyingKey:
    """One key, ready for use."""

    algorithm: Algorithm
    material: Ed25519PublicKey | bytes


def load_keyring(keys: Sequence[TokenKey]) -> Mapping[str, VerifyingKey]:
    """The keys by their `kid`. Raises SecretUnusable or SecretExposed, and ValueError where a kid comes twice."""
    if len({key.kid for key in keys}) < len(keys):
        raise ValueError("two token keys have the same kid")
    return {key.kid: VerifyingKey(key.algorithm, _LOADERS[key.algorithm](key.file)) for key in keys}


def load_public_key(file: Path) -> Ed25519PublicKey:
    """An Ed25519 public key in PEM."""
    try:
        key = load_pem_public_key(file.read_bytes())
    except OSError as error:
        raise SecretUnusable(str(file), error.strerror or "cannot be read") from error
    except ValueError as error:
        raise SecretUnusable(str(file), "is not a public key in PEM; give the .pub file") from error
    if not isinstance(key, Ed25519PublicKey):
        raise SecretUnusable(str(file), "is not an Ed25519 key")
    return key


def load_shared_secret(file: Path) -> bytes:
    """A secret for HS256; a newline at the end is not part of it."""
    secret = read_secret(file).rstrip(b"\r\n")
    if _LOOKS_LIKE_A_KEY_FILE.search(secret):
        raise SecretUnusable(str(file), "is a key pair's file, not a shared secret")
    if len(secret) < MIN_SHARED_SECRET_BYTES:
        raise SecretUnusable(str(file), f"holds {len(secret)} bytes; a secret needs {MIN_SHARED_SECRET_BYTES} or more")
    return secret


_LOADERS: Mapping[Algorithm, Callable[[Path], Ed25519PublicKey | bytes]] = {
    Algorithm.EDDSA: load_public_key,
    Algorithm.HS256: load_shared_secret,
}
