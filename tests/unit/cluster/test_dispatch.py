"""The endpoint table's file."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from cluster.dispatch import Endpoint, Table, watch

FIRST = Table("n", {"echo": (Endpoint("a", "n", "/a"), Endpoint("b", "m", host="h", port=1)), "asleep": ()})
SECOND = Table("n", {"echo": ()})


def test_a_table_is_written_for_this_user_alone_and_read_again(tmp_path: Path) -> None:
    FIRST.write(tmp_path / "table.json")
    assert Table.read(tmp_path / "table.json") == FIRST
    assert (tmp_path / "table.json").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["table.json"]


def test_a_reader_keeps_the_whole_table_that_it_opened(tmp_path: Path) -> None:
    FIRST.write(tmp_path / "table.json")
    with (tmp_path / "table.json").open("rb") as opened:
        SECOND.write(tmp_path / "table.json")
        assert msgspec.json.decode(opened.read(), type=Table) == FIRST


async def test_a_watcher_is_told_of_the_first_table_and_of_each_that_replaces_it(tmp_path: Path) -> None:
    told: asyncio.Queue[Table] = asyncio.Queue()
    watching = asyncio.create_task(watch(tmp_path / "table.json", told.put_nowait, interval_s=0.002))
    await asyncio.sleep(0.01)
    assert told.empty()
    async with asyncio.timeout(5.0):
        for table in (FIRST, SECOND, SECOND, FIRST):  # the same again is a new table: its writer may have restarted
            table.write(tmp_path / "table.json")
            assert await told.get() == table
    (tmp_path / "table.json").unlink()
    await asyncio.sleep(0.01)
    assert told.empty()
    SECOND.write(tmp_path / "table.json")
    async with asyncio.timeout(5.0):
        assert await told.get() == SECOND
    watching.cancel()


async def test_a_table_that_cannot_be_read_ends_the_watcher(tmp_path: Path) -> None:
    (tmp_path / "table.json").write_bytes(b"{")
    with pytest.raises(msgspec.DecodeError):
        async with asyncio.timeout(5.0):
            await watch(tmp_path / "table.json", lambda table: None)
