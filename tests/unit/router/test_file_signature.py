"""Whether files have changed."""

from __future__ import annotations

import os
from pathlib import Path

from router.file_signature import file_signature


def test_a_file_that_stays_keeps_its_signature(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("one")
    assert file_signature(file) == file_signature(file)


def test_a_replaced_file_of_the_same_size_and_time_has_another_signature(tmp_path: Path) -> None:
    file, other = tmp_path / "a", tmp_path / "b"
    for each in (file, other):
        each.write_text("one")
        os.utime(each, ns=(1, 1))
    before = file_signature(file)
    other.replace(file)
    assert file_signature(file) != before


def test_one_changed_file_of_several_changes_the_signature(tmp_path: Path) -> None:
    files = [tmp_path / "a", tmp_path / "b"]
    before = file_signature(*files)
    files[1].write_text("now here")
    assert file_signature(*files) != before
