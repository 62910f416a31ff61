"""Kept records on a disk that somebody else may write to, or that has no room."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.kept_files import KeptFiles
from models.kept import Room

NAME, DIGEST = "charite/flow", "ab" * 32


@pytest.fixture
def kept(tmp_path: Path) -> KeptFiles:
    made = KeptFiles(tmp_path, lambda: 1000.0, Room())
    assert made.keep(NAME, {DIGEST: b"content"}) == {DIGEST}
    return made


def file(tmp_path: Path) -> Path:
    (found,) = tmp_path.glob(f"*/flow/candidates/{DIGEST}")
    return found


@pytest.mark.parametrize("damage", [b"", b"short", b"\0" * 60])
def test_what_is_not_what_was_kept_is_not_read(kept: KeptFiles, tmp_path: Path, damage: bytes) -> None:
    file(tmp_path).write_bytes(damage)
    assert kept.read(NAME, DIGEST) is None


def test_only_the_owner_of_the_process_may_read_it_and_its_time_is_the_clock_s(kept: KeptFiles, tmp_path: Path) -> None:
    assert file(tmp_path).stat().st_mode & 0o077 == 0
    assert kept.entries(NAME)[0].created_ns == 1000 * 10**9


def test_what_cannot_be_written_is_not_kept_and_leaves_nothing(kept: KeptFiles, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"no folder")
    full = KeptFiles(tmp_path / "elsewhere", lambda: 1000.0, Room())
    assert full.keep(NAME, {DIGEST: b"content"}) == frozenset()
    assert [path.name for path in file(tmp_path).parent.iterdir()] == [DIGEST]


def test_what_is_no_digest_names_no_file(kept: KeptFiles) -> None:
    for digest in ("../../x", "ab", "AB" * 32):
        with pytest.raises(ValueError, match="SHA-256"):
            kept.read(NAME, digest)
