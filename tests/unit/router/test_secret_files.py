"""Secrets on disk."""

from __future__ import annotations

import pickle
import stat
from pathlib import Path

import pytest

from router.secret_files import SecretExposed, SecretUnusable, create_secret, read_secret, replace_secret


def test_what_is_written_is_read_and_open_to_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "key"
    create_secret(file, b"abc")
    assert read_secret(file) == b"abc"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_file_open_to_others_is_refused_with_the_command_that_mends_it(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "key"
    create_secret(file, b"abc")
    file.chmod(mode)
    with pytest.raises(SecretExposed, match=rf"chmod 600 {file}") as caught:
        read_secret(file)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SecretUnusable, match="absent: No such file") as caught:
        read_secret(tmp_path / "absent")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_secret_is_never_created_over_another(tmp_path: Path) -> None:
    create_secret(tmp_path / "key", b"first")
    with pytest.raises(FileExistsError):
        create_secret(tmp_path / "key", b"second")
    assert read_secret(tmp_path / "key") == b"first"


def test_a_secret_is_replaced_whole_even_after_a_crash_left_a_draft(tmp_path: Path) -> None:
    create_secret(tmp_path / "key", b"first")
    (tmp_path / "key.new").write_bytes(b"half")
    replace_secret(tmp_path / "key", b"second")
    assert read_secret(tmp_path / "key") == b"second"
    assert [file.name for file in tmp_path.iterdir()] == ["key"]
