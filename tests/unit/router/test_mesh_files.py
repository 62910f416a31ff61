"""Meshes as files: whole or not there, each tenant's own, never more than there is room for."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import Array
from models.fem.own_mesh import OwnMesh
from router.errors import Malformed, TooLarge, UnknownMesh
from router.mesh_files import MeshFiles, mesh_id_of, size_of
from tests.unit.router.codec.finite_element.asking import same

CELLS = np.array([[0, 1, 2]])


def mesh(nodes: Array, cells: Array = CELLS, **more: Any) -> OwnMesh:
    return OwnMesh(shape="own", nodes=nodes, cells=cells, **more)


def triangle(number: int) -> OwnMesh:
    return mesh(np.array([[0.0, 0.0], [1.0 + number, 0.0], [0.0, 1.0]]))


BLOCK = size_of(triangle(0))


def files(folder: Path, blocks: int = 4) -> MeshFiles:
    """With room for so many triangles, on a clock that ticks at each use."""
    ticks = itertools.count(1000)
    return MeshFiles(folder, blocks * BLOCK, lambda: float(next(ticks)))


def there(meshes: MeshFiles, tenant: str, mesh_id: str) -> bool:
    try:
        meshes.get(tenant, mesh_id, "mesh_id")
    except UnknownMesh:
        return False
    return True


sizes = st.integers(0, 50)


@given(
    node_count=sizes, axes=st.integers(2, 3), cell_count=sizes, corners=st.integers(3, 8), names=st.text(max_size=99)
)
def test_what_comes_back_is_what_was_put(
    tmp_path_factory: pytest.TempPathFactory, node_count: int, axes: int, cell_count: int, corners: int, names: str
) -> None:
    rng = np.random.default_rng(0)
    sent = mesh(
        rng.standard_normal((node_count, axes)),
        rng.integers(0, 9, (cell_count, corners)),
        cell_kind="hexahedron",
        boundary_facets=rng.integers(0, 9, (2, 4)) if names else None,
        boundary_labels=rng.integers(0, 9, 2) if names else None,
        boundary_names=names,
    )
    meshes = files(tmp_path_factory.mktemp("meshes"))
    kept = meshes.get("charite", meshes.put("charite", sent), "mesh_id")
    assert same(kept.mesh, sent)
    assert kept.mesh.nodes is not None and not kept.mesh.nodes.flags.writeable
    assert kept.size_bytes == size_of(sent)
    assert kept.size_bytes % 4096 == 0


def test_a_name_is_made_of_the_content_and_of_nothing_else(tmp_path: Path) -> None:
    meshes = files(tmp_path, blocks=10)
    one = triangle(0)
    first = meshes.put("charite", one)
    assert one.nodes is not None
    assert meshes.put("charite", triangle(0)) == first == mesh_id_of(triangle(0))
    assert meshes.put("mayo", triangle(0)) == first
    assert meshes.put("charite", mesh(np.asfortranarray(one.nodes))) == first
    others = [
        triangle(1),
        mesh(one.nodes, CELLS[:, ::-1].copy()),
        mesh(one.nodes, cell_kind="tetrahedron"),
        mesh(one.nodes, boundary_names="left"),
        mesh(one.nodes, boundary_facets=CELLS[:, :2].copy(), boundary_labels=np.zeros(1, np.int64)),
    ]
    assert len({first, *(meshes.put("charite", other) for other in others)}) == 6


def test_another_tenant_has_no_such_mesh(tmp_path: Path) -> None:
    meshes = files(tmp_path)
    mesh_id = meshes.put("charite", triangle(0))
    assert there(meshes, "charite", mesh_id)
    assert not there(meshes, "mayo", mesh_id)


@given(text=st.text(max_size=80) | st.just("../lock") | st.just("lock") | st.from_regex(r"[0-9A-F]{64}"))
def test_what_is_no_id_is_never_looked_for(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    meshes = files(tmp_path_factory.getbasetemp() / "empty")
    with pytest.raises((Malformed, UnknownMesh)) as caught:
        meshes.get("charite", text, "mesh.mesh_id")
    assert isinstance(caught.value, UnknownMesh) == (len(text) == 64 and set(text) <= set("0123456789abcdef"))


def test_where_there_is_no_room_the_least_recently_used_go(tmp_path: Path) -> None:
    meshes = files(tmp_path, blocks=3)
    first, second, third = (meshes.put("charite", triangle(number)) for number in range(3))
    meshes.get("charite", first, "mesh_id")  # used again
    other = meshes.put("mayo", triangle(7))  # has room of its own
    fourth = meshes.put("charite", triangle(3))
    assert [there(meshes, "charite", each) for each in (first, second, third, fourth)] == [True, False, True, True]
    assert there(meshes, "mayo", other)
    meshes.put("charite", triangle(0))  # the same again is a use, and takes no room
    fifth = meshes.put("charite", triangle(4))
    assert [there(meshes, "charite", each) for each in (first, third, fourth, fifth)] == [True, False, True, True]


def test_a_mesh_that_is_larger_than_all_room_costs_nobody_anything(tmp_path: Path) -> None:
    meshes = files(tmp_path, blocks=1)
    kept = meshes.put("charite", triangle(0))
    with pytest.raises(TooLarge):
        meshes.put("charite", mesh(np.zeros((300, 2))))
    assert there(meshes, "charite", kept)


def test_a_mesh_that_goes_while_it_is_used_is_read_to_its_end(tmp_path: Path) -> None:
    meshes = files(tmp_path, blocks=1)
    held = meshes.get("charite", meshes.put("charite", triangle(0)), "mesh_id")
    meshes.put("charite", triangle(1))
    assert same(held.mesh, triangle(0))


def test_a_start_after_a_crash_sees_whole_meshes_only(tmp_path: Path) -> None:
    meshes = files(tmp_path)
    mesh_id = meshes.put("charite", triangle(0))
    [folder] = tmp_path.iterdir()
    half = folder / f"{mesh_id_of(triangle(1))}.new"
    half.write_bytes(b"half")
    again = files(tmp_path)
    assert there(again, "charite", mesh_id)
    assert not there(again, "charite", mesh_id_of(triangle(1)))
    again.put("charite", triangle(2))
    assert not half.exists()


@pytest.mark.parametrize("damage", [b"", b"x" * 40, b"x" * 200])
def test_a_damaged_file_is_no_mesh(tmp_path: Path, damage: bytes) -> None:
    meshes = files(tmp_path)
    mesh_id = meshes.put("charite", triangle(0))
    [folder] = tmp_path.iterdir()
    (folder / mesh_id).write_bytes(damage)
    with pytest.raises(ValueError):
        meshes.get("charite", mesh_id, "mesh_id")


def test_only_their_owner_may_read_the_files(tmp_path: Path) -> None:
    meshes = files(tmp_path / "meshes")
    mesh_id = meshes.put("charite", triangle(0))
    [folder] = (tmp_path / "meshes").iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / mesh_id).stat().st_mode & 0o777 == 0o600
    assert "charite" not in folder.name


def test_workers_that_share_the_folder_never_use_more_than_there_is(tmp_path: Path) -> None:
    workers = [files(tmp_path, blocks=5) for _ in range(4)]

    def work(number: int) -> None:
        for each in range(10):
            workers[number].put("charite", triangle(10 * number + each))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [folder] = tmp_path.iterdir()
    kept = [entry for entry in folder.iterdir() if entry.name != "lock"]
    assert len(kept) == 5
    assert all(there(workers[0], "charite", entry.name) for entry in kept)
