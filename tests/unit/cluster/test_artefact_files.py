"""Artefacts on a disk that somebody else may write to, and those that come with the system."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.artefact_files import ArtefactFiles
from cluster.shipped_artefacts import WithShipped
from models.artefacts import Channels
from models.base import Refusal

NAME = "charite/flow"


@pytest.fixture
def files(tmp_path: Path) -> ArtefactFiles:
    store = ArtefactFiles(tmp_path, 1 << 20)
    store.publish(NAME, b"weights", "ada")
    return store


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def test_content_that_was_changed_is_refused(files: ArtefactFiles, tmp_path: Path) -> None:
    only(tmp_path, "*/flow/content/*").write_bytes(b"w3ights")
    with pytest.raises(Refusal) as refused:
        files.read(NAME, 1)
    assert refused.value.reason == "UNREADABLE_ARTEFACT"


@pytest.mark.parametrize("record", [b"", b"{}", b'{"number":2,"digest":"x","size_bytes":7,"created":0}'])
def test_a_record_that_was_changed_is_refused(files: ArtefactFiles, tmp_path: Path, record: bytes) -> None:
    only(tmp_path, "*/flow/versions/1").write_bytes(record)
    with pytest.raises(Refusal) as refused:
        files.read(NAME, 1)
    assert refused.value.reason in {"UNREADABLE_ARTEFACT", "UNKNOWN_ARTEFACT"}


def test_a_record_leads_to_no_other_file(files: ArtefactFiles, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    record = only(tmp_path, "*/flow/versions/1")
    record.write_bytes(b'{"number":1,"digest":"../../../secret","size_bytes":6,"created":0}')
    with pytest.raises(Refusal) as refused:
        files.read(NAME, 1)
    assert refused.value.reason == "UNKNOWN_ARTEFACT"


def test_what_a_crash_left_half_written_is_no_version(files: ArtefactFiles, tmp_path: Path) -> None:
    (only(tmp_path, "*/flow/versions") / ".2.0123").write_bytes(b"{")
    assert [version.number for version in files.versions(NAME)] == [1]
    assert files.publish(NAME, b"more", "ada").number == 2


def test_only_this_user_may_read_it(files: ArtefactFiles, tmp_path: Path) -> None:
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.rglob("*"))


def test_nothing_is_left_beside_what_was_published(files: ArtefactFiles, tmp_path: Path) -> None:
    files.point(NAME, Channels(1))
    assert list(tmp_path.rglob(".*")) == []


class TestShipped:
    @pytest.fixture
    def store(self, files: ArtefactFiles, tmp_path: Path) -> WithShipped:
        shipped = tmp_path / "shipped"
        shipped.mkdir()
        (shipped / "darcy.safetensors").write_bytes(b"shipped")
        return WithShipped(files, shipped)

    def test_they_are_public_and_of_one_version(self, store: WithShipped) -> None:
        assert list(store.names("faraday")) == ["faraday/darcy"]
        assert [version.number for version in store.versions("faraday/darcy")] == [1]
        assert store.read("faraday/darcy", 1) == b"shipped"
        assert store.channels("faraday/darcy") == Channels(1)

    def test_others_are_refused(self, store: WithShipped) -> None:
        for name, number in (("faraday/other", 1), ("faraday/darcy", 2)):
            with pytest.raises(Refusal) as refused:
                store.read(name, number)
            assert refused.value.reason == "UNKNOWN_ARTEFACT"

    def test_beside_them_is_what_was_published(self, store: WithShipped) -> None:
        assert store.read(NAME, 1) == b"weights"
