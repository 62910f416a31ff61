"""Making keys and tokens."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from router.call import Principal, Role
from router.minting import mint, public_file_of, read_signing_key, write_signing_key
from router.secret_files import SecretUnusable, create_secret

ADA = Principal("ada", "charite", frozenset({Role.ADMIN}))


def test_a_new_pair_is_private_and_public_and_has_one_name(tmp_path: Path) -> None:
    key = write_signing_key(tmp_path / "signing", os.urandom)
    assert stat.S_IMODE((tmp_path / "signing").stat().st_mode) == 0o600
    assert key.file == public_file_of(tmp_path / "signing")
    assert read_signing_key(tmp_path / "signing").kid == key.kid


def test_the_same_randomness_makes_the_same_key(tmp_path: Path) -> None:
    assert write_signing_key(tmp_path / "a", bytes).kid == write_signing_key(tmp_path / "b", bytes).kid


@pytest.mark.parametrize("there", ["signing", "signing.pub"])
def test_a_key_is_never_overwritten(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("precious")
    with pytest.raises(FileExistsError):
        write_signing_key(tmp_path / "signing", os.urandom)
    assert [file.name for file in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "precious"


def test_what_is_not_an_open_ed25519_key_is_refused(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    locked = BestAvailableEncryption(b"secret")
    create_secret(tmp_path / "p256", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    create_secret(tmp_path / "locked", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    create_secret(tmp_path / "text", b"hello")
    for name, said in (("p256", "Ed25519"), ("locked", "unencrypted"), ("text", "in PEM")):
        with pytest.raises(SecretUnusable, match=said):
            read_signing_key(tmp_path / name)


def test_a_token_that_no_router_would_take_is_not_made(tmp_path: Path) -> None:
    write_signing_key(tmp_path / "signing", os.urandom)
    key = read_signing_key(tmp_path / "signing")
    with pytest.raises(ValueError, match="some time"):
        mint(key, ADA, "faraday", "cluster", 0.0, 0.0)
    with pytest.raises(ValueError, match="tenant"):
        mint(key, Principal("ada", "a/b", frozenset()), "faraday", "cluster", 0.0, 60.0)
