"""Every store of artefacts, under the same names; two handles on one store, as two replicas have them."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from cluster.artefact_files import ArtefactFiles
from cluster.shipped_artefacts import WithShipped
from models.artefacts import Artefacts
from models.kept import Room
from models.memory_artefacts import MemoryArtefacts

ROOM = 1000
KEPT_ROOM = Room(count=4, size_bytes=100)
Stores = tuple[Artefacts, Artefacts]


@pytest.fixture(params=["memory", "files", "files beside shipped ones"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Stores:
    clock = itertools.count(1000.0)
    if request.param == "memory":
        memory = MemoryArtefacts(lambda: next(clock), ROOM, KEPT_ROOM)
        return memory, memory
    one, other = (ArtefactFiles(tmp_path / "registry", ROOM, lambda: next(clock), KEPT_ROOM) for _ in range(2))
    if request.param == "files":
        return one, other
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "darcy.safetensors").write_bytes(b"shipped")
    return WithShipped(one, shipped), WithShipped(other, shipped)
