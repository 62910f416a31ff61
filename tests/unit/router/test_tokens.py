"""Tokens: the good ones, and every kind of bad one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.call import Principal, Role
from router.errors import Unauthenticated
from router.keyring import Algorithm, TokenKey
from router.minting import SigningKey, mint, read_shared_key, read_signing_key, write_signing_key
from router.secret_files import create_secret
from router.tokens import TokenOptions, TokenVerifier

NOW = 1_700_000_000.0
ADA = Principal("ada", "charite", frozenset({Role.ANALYST}))
CLAIMS: dict[str, object] = {
    "sub": "ada",
    "tenant": "charite",
    "roles": ["analyst"],
    "iss": "faraday",
    "aud": "cluster",
    "iat": NOW,
    "exp": NOW + 60,
}


class House:
    """Two keys, one of each kind, and a verifier that knows both."""

    def __init__(self, folder: Path) -> None:
        public = write_signing_key(folder / "signing", os.urandom)
        create_secret(folder / "shared", b"0123456789abcdef0123456789abcdef")
        shared = TokenKey("shared", Algorithm.HS256, folder / "shared")
        self.public_pem = public.file.read_bytes()
        self.ed25519 = read_signing_key(folder / "signing")
        self.hs256 = read_shared_key("shared", folder / "shared")
        self.options = TokenOptions((public, shared), issuer="faraday", audience="cluster")
        self.verifier = TokenVerifier(self.options)

    def signed(self, key: SigningKey, claims: dict[str, object], **header: object) -> str:
        return jwt.encode(claims, key.material, key.algorithm.value, headers={"kid": key.kid, **header})


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("keys"))


def refused(house: House, token: str, now: float = NOW) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as caught:
        TokenVerifier(house.options).verify(token, now)
    assert token not in caught.value.message
    return caught.value


@pytest.mark.parametrize("key", ["ed25519", "hs256"])
def test_a_minted_token_says_who_presents_it(house: House, key: str) -> None:
    token = mint(getattr(house, key), ADA, "faraday", "cluster", NOW, 60.0)
    assert house.verifier.verify(token, NOW) == ADA
    assert house.verifier.verify(token, NOW + 30) == ADA  # from the cache


def test_a_known_token_expires_all_the_same(house: House) -> None:
    token = house.signed(house.ed25519, CLAIMS)
    assert house.verifier.verify(token, NOW + 64.9) == ADA  # within the leeway
    with pytest.raises(Unauthenticated) as caught:
        house.verifier.verify(token, NOW + 65.0)
    assert caught.value.reason == "CREDENTIAL_EXPIRED"


def test_a_token_with_several_audiences_may_have_ours_among_them(house: House) -> None:
    assert house.verifier.verify(house.signed(house.ed25519, {**CLAIMS, "aud": ["other", "cluster"]}), NOW) == ADA


def test_an_expired_token_has_its_own_reason(house: House) -> None:
    assert refused(house, house.signed(house.ed25519, CLAIMS), NOW + 3600).reason == "CREDENTIAL_EXPIRED"


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_token_without_any_one_of_its_claims_is_refused(house: House, claim: str) -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != claim}
    error = refused(house, house.signed(house.ed25519, claims))
    assert error.reason == "CREDENTIAL_INVALID"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"aud": "other"}, "another audience"),
        ({"aud": ["other"]}, "another audience"),
        ({"aud": 7}, "another audience"),
        ({"iss": "mallory"}, "another issuer"),
        ({"roles": ["analyst", "root"]}, "roles"),
        ({"roles": "admin"}, "roles"),
        ({"tenant": "a/b"}, "tenant"),
        ({"iat": NOW + 6}, "issued in the future"),
        ({"nbf": NOW + 6}, "not valid yet"),
        ({"exp": True}, "exp is not a time"),
        ({"exp": "tomorrow"}, "exp is not a time"),
        ({"exp": float("inf")}, "exp is not a time"),
        ({"exp": float("nan")}, "exp is not a time"),
        ({"exp": 10**400}, "exp is not a time"),
        ({"iat": -1}, "iat is not a time"),
        ({"iat": [NOW]}, "iat is not a time"),
        ({"nbf": None}, "nbf is not a time"),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(house: House, changed: dict[str, object], said: str) -> None:
    error = refused(house, signed_by_hand(house, {**CLAIMS, **changed}))
    assert error.reason == "CREDENTIAL_INVALID"
    assert said in error.message


def segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def signed_by_hand(house: House, claims: dict[str, object]) -> str:
    """PyJWT's encoder would refuse some of these claims itself."""
    signing_input = f"{segment({'alg': 'EdDSA', 'kid': house.ed25519.kid})}.{segment(claims)}"
    signature = house.ed25519.material.sign(signing_input.encode())  # type: ignore[union-attr]
    return f"{signing_input}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def test_an_unsigned_token_is_refused(house: House) -> None:
    for algorithm in ("none", "None", "NONE", ""):
        header = segment({"alg": algorithm, "kid": house.ed25519.kid})
        assert "algorithm" in refused(house, f"{header}.{segment(CLAIMS)}.").message


def test_a_public_key_is_not_accepted_as_a_shared_secret(house: House) -> None:
    raw = house.ed25519.material.public_key().public_bytes_raw()  # type: ignore[union-attr]
    for secret in (house.public_pem, house.public_pem.strip(), raw):
        signing_input = f"{segment({'alg': 'HS256', 'kid': house.ed25519.kid})}.{segment(CLAIMS)}"
        signature = hmac.digest(secret, signing_input.encode(), hashlib.sha256)
        token = f"{signing_input}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
        assert refused(house, token).message == "the token's algorithm is not that of its key"


def test_a_token_signed_by_one_key_under_the_kid_of_the_other_is_refused(house: House) -> None:
    refused(house, house.signed(house.hs256, CLAIMS, kid=house.ed25519.kid))
    refused(house, house.signed(house.ed25519, CLAIMS, kid="shared"))


def test_a_key_that_the_token_brings_along_is_not_believed(house: House, tmp_path: Path) -> None:
    write_signing_key(tmp_path / "mallory", os.urandom)
    mallory = read_signing_key(tmp_path / "mallory")
    jwk = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(mallory.material.public_key()))  # type: ignore[union-attr]
    assert "kid" in refused(house, house.signed(mallory, CLAIMS, jwk=jwk)).message
    forged = house.signed(mallory, CLAIMS, jwk=jwk, kid=house.ed25519.kid)
    assert "signature" in refused(house, forged).message


def test_a_critical_extension_is_refused(house: House) -> None:
    header = segment({"alg": "EdDSA", "kid": house.ed25519.kid, "crit": ["b64"], "b64": True})
    assert "extension" in refused(house, f"{header}.{segment(CLAIMS)}.c2ln").message


def test_a_kid_that_is_no_string_is_refused(house: House) -> None:
    for kid in (None, 7, ["shared"], {"$ne": 1}, "../../shared"):
        refused(house, f"{segment({'alg': 'HS256', 'kid': kid})}.{segment(CLAIMS)}.c2ln")


def test_a_token_over_the_limit_is_refused_before_it_is_read(house: House) -> None:
    token = house.signed(house.ed25519, {**CLAIMS, "note": "x" * 5000})
    assert "4096 bytes" in refused(house, token).message


def test_deeply_nested_json_is_refused(house: House) -> None:
    nested = base64.urlsafe_b64encode(b"[" * 2500).decode().rstrip("=")
    refused(house, f"{nested}.{segment(CLAIMS)}.c2ln")


@given(flip=st.integers(0, 2**32), letter=st.sampled_from("ABab01-_.=é\x00"))
def test_a_token_with_one_letter_changed_is_refused(house: House, flip: int, letter: str) -> None:
    token = house.signed(house.hs256, CLAIMS)
    place = flip % (len(token) - 1)  # of the last letter, two bits mean nothing
    if token[place] != letter:
        refused(house, token[:place] + letter + token[place + 1 :])


@given(
    st.one_of(
        st.text(st.characters(exclude_categories=()), max_size=200),
        st.builds("{}.{}.{}".format, *[st.text("eyJhbGci0OiJ", max_size=40)] * 3),
    )
)
def test_anything_else_is_refused(house: House, token: str) -> None:
    if token:
        assert refused(house, token + "?").reason == "CREDENTIAL_INVALID"


def test_a_refusal_is_not_remembered(house: House) -> None:
    verifier = TokenVerifier(house.options)
    early = house.signed(house.ed25519, {**CLAIMS, "nbf": NOW + 60, "exp": NOW + 120})
    with pytest.raises(Unauthenticated):
        verifier.verify(early, NOW)
    assert verifier.verify(early, NOW + 61) == ADA


def test_a_known_token_is_not_verified_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    verifier = TokenVerifier(house.options)
    token = house.signed(house.ed25519, CLAIMS)
    verifier.verify(token, NOW)
    decode: Callable[..., Any] = pytest.fail
    monkeypatch.setattr(jwt, "decode", decode)
    assert verifier.verify(token, NOW) == ADA
