"""A disk that loses what was not flushed, as a model over a folder.

Durable are: the bytes that a file had when it was last flushed, under the names that its folder had when *it* was last
flushed. All else may or may not have got there when the power goes, by the sector: of a file each sector is as it was
or as it is, its end is anywhere between, and what was never written reads as zeros (Pillai et al. 2014, "All File
Systems Are Not Created Equal", OSDI). A rename happened wholly or not at all, as on every journalling file system.
A sector does not tear, which PostgreSQL's control file relies on. Folders themselves are made before and stay.
"""

from __future__ import annotations

import os
import random
import stat
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

SECTOR = 512  # bytes

Names = dict[Path, int]  # to inodes


class Disk:
    """All below `folder`, which is durable as it is now. Tell it of every flush, and in the end lose the power."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._held: dict[int, int] = {}  # a descriptor for each inode: while it is held no other file is given it
        self._names = self._listed()
        self._bytes: dict[int, bytes] = {}  # durable, by inode; of a file that was never flushed there are none
        for path in self._names:
            self._flush_bytes(path)

    def close(self) -> None:
        for descriptor in self._held.values():
            os.close(descriptor)
        self._held.clear()

    def flush(self, file: Path) -> None:
        """What stands behind this link has been flushed; nothing where it lies elsewhere, or is gone."""
        with suppress(FileNotFoundError, NotADirectoryError):
            found = file.readlink()
            if not found.is_relative_to(self._folder):
                return
            if stat.S_ISDIR(file.stat().st_mode):
                kept = {path: inode for path, inode in self._names.items() if path.parent != found}
                self._names = kept | self._listed_in(found)
            else:
                self._flush_bytes(file)

    def lose_power(self, rng: random.Random) -> int:
        """Make the folder what is found afterwards; returns how many of its files are not what was there before.

        Call it when no process uses the folder any more, and then close this disk: what was found is durable.
        """
        live = self._listed()
        now = {inode: path.read_bytes() for path, inode in live.items()}
        found = {}
        for path, inode in self._surviving(live, rng).items():
            before = self._bytes.get(inode, b"")
            found[path] = _torn(before, now.get(inode, before), rng)
        for path in live.keys() - found.keys():
            path.unlink()
        changed = [path for path, content in found.items() if path not in live or now[live[path]] != content]
        for path in changed:
            _write(path, found[path])
        return len(changed) + len(live.keys() - found.keys())

    def _surviving(self, live: Names, rng: random.Random) -> Names:
        """The durable names with some of what was done to them since."""
        names = dict(self._names)
        for group in _linked(self._names, live):
            if rng.random() < 0.5:
                for path in group:
                    names.pop(path, None)
                    if path in live:
                        names[path] = live[path]
        return names

    def _flush_bytes(self, file: Path) -> None:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        inode = os.fstat(descriptor).st_ino
        with open(descriptor, "rb", closefd=False) as opened:
            self._bytes[inode] = opened.read()
        if inode in self._held:
            os.close(descriptor)
        else:
            self._held[inode] = descriptor

    def _listed(self) -> Names:
        return {path: path.stat().st_ino for path in self._folder.rglob("*") if path.is_file()}

    def _listed_in(self, folder: Path) -> Names:
        return {path: path.stat().st_ino for path in folder.iterdir() if path.is_file()}


def _write(path: Path, content: bytes) -> None:
    """A name that comes back belongs to whoever its folder belongs to."""
    if not path.exists():
        path.touch(mode=0o600)
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
    path.write_bytes(content)


def _linked(before: Names, now: Names) -> Iterator[set[Path]]:
    """Changed names in groups that share a file: the two names of a rename, and what it replaced."""
    changed = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
    by_inode: dict[int, set[Path]] = defaultdict(set)
    for path in changed:
        for names in (before, now):
            if path in names:
                by_inode[names[path]].add(path)
    while changed:
        group, grown = set(), {min(changed)}
        while grown:
            group |= grown
            inodes = {names[path] for path in grown for names in (before, now) if path in names}
            grown = set().union(*(by_inode[inode] for inode in inodes)) - group
        changed -= group
        yield group


def _torn(before: bytes, now: bytes, rng: random.Random) -> bytes:
    """One file after the loss: as flushed, as it was last, or sector by sector."""
    if before == now:
        return now
    kind = rng.random()
    if kind < 0.4:
        return before
    if kind < 0.5:
        return now
    ends = sorted((len(before), len(now)))
    end = rng.randint(*ends)
    written = rng.random()  # the share of sectors that got there
    sectors = []
    for start in range(0, end, SECTOR):
        source = now if rng.random() < written else before
        sectors.append(source[start : start + SECTOR].ljust(SECTOR, b"\0"))
    return b"".join(sectors)[:end]
