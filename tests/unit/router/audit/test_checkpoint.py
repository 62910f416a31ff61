"""Signed checkpoints."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from router.audit.checkpoint import Signer, decode, encode, flaw, read_public_keys, read_signer
from router.minting import kid_of, public_file_of, write_signing_key

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
SIGNER = Signer(kid_of(PRIVATE.public_key()), PRIVATE)
KEYS = {SIGNER.kid: PRIVATE.public_key()}
MADE = SIGNER.sign(b"l" * 16, 7, b"h" * 32, 1.5)


def test_a_good_one_has_no_flaw_also_after_its_export() -> None:
    assert flaw(MADE, KEYS) == ""
    assert decode(encode(MADE)) == MADE


def test_what_is_signed_never_changes() -> None:
    signed = b"faraday audit checkpoint v1\0" + b"l" * 16 + b"\0" * 7 + b"\7" + b"h" * 32 + b"\x3f\xf8" + b"\0" * 6
    PRIVATE.public_key().verify(MADE.signature, signed)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"log": b"m" * 16}, "signature"),
        ({"sequence": 8}, "signature"),
        ({"link": b"i" * 32}, "signature"),
        ({"at": 1.6}, "signature"),
        ({"signature": b""}, "signature"),
        ({"kid": "0" * 16}, "not trusted"),
        ({"log": b""}, "no checkpoint"),
        ({"link": b""}, "no checkpoint"),
        ({"sequence": -1}, "no checkpoint"),
        ({"sequence": 2**64}, "no checkpoint"),
    ],
)
def test_any_change_is_a_flaw(changed: dict[str, object], said: str) -> None:
    assert said in flaw(msgspec.structs.replace(MADE, **changed), KEYS)


def test_after_a_change_of_keys_the_old_one_still_vouches_for_its_own(tmp_path: Path) -> None:
    for name in ("old", "new"):
        write_signing_key(tmp_path / name, lambda n, name=name: name.encode()[:1] * n)  # type: ignore[misc]
    both = read_public_keys(*(public_file_of(tmp_path / name) for name in ("old", "new")))
    assert [flaw(read_signer(tmp_path / name).sign(b"l" * 16, 1, b"h" * 32, 0.0), both) for name in ("old", "new")] == [
        "",
        "",
    ]


@pytest.mark.parametrize("stored", [b"", b"{}", b"\xff", b"[" * 100_000])
def test_what_is_no_checkpoint_is_refused(stored: bytes) -> None:
    with pytest.raises(ValueError):
        decode(stored)
