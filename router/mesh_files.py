"""Meshes that tenants have sent, as files: named by their content, and mapped into memory where they are used.

A file is a header (a mark, its own size, JSON), then the arrays as they are. It is written beside its place, flushed
and renamed, so that it is whole or not there. All workers of a host share them.

Each tenant has a folder of its own, named by a digest of the tenant's name, which may hold any letters. Nothing is
shared among tenants, equal meshes neither: neither time nor room tells whether somebody else has sent a mesh.
"""

from __future__ import annotations

import fcntl
import hashlib
import math
import mmap
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from models.base import Array
from models.fem.own_mesh import OwnMesh
from models.fem.retained import digest
from router.errors import Malformed, TooLarge, UnknownMesh

_MESH_ID = re.compile(r"[0-9a-f]{64}")
_MARK = b"fmesh001"
_ALIGNED = 64  # bytes: the header ends there, so that every array begins at a whole element
_BLOCK = 4096  # what a file takes at least, so that the room also limits how many there are
_ARRAYS = ("nodes", "cells", "boundary_facets", "boundary_labels")


class _Header(msgspec.Struct, frozen=True):
    cell_kind: str
    boundary_names: str
    arrays: tuple[tuple[str, str, tuple[int, ...]], ...]  # name, dtype, shape


@dataclass(frozen=True, eq=False)
class KeptMesh:
    """Its arrays are read-only, over the file's own pages: equal meshes in flight take memory once."""

    mesh: OwnMesh
    size_bytes: int  # of the tenant's room


def mesh_id_of(mesh: OwnMesh) -> str:
    return digest("mesh", mesh.cell_kind, mesh.boundary_names, *(getattr(mesh, name) for name in _ARRAYS)).hex()


def size_of(mesh: OwnMesh) -> int:
    """What a mesh takes of its tenant's room: whole blocks."""
    return _in_blocks(len(_header(mesh)) + sum(array.nbytes for array in _arrays(mesh).values()))


class MeshFiles:
    """Below `folder`, at most `limit_bytes` for each tenant. `unix_time` tells which mesh was used last."""

    def __init__(self, folder: Path, limit_bytes: int, unix_time: Callable[[], float]) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._unix_time = unix_time

    def put(self, tenant: str, mesh: OwnMesh) -> str:
        """Keep a checked mesh; returns its id. The least recently used ones go where there is no room.

        Writes and flushes: not for an event loop. Raises TooLarge where it is larger than all the room.
        """
        size = self.check_room(mesh)
        mesh_id = mesh_id_of(mesh)
        folder = self._of(tenant)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(folder):
            if not self._used(folder / mesh_id):
                _make_room(folder, self._limit - size)
                _write(folder / mesh_id, mesh)
                self._used(folder / mesh_id)
        return mesh_id

    def check_room(self, mesh: OwnMesh) -> int:
        """The size of the mesh; raises TooLarge."""
        size = size_of(mesh)
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
            kept.append((found.st_mtime, _in_blocks(found.st_size), entry))
    kept.sort()
    taken = sum(size for _, size, _ in kept)
    for _, size, entry in kept:
        if taken <= left_bytes:
            return
        entry.unlink()
        taken -= size


def _write(path: Path, mesh: OwnMesh) -> None:
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(_header(mesh))
        for array in _arrays(mesh).values():
            file.write(array.data)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def _header(mesh: OwnMesh) -> bytes:
    described = tuple((name, array.dtype.str, array.shape) for name, array in _arrays(mesh).items())
    text = msgspec.json.encode(_Header(mesh.cell_kind, mesh.boundary_names, described))
    text = text.ljust(-(-(len(text) + 16) // _ALIGNED) * _ALIGNED - 16)
    return _MARK + len(text).to_bytes(8, "little") + text


def _arrays(mesh: OwnMesh) -> dict[str, Array]:
    """Those that are there, as a file has them."""
    present = {name: getattr(mesh, name) for name in _ARRAYS if getattr(mesh, name) is not None}
    return {name: np.ascontiguousarray(array, array.dtype.newbyteorder("<")) for name, array in present.items()}


def _mapped(path: Path) -> KeptMesh:
    """Raises FileNotFoundError; ValueError where the file is damaged, which is no fault of the request's."""
    with path.open("rb") as file:
        held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # lives as long as an array over it
    start = 16 + int.from_bytes(held[8:16], "little")
    if held[:8] != _MARK or start > len(held):
        raise ValueError(f"{path} is damaged: remove it")
    header = msgspec.json.decode(held[16:start], type=_Header)
    fields: dict[str, Any] = {"cell_kind": header.cell_kind, "boundary_names": header.boundary_names}
    for name, dtype, shape in header.arrays:
        count = math.prod(shape)
        fields[name] = np.frombuffer(held, dtype, count, start).reshape(shape)
        start += fields[name].nbytes
    return KeptMesh(OwnMesh(shape="own", **fields), _in_blocks(len(held)))


def _in_blocks(size_bytes: int) -> int:
    return -(-size_bytes // _BLOCK) * _BLOCK
