"""Who asks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from router.api_key_file import create_api_key
from router.auth import Authenticator, AuthOptions, CertificateGrant
from router.call import Principal, Role
from router.errors import Unauthenticated
from router.minting import mint, read_signing_key, write_signing_key
from router.tls import PeerIdentity
from router.tokens import TokenOptions

NOW = 1_700_000_000.0
ADA = Principal("ada", "charite", frozenset({Role.ANALYST}))
LOADER = Principal("loader", "charite", frozenset({Role.DATA_OWNER}))
OTHER = Principal("other", "charite", frozenset())
GRANTS = (
    CertificateGrant("dns:loader.charite", LOADER),
    CertificateGrant("uri:spiffe://charite/loader", LOADER),
    CertificateGrant("dns:other.charite", OTHER),
)


class Door:
    """An authenticator that takes everything, with one good token and one good key."""

    def __init__(self, folder: Path) -> None:
        public = write_signing_key(folder / "signing", os.urandom)
        key = read_signing_key(folder / "signing")
        self.token = mint(key, ADA, "faraday", "cluster", NOW, 60.0)
        self.api_key = create_api_key(folder / "keys", ADA, NOW, None, os.urandom)
        tokens = TokenOptions((public,), "faraday", "cluster")
        self.authenticator = Authenticator(AuthOptions(tokens, folder / "keys", GRANTS))


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Door:
    return Door(tmp_path_factory.mktemp("door"))


def header(value: str | bytes) -> tuple[tuple[str, str | bytes], ...]:
    return (("user-agent", "test"), ("authorization", value))


def refused(
    authenticator: Authenticator, metadata: tuple[tuple[str, str | bytes], ...], peer: PeerIdentity | None = None
) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as caught:
        authenticator.identify(metadata, NOW, peer)
    return caught.value


def test_a_token_or_an_api_key_says_who_asks(door: Door) -> None:
    for credential in (door.token, door.api_key):
        assert door.authenticator.identify(header(f"Bearer {credential}"), NOW, None) == ADA


def test_no_credential_is_told_what_to_send(door: Door) -> None:
    error = refused(door.authenticator, ())
    assert error.reason == "CREDENTIAL_MISSING"
    assert "authorization: Bearer" in error.message


@pytest.mark.parametrize(
    "form", ["{}", "bearer {}", "Bearer{}", "Bearer  {}", " Bearer {}", "Basic {}", "Bearer {} ", ""]
)
def test_another_form_of_the_header_is_refused_and_not_repeated(door: Door, form: str) -> None:
    error = refused(door.authenticator, header(form.format(door.token)))
    assert error.reason == "CREDENTIAL_INVALID"
    assert door.token not in error.message


def test_a_header_of_bytes_or_a_second_header_is_refused(door: Door) -> None:
    good = f"Bearer {door.token}"
    assert refused(door.authenticator, header(good.encode())).reason == "CREDENTIAL_INVALID"
    assert "more than one" in refused(door.authenticator, header(good) + header(good)).message


def test_a_certificate_that_the_options_name_says_who_asks(door: Door) -> None:
    peer = PeerIdentity(("dns:loader.charite", "uri:spiffe://charite/loader", "dns:unknown"))
    assert door.authenticator.identify((), NOW, peer) == LOADER


def test_a_certificate_that_the_options_do_not_name_is_no_credential(door: Door) -> None:
    assert refused(door.authenticator, (), PeerIdentity(("cn:loader.charite",))).reason == "CREDENTIAL_MISSING"


def test_a_certificate_with_the_names_of_two_principals_is_refused(door: Door) -> None:
    peer = PeerIdentity(("dns:loader.charite", "dns:other.charite"))
    assert "more than one principal" in refused(door.authenticator, (), peer).message


def test_a_header_counts_before_a_certificate_even_where_it_is_wrong(door: Door) -> None:
    peer = PeerIdentity(("dns:loader.charite",))
    assert door.authenticator.identify(header(f"Bearer {door.token}"), NOW, peer) == ADA
    refused(door.authenticator, header("Bearer nonsense"), peer)


def test_what_the_options_leave_out_is_refused(door: Door) -> None:
    nothing = Authenticator(AuthOptions())
    assert "tokens are not accepted" in refused(nothing, header(f"Bearer {door.token}")).message
    assert "API keys are not accepted" in refused(nothing, header(f"Bearer {door.api_key}")).message
    assert refused(nothing, (), PeerIdentity(("dns:loader.charite",))).reason == "CREDENTIAL_MISSING"
