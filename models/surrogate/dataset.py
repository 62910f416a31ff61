"""A dataset on the disk of the node that serves it: records, a manifest, and the key of its shards.

    manifest.json   what follows here as `Manifest`
    records.npz     the arrays of `Records`; never pickled
    key             32 bytes, for the owner's eyes: mode 0600

The version is a hash of the content *with the key*. Without one it would be a release of its own: whoever knows all
records but one could try that one until the hash fits.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, fields
from pathlib import Path
from zipfile import BadZipFile

import msgspec
import numpy as np

from models.privacy.ensemble_release import Release
from models.surrogate.records import Records
from models.surrogate.task import CONDUCTIVITY, SOURCE

KEY_BYTES = 32


class DatasetUnusable(Exception):
    """The folder cannot be served. Told to who starts the replica, never to who asks it."""

    def __init__(self, folder: str, problem: str) -> None:
        super().__init__(folder, problem)
        self.folder = folder
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.folder}: {self.problem}"


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str  # "tenant/name", the tenant being the owner
    version: str
    records: int
    release: Release  # what the owner allows: the unit is a part of it
    conductivity: tuple[float, float] = CONDUCTIVITY
    source: tuple[float, float] = SOURCE


@dataclass(frozen=True, eq=False)
class Dataset:
    manifest: Manifest
    records: Records
    key: bytes

    def __post_init__(self) -> None:
        """Raises ValueError. An empty key above all would make the version a plain hash."""
        if len(self.key) != KEY_BYTES:
            raise ValueError(f"the key has {len(self.key)} bytes, not {KEY_BYTES}")
        found = _version(self.records, self.key), len(self.records.clients)
        if (self.manifest.version, self.manifest.records) != found:
            raise ValueError("the records are not those of the manifest: restore them, or write it anew")


def dataset(name: str, release: Release, records: Records, key: bytes) -> Dataset:
    return Dataset(Manifest(name, _version(records, key), len(records.clients), release), records, key)


def write(dataset: Dataset, folder: Path) -> None:
    """Into a new folder, which nobody else may read. Raises FileExistsError."""
    folder.mkdir(mode=0o700, parents=True)
    with open(os.open(folder / "key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
        file.write(dataset.key)
    arrays = {field.name: getattr(dataset.records, field.name) for field in fields(Records)}
    np.savez(folder / "records.npz", **arrays)
    manifest = msgspec.json.format(msgspec.json.encode(dataset.manifest), indent=2)
    (folder / "manifest.json").write_bytes(manifest + b"\n")  # the last: a folder without it is not yet a dataset


def read(folder: Path) -> Dataset:
    """Raises DatasetUnusable where anything is missing, unknown or not as the manifest says."""
    try:
        manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
        key = (folder / "key").read_bytes()
        with (folder / "records.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            records = Records(**{field.name: arrays[field.name] for field in fields(Records)})
        found = Dataset(manifest, records, key)
    except (OSError, msgspec.DecodeError, BadZipFile, KeyError, ValueError, TypeError) as error:
        raise DatasetUnusable(str(folder), f"{type(error).__name__}: {error}") from error
    if (manifest.conductivity, manifest.source) != (CONDUCTIVITY, SOURCE):
        raise DatasetUnusable(str(folder), f"this version serves conductivity {CONDUCTIVITY} and source {SOURCE} only")
    return found


def _version(records: Records, key: bytes) -> str:
    """32 hexadecimal digits. Order of records counts: they are never reordered."""
    digest = hashlib.blake2b(digest_size=16, key=key, person=b"faraday version")
    for field in fields(Records):
        array = getattr(records, field.name)
        digest.update(f"{field.name} {array.dtype.str} {array.shape};".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
