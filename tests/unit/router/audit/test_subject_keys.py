"""Keys of persons, on disk."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from router.audit.errors import SubjectKeyUnusable
from router.audit.subject_keys import MasterKey, SubjectKeys, read_master_key, write_master_key
from router.secret_files import SecretExposed, SecretUnusable


@pytest.fixture
def master(tmp_path: Path) -> MasterKey:
    write_master_key(tmp_path / "master.key", os.urandom)
    return read_master_key(tmp_path / "master.key")


@pytest.fixture
def keys(tmp_path: Path, master: MasterKey) -> SubjectKeys:
    return SubjectKeys(tmp_path / "keys", master, os.urandom)


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "keys").glob("*.key"))


def test_a_person_has_one_key_wherever_it_is_asked_for(tmp_path: Path, master: MasterKey, keys: SubjectKeys) -> None:
    first = keys.of("ada")
    assert keys.of("ada") is first
    again = SubjectKeys(tmp_path / "keys", master, os.urandom)
    assert again.of("ada").id == first.id != again.of("bob").id
    assert again.all().keys() == {first.id, again.of("bob").id}
    sealed = first.cipher.encrypt(bytes(12), b"secret", b"")
    assert again.of("ada").cipher.decrypt(bytes(12), sealed, b"") == b"secret"


def test_a_destroyed_key_is_gone_and_the_next_one_is_another(tmp_path: Path, keys: SubjectKeys) -> None:
    first = keys.of("ada")
    assert keys.condemned("ada") == first.id
    keys.destroy("ada")
    assert keys.condemned("ada") is None
    assert files(tmp_path) == []
    assert keys.of("ada").id != first.id


def test_what_another_process_destroyed_is_not_used(tmp_path: Path, master: MasterKey, keys: SubjectKeys) -> None:
    first = keys.of("ada")
    SubjectKeys(tmp_path / "keys", master, os.urandom).destroy("ada")
    keys.refresh()
    assert keys.of("ada").id != first.id


def test_the_bytes_of_a_destroyed_key_are_overwritten(tmp_path: Path, keys: SubjectKeys) -> None:
    keys.of("ada")
    (file,) = files(tmp_path)
    before = file.read_bytes()
    (tmp_path / "same").hardlink_to(file)  # what was there, as a forensic tool would find it
    keys.destroy("ada")
    after = (tmp_path / "same").read_bytes()
    assert len(after) == len(before)
    assert after != before


def test_a_key_file_opens_for_its_own_person_and_master_key_alone(tmp_path: Path, keys: SubjectKeys) -> None:
    keys.of("ada")
    keys.of("bob")
    one, other = files(tmp_path)
    other.write_bytes(one.read_bytes())
    fresh = SubjectKeys(tmp_path / "keys", read_master_key(tmp_path / "master.key"), os.urandom)
    outcomes = []
    for person in ("ada", "bob"):
        try:
            outcomes.append(fresh.of(person).id in fresh.all())
        except SubjectKeyUnusable:
            outcomes.append(False)
    assert sorted(outcomes) == [False, True]


@pytest.mark.parametrize("content", [b"", b"short", bytes(60)])
def test_a_damaged_key_is_refused_named_and_may_be_destroyed(tmp_path: Path, keys: SubjectKeys, content: bytes) -> None:
    keys.of("ada")
    (file,) = files(tmp_path)
    file.write_bytes(content)
    keys.refresh()
    with pytest.raises(SubjectKeyUnusable, match="damaged"):
        keys.of("ada")
    assert keys.all() == {}
    assert keys.condemned("ada") == b""
    keys.destroy("ada")
    assert keys.condemned("ada") is None


def test_a_key_that_others_can_read_is_refused(tmp_path: Path, keys: SubjectKeys) -> None:
    keys.of("ada")
    (file,) = files(tmp_path)
    file.chmod(0o644)
    os.utime(file, (1, 1))
    keys.refresh()
    with pytest.raises(SubjectKeyUnusable, match="chmod 600"):
        keys.of("ada")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, keys: SubjectKeys) -> None:
    keys.of("ada")
    for file in (tmp_path / "keys").iterdir():
        file.unlink()
    (tmp_path / "keys").rmdir()
    with pytest.raises(SubjectKeyUnusable, match="No such file"):
        keys.of("bob")
    with pytest.raises(SubjectKeyUnusable, match="No such file"):
        keys.destroy("ada")


def test_a_folder_cannot_be_made_below_a_file(tmp_path: Path, master: MasterKey) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SecretUnusable):
        SubjectKeys(tmp_path / "file" / "keys", master, os.urandom)


def test_keys_and_their_folder_are_private(tmp_path: Path, keys: SubjectKeys) -> None:
    keys.of("ada")
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "keys").iterdir()} == {0o600}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_opened_keys_are_dropped_when_the_folder_has_changed(
    tmp_path: Path, master: MasterKey, keys: SubjectKeys
) -> None:
    first = keys.of("ada")
    keys.refresh()
    assert keys.of("ada").id == first.id
    SubjectKeys(tmp_path / "keys", master, os.urandom).of("bob")
    os.utime(tmp_path / "keys", (1, 1))  # whatever the clock's tick
    keys.refresh()
    assert keys.of("ada") is not first
    assert keys.of("ada").id == first.id


def test_a_master_key_is_private_has_its_length_and_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    write_master_key(file, os.urandom)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        write_master_key(file, os.urandom)
    file.chmod(0o640)
    with pytest.raises(SecretExposed):
        read_master_key(file)
    file.chmod(0o600)
    file.write_bytes(b"short")
    with pytest.raises(SecretUnusable, match="5 bytes"):
        read_master_key(file)


def test_no_key_is_shown_when_it_is_printed(master: MasterKey, keys: SubjectKeys) -> None:
    assert repr(master) == "MasterKey()"
    assert "cipher" not in repr(keys.of("ada"))
