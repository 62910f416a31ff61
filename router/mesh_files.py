"""Meshes that tenants have sent, as files: named by their content, and mapped into memory where they are used.

A file is a header of five whole numbers (a mark, and the shapes of nodes and cells), then both arrays as they are. It
is written beside its place, flushed and renamed, so that it is whole or not there. All workers of a host share them.

Each tenant has a folder of its own, named by a digest of the tenant's name, which may hold any letters. Nothing is
shared among tenants, equal meshes neither: neither time nor room tells whether somebody else has sent a mesh.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.base import Array
from models.fem.retained import digest
from router.errors import Malformed, TooLarge, UnknownMesh

_MESH_ID = re.compile(r"[0-9a-f]{64}")
_MARK = int.from_bytes(b"fmesh001", "little")
_HEADER = np.dtype("<i8")
_HEADER_COUNT = 5
_BLOCK = 4096  # what a file takes at least, so that the room also limits how many there are


@dataclass(frozen=True, eq=False)
class KeptMesh:
    """Read-only arrays over the file's own pages: equal meshes in flight take memory once."""

    nodes: Array  # float64 (nodes, axes)
    cells: Array  # int64 (cells, corners)
    size_bytes: int  # of the tenant's room

    @property
    def arrays(self) -> Mapping[str, Array]:
        return {"nodes": self.nodes, "cells": self.cells}


def mesh_id_of(nodes: Array, cells: Array) -> str:
    return digest("mesh", nodes, cells).hex()


def size_of(nodes: Array, cells: Array) -> int:
    """What a mesh takes of its tenant's room: whole blocks."""
    taken = _HEADER_COUNT * _HEADER.itemsize + nodes.nbytes + cells.nbytes
    return -(-taken // _BLOCK) * _BLOCK


class MeshFiles:
    """Below `folder`, at most `limit_bytes` for each tenant. `unix_time` tells which mesh was used last."""

    def __init__(self, folder: Path, limit_bytes: int, unix_time: Callable[[], float]) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._unix_time = unix_time

    def put(self, tenant: str, nodes: Array, cells: Array) -> str:
        """Keep a checked mesh; returns its id. The least recently used ones go where there is no room.

        Writes and flushes: not for an event loop. Raises TooLarge where it is larger than all the room.
        """
        size = self.check_room(nodes, cells)
        mesh_id = mesh_id_of(nodes, cells)
        folder = self._of(tenant)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(folder):
            if not self._used(folder / mesh_id):
                _make_room(folder, self._limit - size)
                _write(folder / mesh_id, nodes, cells)
                self._used(folder / mesh_id)
        return mesh_id

    def check_room(self, nodes: Array, cells: Array) -> int:
        """The size of the mesh; raises TooLarge."""
        size = size_of(nodes, cells)
        if size > self._limit:
            details = {"got_bytes": str(size), "limit_bytes": str(self._limit)}
            raise TooLarge(f"the mesh takes {size} bytes, and a tenant has room for {self._limit}", details)
        return size

    def get(self, tenant: str, mesh_id: str, field: str) -> KeptMesh:
        """The mesh of this id, which `field` of a request names; from now on the last used. Only maps its file: what is
        looked at later is read then. Raises Malformed where it is no id, and UnknownMesh."""
        if not _MESH_ID.fullmatch(mesh_id):
            raise Malformed("is not the id of a mesh: 64 lower-case hexadecimal digits, as CreateMesh gives it", field)
        path = self._of(tenant) / mesh_id
        try:
            mesh = _mapped(path)
        except FileNotFoundError:
            message = "this mesh is not kept here, or no longer; send it with CreateMesh"
            raise UnknownMesh(message, {"mesh_id": mesh_id, "field": field}) from None
        self._used(path)
        return mesh

    def _of(self, tenant: str) -> Path:
        return self._folder / hashlib.blake2b(tenant.encode(), digest_size=16).hexdigest()

    def _used(self, path: Path) -> bool:
        """Note that it is used now; False where it is not there."""
        now = self._unix_time()
        try:
            os.utime(path, (now, now))
        except FileNotFoundError:
            return False
        return True


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other worker changes the folder meanwhile; the kernel ends it where a worker dies."""
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _make_room(folder: Path, left_bytes: int) -> None:
    """Let the least recently used go until the others take at most `left_bytes`; and what a crash left half-written."""
    kept = []
    for entry in folder.iterdir():
        if entry.suffix == ".new":
            entry.unlink()
        elif _MESH_ID.fullmatch(entry.name):
            found = entry.stat()
            kept.append((found.st_mtime, -(-found.st_size // _BLOCK) * _BLOCK, entry))
    kept.sort()
    taken = sum(size for _, size, _ in kept)
    for _, size, entry in kept:
        if taken <= left_bytes:
            return
        entry.unlink()
        taken -= size


def _write(path: Path, nodes: Array, cells: Array) -> None:
    fresh = path.with_suffix(".new")
    header = np.array([_MARK, *nodes.shape, *cells.shape], _HEADER)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
        for array in (header, nodes.astype("<f8", copy=False), cells.astype("<i8", copy=False)):
            file.write(np.ascontiguousarray(array).data)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def _mapped(path: Path) -> KeptMesh:
    """Raises FileNotFoundError; ValueError where the file is damaged, which is no fault of the request's."""
    with path.open("rb") as file:
        held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # lives as long as an array over it
    mark, node_count, axes, cell_count, corners = np.frombuffer(held, _HEADER, _HEADER_COUNT).tolist()
    start = _HEADER_COUNT * _HEADER.itemsize
    end = start + 8 * node_count * axes
    if mark != _MARK or len(held) != end + 8 * cell_count * corners:
        raise ValueError(f"{path} is damaged: remove it")
    nodes = np.frombuffer(held, "<f8", node_count * axes, start).reshape(node_count, axes)
    cells = np.frombuffer(held, "<i8", cell_count * corners, end).reshape(cell_count, corners)
    return KeptMesh(nodes, cells, size_of(nodes, cells))
