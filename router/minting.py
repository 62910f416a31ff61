"""Making tokens: for the CLI and for tests. The router itself only checks them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from router.call import Principal
from router.keyring import Algorithm, TokenKey, load_shared_secret
from router.principals import parts_of, principal_of
from router.secret_files import SecretUnusable, create_secret, read_secret


@dataclass(frozen=True)
class SigningKey:
    """What tokens are signed with."""

    kid: str
    algorithm: Algorithm
    material: Ed25519PrivateKey | bytes


def write_signing_key(file: Path, random_bytes: Callable[[int], bytes]) -> TokenKey:
    """A new Ed25519 pair: `file` (mode 0600) and its public half beside it, `file`.pub, which the router is given.

    Raises FileExistsError where either is there already.
    """
    public_file = public_file_of(file)
    if public_file.exists():
        raise FileExistsError(f"{public_file} exists; a key is never overwritten")
    private = Ed25519PrivateKey.from_private_bytes(random_bytes(32))
    create_secret(file, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = private.public_key()
    public_file.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return TokenKey(kid_of(public), Algorithm.EDDSA, public_file)


def public_file_of(file: Path) -> Path:
    return file.with_name(file.name + ".pub")


def kid_of(public: Ed25519PublicKey) -> str:
    """16 hexadecimal digits of the key's SHA-256: the same key has the same name everywhere."""
    return hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def read_signing_key(file: Path) -> SigningKey:
    """An Ed25519 private key in PEM, as `write_signing_key` made it. Raises SecretUnusable or SecretExposed."""
    content = read_secret(file)
    try:
        private = load_pem_private_key(content, password=None)
    except (ValueError, TypeError) as error:  # TypeError: it is encrypted
        raise SecretUnusable(str(file), "is not an unencrypted private key in PEM") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise SecretUnusable(str(file), "is not an Ed25519 key")
    return SigningKey(kid_of(private.public_key()), Algorithm.EDDSA, private)


def read_shared_key(kid: str, file: Path) -> SigningKey:
    """An HS256 secret. Raises SecretUnusable or SecretExposed."""
    return SigningKey(kid, Algorithm.HS256, load_shared_secret(file))


def mint(key: SigningKey, principal: Principal, issuer: str, audience: str, now: float, ttl_s: float) -> str:
    """A token for `ttl_s` seconds from `now` (since the epoch). Raises ValueError where no router would take it."""
    if ttl_s <= 0.0:
        raise ValueError("a token has to live for some time")
    parts = parts_of(principal)
    principal_of(parts)
    claims = {**parts, "iss": issuer, "aud": audience, "iat": int(now), "exp": int(now + ttl_s)}
    return jwt.encode(claims, key.material, algorithm=key.algorithm.value, headers={"kid": key.kid})
