"""A dataset on disk."""

from __future__ import annotations

import stat
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from models.privacy.ensemble_release import Release
from models.surrogate.dataset import Dataset, DatasetUnusable, dataset, read, write
from models.surrogate.demonstration import synthetic
from models.surrogate.records import Records
from tests.unit.models.surrogate.plates import KEY

RELEASE = Release(shards=4, radius=0.05)


@pytest.fixture
def made() -> Dataset:
    return synthetic("demo/plates", RELEASE, 12, np.random.default_rng(1))


def test_what_is_written_is_read(made: Dataset, tmp_path: Path) -> None:
    write(made, tmp_path / "plates")
    found = read(tmp_path / "plates")
    assert (found.manifest, found.key) == (made.manifest, made.key)
    assert (found.manifest.records, found.manifest.release.unit.value) == (12, "client")
    for field in fields(Records):
        assert np.array_equal(getattr(found.records, field.name), getattr(made.records, field.name))


def test_nobody_else_may_read_it(made: Dataset, tmp_path: Path) -> None:
    write(made, tmp_path / "plates")
    assert stat.S_IMODE((tmp_path / "plates").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "plates" / "key").stat().st_mode) == 0o600


def test_a_dataset_is_never_written_over_another(made: Dataset, tmp_path: Path) -> None:
    write(made, tmp_path / "plates")
    with pytest.raises(FileExistsError):
        write(made, tmp_path / "plates")


def test_the_version_changes_with_every_part_of_the_records_and_with_the_key(made: Dataset) -> None:
    records = made.records
    others = [
        replace(records, clients=np.where(np.arange(12) == 5, b"somebody", records.clients)),
        replace(records, conductivity=np.nextafter(records.conductivity, 3.0)),
        replace(records, source=np.nextafter(records.source, 30.0)),
        replace(records, u=np.nextafter(records.u, 3.0)),
        records.of(np.arange(11)),
        records.of(np.arange(11, -1, -1)),
    ]
    versions = {dataset("demo/plates", RELEASE, each, made.key).manifest.version for each in (records, *others)}
    assert len(versions) == 7
    assert dataset("demo/plates", RELEASE, records, KEY).manifest.version not in versions


def test_records_that_are_not_the_manifest_s_are_refused(made: Dataset, tmp_path: Path) -> None:
    write(made, tmp_path / "plates")
    arrays = {field.name: getattr(made.records, field.name) for field in fields(Records)}
    np.savez(tmp_path / "plates" / "records.npz", **{**arrays, "u": arrays["u"] * 2})
    with pytest.raises(DatasetUnusable, match="not those of the manifest"):
        read(tmp_path / "plates")


def test_nothing_is_unpickled(made: Dataset, tmp_path: Path) -> None:
    write(made, tmp_path / "plates")
    np.savez(tmp_path / "plates" / "records.npz", clients=np.array([object()]))
    with pytest.raises(DatasetUnusable, match="allow_pickle"):
        read(tmp_path / "plates")


@pytest.mark.parametrize("name", ["manifest.json", "key", "records.npz"])
def test_a_missing_part_is_named(made: Dataset, tmp_path: Path, name: str) -> None:
    write(made, tmp_path / "plates")
    (tmp_path / "plates" / name).unlink()
    with pytest.raises(DatasetUnusable, match=name):
        read(tmp_path / "plates")


@pytest.mark.parametrize(
    ("found", "changed", "problem"),
    [
        ('"records": 12', '"records": 13', "not those of the manifest"),
        ('"records": 12', '"records": 12, "colour": "red"', "colour"),
        ('"shards": 4', '"shards": 0', "shards"),
        ('"unit": "client"', '"unit": "family"', "family"),
        ("0.5", "0.25", "serves conductivity"),
    ],
)
def test_a_manifest_that_says_otherwise_is_refused(
    made: Dataset, tmp_path: Path, found: str, changed: str, problem: str
) -> None:
    write(made, tmp_path / "plates")
    manifest = tmp_path / "plates" / "manifest.json"
    text = manifest.read_text()
    assert found in text
    manifest.write_text(text.replace(found, changed))
    with pytest.raises(DatasetUnusable, match=problem):
        read(tmp_path / "plates")


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(100)])
def test_a_key_of_another_length_is_refused_and_an_empty_one_above_all(
    made: Dataset, tmp_path: Path, key: bytes
) -> None:
    write(made, tmp_path / "plates")
    (tmp_path / "plates" / "key").write_bytes(key)
    with pytest.raises(DatasetUnusable, match="the key has"):
        read(tmp_path / "plates")


def test_a_file_that_is_no_archive_is_refused(made: Dataset, tmp_path: Path) -> None:
    write(made, tmp_path / "plates")
    (tmp_path / "plates" / "records.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(DatasetUnusable):
        read(tmp_path / "plates")


@pytest.mark.parametrize(
    "change",
    [
        {"clients": np.array(["a"] * 12)},
        {"source": np.ones(12, dtype=np.float32)},
        {"source": np.ones(11)},
        {"u": np.ones((12, 8))},
    ],
)
def test_records_of_another_shape_or_type_are_none(made: Dataset, change: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match=r"records|clients|measurements"):
        replace(made.records, **change)


def test_the_same_seed_makes_the_same_dataset(made: Dataset) -> None:
    again = synthetic("demo/plates", RELEASE, 12, np.random.default_rng(1))
    assert again.manifest == made.manifest
