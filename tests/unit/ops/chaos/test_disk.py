"""The disk keeps what was flushed, and of the rest nothing can be relied upon."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ops.chaos.disk import SECTOR, Disk

SEEDS = range(60)  # enough for each outcome that is wanted, at the odds of the model, and always the same


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """As a process that flushes names it: by its descriptor."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def flush(disk: Disk, path: Path) -> None:
    with opened(path) as link:
        disk.flush(link)


def after_loss(folder: Path, work: Callable[[Path, Disk], None], seed: int) -> dict[str, bytes]:
    """What is found of a folder that began with `old`, was worked in, and lost power."""
    place = folder / f"{seed}"
    place.mkdir()
    (place / "old").write_bytes(b"o" * 3 * SECTOR)
    with closing(Disk(place)) as disk:
        work(place, disk)
        disk.lose_power(random.Random(seed))
    return {path.name: path.read_bytes() for path in place.iterdir()}


def outcomes(folder: Path, work: Callable[[Path, Disk], None]) -> list[dict[str, bytes]]:
    return [after_loss(folder, work, seed) for seed in SEEDS]


def test_what_is_there_at_first_is_durable(tmp_path: Path) -> None:
    assert all(found == {"old": b"o" * 3 * SECTOR} for found in outcomes(tmp_path, lambda place, disk: None))


def test_flushed_bytes_under_a_flushed_name_always_survive(tmp_path: Path) -> None:
    def work(place: Path, disk: Disk) -> None:
        (place / "new").write_bytes(b"n" * 5000)
        (place / "old").write_bytes(b"changed")
        for path in (place / "new", place / "old", place):
            flush(disk, path)

    assert all(found == {"new": b"n" * 5000, "old": b"changed"} for found in outcomes(tmp_path, work))


def test_unflushed_bytes_are_dropped_kept_or_torn_by_the_sector(tmp_path: Path) -> None:
    def work(place: Path, disk: Disk) -> None:
        (place / "old").write_bytes(b"n" * 6 * SECTOR)

    found = [each["old"] for each in outcomes(tmp_path, work)]
    assert b"o" * 3 * SECTOR in found and b"n" * 6 * SECTOR in found
    for content in found:
        assert 3 * SECTOR <= len(content) <= 6 * SECTOR
        sectors = [content[start : start + SECTOR] for start in range(0, len(content), SECTOR)]
        assert all(len(set(sector)) == 1 for sector in sectors)  # none of them is torn itself
        assert {sector[:1] for sector in sectors[:3]} <= {b"o", b"n"}
        assert {sector[:1] for sector in sectors[3:]} <= {b"\0", b"n"}
    assert any(b"o" in content and b"n" in content for content in found)


def test_what_was_flushed_once_survives_though_it_was_written_to_again(tmp_path: Path) -> None:
    def work(place: Path, disk: Disk) -> None:
        with (place / "old").open("ab") as file:
            file.write(b"1" * SECTOR)
            file.flush()
            flush(disk, place / "old")
            file.write(b"2" * SECTOR)

    for found in outcomes(tmp_path, work):
        assert found["old"].startswith(b"o" * 3 * SECTOR + b"1" * SECTOR)


def test_a_new_name_may_be_lost_though_its_bytes_were_flushed(tmp_path: Path) -> None:
    def work(place: Path, disk: Disk) -> None:
        (place / "new").write_bytes(b"new")
        flush(disk, place / "new")

    assert {found.get("new") for found in outcomes(tmp_path, work)} == {None, b"new"}


def test_a_flushed_name_may_hold_nothing_yet(tmp_path: Path) -> None:
    def work(place: Path, disk: Disk) -> None:
        (place / "new").write_bytes(b"new")
        flush(disk, place)

    assert b"" in {found["new"] for found in outcomes(tmp_path, work)}


def test_a_removed_file_may_come_back_as_it_was_flushed_last(tmp_path: Path) -> None:
    def work(place: Path, disk: Disk) -> None:
        (place / "old").unlink()

    found = [each.get("old") for each in outcomes(tmp_path, work)]
    assert set(found) == {None, b"o" * 3 * SECTOR}


def test_a_rename_happened_wholly_or_not_at_all(tmp_path: Path) -> None:
    def work(place: Path, disk: Disk) -> None:
        (place / "new").write_bytes(b"new")
        flush(disk, place / "new")
        flush(disk, place)
        (place / "new").rename(place / "old")

    before, after = {"new": b"new", "old": b"o" * 3 * SECTOR}, {"old": b"new"}
    found = outcomes(tmp_path, work)
    assert before in found and after in found
    assert all(each in (before, after) for each in found)


def test_a_new_file_never_inherits_the_bytes_of_one_that_was_removed(tmp_path: Path) -> None:
    """Even where the file system gives it the same inode."""

    def work(place: Path, disk: Disk) -> None:
        (place / "old").unlink()
        flush(disk, place)
        (place / "new").write_bytes(b"n" * SECTOR)
        flush(disk, place)

    assert all(b"o" not in found["new"] for found in outcomes(tmp_path, work))


def test_flushes_elsewhere_have_no_effect(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"other")

    def work(place: Path, disk: Disk) -> None:
        flush(disk, other)
        flush(disk, tmp_path)

    assert all(set(found) == {"old"} for found in outcomes(tmp_path, work))
    assert other.read_bytes() == b"other"


def test_it_says_how_many_files_are_not_what_they_were(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"kept")
    counts = set()
    for seed in SEEDS:
        with closing(Disk(tmp_path)) as disk:
            (tmp_path / "new").write_bytes(b"new")
            flush(disk, tmp_path / "new")
            counts.add((disk.lose_power(random.Random(seed)), (tmp_path / "new").exists()))
        (tmp_path / "new").unlink(missing_ok=True)
    assert counts == {(0, True), (1, False)}


@pytest.mark.parametrize("gone", ["/proc/self/fd/1000000", "/proc/self/fd/nonsense"])
def test_a_file_that_is_gone_is_no_error(tmp_path: Path, gone: str) -> None:
    with closing(Disk(tmp_path)) as disk:
        disk.flush(Path(gone))
