"""The file of API keys: JSON, mode 0600, one entry per key with the hash of its secret and never the secret.

A key reads `fdy_<key id>_<secret>`. The secret has 256 bits of randomness, so a plain SHA-256 is enough: there is
nothing to guess, and a slow hash would only slow the router.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from router.call import Principal
from router.principals import parts_of, principal_of
from router.secret_files import SecretUnusable, read_secret, replace_secret

_FOREVER = 1e15  # in seconds: a bound that NaN, infinity and an integer too large for a float are all outside of


@dataclass(frozen=True)
class ApiKey:
    """One key as the router knows it; times in seconds since the epoch."""

    sha256: bytes
    principal: Principal
    created: float
    expires: float | None = None
    revoked: float | None = None


def read_api_keys(file: Path) -> Mapping[str, ApiKey]:
    """The keys by their id. Raises SecretExposed or SecretUnusable."""
    content = read_secret(file)
    try:
        entries = json.loads(content)["keys"]
        return {key_id: _parsed(entry) for key_id, entry in entries.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SecretUnusable(str(file), "is not a file of API keys") from error


def create_api_key(
    file: Path, principal: Principal, now: float, ttl_s: float | None, random_bytes: Callable[[int], bytes]
) -> str:
    """A new key, which is nowhere else and never shown again. The file is made where there is none."""
    principal_of(parts_of(principal))
    if ttl_s is not None and not 0.0 < ttl_s < math.inf:
        raise ValueError("a key has to live for some time")
    key_id, secret = _letters(random_bytes(10)), _letters(random_bytes(32))
    expires = None if ttl_s is None else now + ttl_s
    with _locked(file.parent):
        keys = dict(read_api_keys(file)) if file.exists() else {}
        keys[key_id] = ApiKey(hash_of(secret), principal, now, expires)
        replace_secret(file, _written(keys))
    return f"fdy_{key_id}_{secret}"


def revoke_api_key(file: Path, key_id: str, now: float) -> None:
    """From now on refused; the entry stays for the auditor. Raises KeyError where there is no such key."""
    with _locked(file.parent):
        keys = dict(read_api_keys(file))
        if keys[key_id].revoked is None:
            keys[key_id] = replace(keys[key_id], revoked=now)
            replace_secret(file, _written(keys))


def hash_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _letters(random: bytes) -> str:
    """Lower-case base32: no underscore, survives a double click and a telephone."""
    return base64.b32encode(random).decode().rstrip("=").lower()


def _parsed(entry: Mapping[str, object]) -> ApiKey:
    sha256 = bytes.fromhex(str(entry["sha256"]))
    if len(sha256) != hashlib.sha256().digest_size:
        raise ValueError("sha256 has the wrong length")
    created = _time(entry, "created")
    if created is None:
        raise ValueError("created is missing")
    return ApiKey(sha256, principal_of(entry), created, _time(entry, "expires"), _time(entry, "revoked"))


def _time(entry: Mapping[str, object], name: str) -> float | None:
    value = entry[name]
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < _FOREVER:
        raise ValueError(f"{name} is not a time")
    return float(value)


def _written(keys: Mapping[str, ApiKey]) -> bytes:
    entries = {
        key_id: {
            "sha256": key.sha256.hex(),
            **parts_of(key.principal),
            "created": key.created,
            "expires": key.expires,
            "revoked": key.revoked,
        }
        for key_id, key in keys.items()
    }
    return json.dumps({"keys": entries}, indent=2).encode() + b"\n"


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Two commands at once: the second reads what the first wrote. The folder is locked since the file is replaced."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
