"""API keys as the router checks them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from router.api_key_file import create_api_key, revoke_api_key
from router.api_keys import ApiKeys
from router.call import Principal, Role
from router.errors import Unauthenticated
from router.secret_files import SecretExposed, SecretUnusable

ADA = Principal("ada", "charite", frozenset({Role.ANALYST}))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def refused(keys: ApiKeys, presented: str, now: float) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as caught:
        keys.identify(presented, now)
    assert presented.split("_")[-1] not in caught.value.message
    return caught.value


def test_a_key_says_whose_it_is_until_it_expires(file: Path) -> None:
    key = create_api_key(file, ADA, 100.0, 60.0, os.urandom)
    keys = ApiKeys(file)
    assert keys.identify(key, 159.9) == ADA
    assert refused(keys, key, 160.0).reason == "CREDENTIAL_EXPIRED"


def test_a_revoked_key_is_refused_within_the_second(file: Path) -> None:
    key = create_api_key(file, ADA, 100.0, None, os.urandom)
    keys = ApiKeys(file, recheck_s=1.0)
    assert keys.identify(key, 100.0) == ADA
    revoke_api_key(file, key.split("_")[1], 100.5)
    assert keys.identify(key, 100.9) == ADA
    error = refused(keys, key, 101.0)
    assert (error.reason, error.message) == ("CREDENTIAL_INVALID", "the API key has been revoked")


def test_a_new_key_works_without_a_restart_and_after_the_clock_stepped_back(file: Path) -> None:
    create_api_key(file, ADA, 100.0, None, os.urandom)
    keys = ApiKeys(file)
    refused(keys, f"fdy_{'a' * 16}_{'b' * 52}", 1000.0)
    new = create_api_key(file, ADA, 100.0, None, os.urandom)
    assert keys.identify(new, 500.0) == ADA


def test_the_file_is_not_read_while_it_stays(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = create_api_key(file, ADA, 100.0, None, os.urandom)
    keys = ApiKeys(file)
    monkeypatch.setattr("router.api_keys.read_api_keys", pytest.fail)
    assert keys.identify(key, 200.0) == ADA


@pytest.mark.parametrize("change", [lambda s: s[::-1], lambda s: s.upper(), lambda s: s + "a", lambda s: s[:-1] + "\n"])
def test_a_wrong_secret_is_refused(file: Path, change: object) -> None:
    prefix, key_id, secret = create_api_key(file, ADA, 100.0, None, os.urandom).split("_")
    assert callable(change)
    assert refused(ApiKeys(file), f"{prefix}_{key_id}_{change(secret)}", 100.0).reason == "CREDENTIAL_INVALID"


def test_an_unknown_key_is_refused_even_where_its_secret_hashes_to_nothing(file: Path) -> None:
    secret = create_api_key(file, ADA, 100.0, None, os.urandom).split("_")[2]
    assert refused(ApiKeys(file), f"fdy_{'a' * 16}_{secret}", 100.0).message == "there is no such API key"


def test_a_broken_or_open_file_refuses_every_key_until_it_is_mended(file: Path) -> None:
    key = create_api_key(file, ADA, 100.0, None, os.urandom)
    keys = ApiKeys(file)
    good = file.read_bytes()
    file.write_bytes(b"{")
    for now in (200.0, 200.1):
        with pytest.raises(SecretUnusable):
            keys.identify(key, now)
    file.write_bytes(good + b" ")
    file.chmod(0o644)
    with pytest.raises(SecretExposed):
        keys.identify(key, 200.2)
    file.chmod(0o600)
    assert keys.identify(key, 200.3) == ADA
