"""The file of API keys."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from router.api_key_file import create_api_key, hash_of, read_api_keys, revoke_api_key
from router.call import Principal, Role
from router.secret_files import SecretUnusable, create_secret, replace_secret

ADA = Principal("ada", "charite", frozenset({Role.ANALYST}))


def test_the_file_holds_the_hash_and_not_the_secret(tmp_path: Path) -> None:
    key = create_api_key(tmp_path / "keys", ADA, now=100.0, ttl_s=60.0, random_bytes=os.urandom)
    prefix, key_id, secret = key.split("_")
    entry = read_api_keys(tmp_path / "keys")[key_id]
    assert prefix == "fdy"
    assert (entry.principal, entry.created, entry.expires, entry.revoked) == (ADA, 100.0, 160.0, None)
    assert entry.sha256 == hash_of(secret)
    assert secret not in (tmp_path / "keys").read_text()


def test_a_revoked_key_stays_in_the_file_with_the_time_of_its_first_revocation(tmp_path: Path) -> None:
    key_id = create_api_key(tmp_path / "keys", ADA, 100.0, None, os.urandom).split("_")[1]
    revoke_api_key(tmp_path / "keys", key_id, 200.0)
    revoke_api_key(tmp_path / "keys", key_id, 300.0)
    assert read_api_keys(tmp_path / "keys")[key_id].revoked == 200.0


def test_a_key_that_is_not_there_cannot_be_revoked(tmp_path: Path) -> None:
    create_api_key(tmp_path / "keys", ADA, 100.0, None, os.urandom)
    with pytest.raises(KeyError):
        revoke_api_key(tmp_path / "keys", "nobody", 200.0)


@pytest.mark.parametrize("ttl_s", [0.0, -1.0, float("inf"), float("nan")])
def test_a_key_that_never_lives_or_dies_by_mistake_is_not_made(tmp_path: Path, ttl_s: float) -> None:
    with pytest.raises(ValueError, match="some time"):
        create_api_key(tmp_path / "keys", ADA, 100.0, ttl_s, os.urandom)


def test_a_principal_that_no_router_would_take_gets_no_key(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="tenant"):
        create_api_key(tmp_path / "keys", Principal("ada", "a/b", frozenset()), 100.0, None, os.urandom)
    assert not (tmp_path / "keys").exists()


GOOD = (
    '"sha256": "'
    + "0" * 64
    + '", "sub": "a", "tenant": "t", "roles": [], "created": 1, "expires": null, "revoked": null'
)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"keys": []}',
        '{"keys": {"a": 1}}',
        '{"keys": {"a": {}}}',
        '{"keys": {"a": {' + GOOD.replace("0" * 64, "00") + "}}}",
        '{"keys": {"a": {' + GOOD.replace('"expires": null', '"expires": "never"') + "}}}",
        '{"keys": {"a": {' + GOOD.replace('"expires": null', '"expires": 1e999') + "}}}",
        '{"keys": {"a": {' + GOOD.replace('"created": 1', '"created": 1' + "0" * 400) + "}}}",
        '{"keys": {"a": {' + GOOD.replace('"created": 1', '"created": null') + "}}}",
        '{"keys": {"a": {' + GOOD.replace('"roles": []', '"roles": ["root"]') + "}}}",
        '{"keys": {"a": {' + GOOD.replace(', "revoked": null', "") + "}}}",
        "[" * 100_000,
    ],
)
def test_anything_but_a_file_of_keys_is_refused_whole(tmp_path: Path, content: str) -> None:
    create_secret(tmp_path / "keys", content.encode())
    with pytest.raises(SecretUnusable, match="not a file of API keys"):
        read_api_keys(tmp_path / "keys")


def test_a_file_that_a_person_wrote_is_read(tmp_path: Path) -> None:
    replace_secret(tmp_path / "keys", ('{"keys": {"a": {' + GOOD + "}}}").encode())
    assert read_api_keys(tmp_path / "keys")["a"].principal == Principal("a", "t", frozenset())


CREATE = """
import os, sys
from pathlib import Path
from router.api_key_file import create_api_key
from router.call import Principal
for _ in range(5):
    create_api_key(Path(sys.argv[1]), Principal("ada", "charite", frozenset()), 0.0, None, os.urandom)
"""


def test_commands_at_the_same_time_lose_no_key(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", CREATE, str(tmp_path / "keys")]
    for process in [subprocess.Popen(command, env=environment) for _ in range(3)]:
        assert process.wait(60) == 0
    assert len(read_api_keys(tmp_path / "keys")) == 15
