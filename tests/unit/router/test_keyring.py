"""The keys that tokens are checked with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from router.keyring import Algorithm, TokenKey, load_keyring, load_public_key, load_shared_secret
from router.minting import write_signing_key
from router.secret_files import SecretExposed, SecretUnusable, create_secret


def test_a_keyring_holds_each_key_under_its_kid_with_its_algorithm(tmp_path: Path) -> None:
    public = write_signing_key(tmp_path / "signing", os.urandom)
    create_secret(tmp_path / "shared", b"s" * 32 + b"\n")
    ring = load_keyring((public, TokenKey("old", Algorithm.HS256, tmp_path / "shared")))
    assert isinstance(ring[public.kid].material, Ed25519PublicKey)
    assert ring["old"].material == b"s" * 32


def test_two_keys_with_one_kid_are_refused(tmp_path: Path) -> None:
    public = write_signing_key(tmp_path / "signing", os.urandom)
    with pytest.raises(ValueError, match="same kid"):
        load_keyring((public, public))


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    create_secret(tmp_path / "shared", b"s" * 31 + b"\n")
    with pytest.raises(SecretUnusable, match="31 bytes"):
        load_shared_secret(tmp_path / "shared")


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shared").write_bytes(b"s" * 32)
    (tmp_path / "shared").chmod(0o644)
    with pytest.raises(SecretExposed):
        load_shared_secret(tmp_path / "shared")


def test_a_public_key_is_never_taken_for_a_shared_secret(tmp_path: Path) -> None:
    public = write_signing_key(tmp_path / "signing", os.urandom)
    create_secret(tmp_path / "copied", public.file.read_bytes())
    with pytest.raises(SecretUnusable, match="not a shared secret"):
        load_shared_secret(tmp_path / "copied")


def test_a_private_key_is_never_taken_for_a_public_one(tmp_path: Path) -> None:
    write_signing_key(tmp_path / "signing", os.urandom)
    with pytest.raises(SecretUnusable, match=r"give the \.pub file"):
        load_public_key(tmp_path / "signing")


def test_a_key_of_another_curve_is_refused(tmp_path: Path) -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    (tmp_path / "p256").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(SecretUnusable, match="not an Ed25519 key"):
        load_public_key(tmp_path / "p256")


def test_a_missing_public_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(SecretUnusable, match="absent"):
        load_public_key(tmp_path / "absent")
