"""Reads mesh files; see `file_task`. The parsers are meshio's but for VTK's XML (`vtu`); what they make of a
stranger's bytes is checked here.

Names come from gmsh's physical groups and Abaqus's element sets. VTK's formats have none: there, cells of one dimension
less are not read.
"""

from __future__ import annotations

import io
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import meshio
import numpy as np

from models.base import Array, Refusal
from models.fem.domain.build import mesh_of, named
from models.fem.domain.task import DIMENSION, DomainTask
from models.fem.meshing import vtu
from models.fem.meshing.file_task import MeshFileTask
from models.fem.meshing.make import result_of
from models.fem.meshing.task import MAX_CELLS, MeshResult

# By meshio's name.
_KINDS = {"triangle": "triangle", "quad": "quadrilateral", "tetra": "tetrahedron", "hexahedron": "hexahedron"}
_MESHIO = {ours: name for name, ours in _KINDS.items()}
_WIDTH = {"line": 2, "triangle": 3, "quad": 4, "tetra": 4, "hexahedron": 8}
_FACETS = {"triangle": "line", "quadrilateral": "line", "tetrahedron": "triangle", "hexahedron": "quad"}
_OF_LESS = ("vertex", "line", "triangle", "quad")  # may stand beside cells of higher dimension

# All that meshio's parsers raise on bytes that are no such file, as trying broken files found them.
_BROKEN = (
    *(ValueError, LookupError, TypeError, AttributeError, AssertionError, EOFError, ArithmeticError, MemoryError),
    *(struct.error, meshio.ReadError, RuntimeError, SystemExit, ElementTree.ParseError, zlib.error),
)


class MeshReader:
    """On the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[MeshFileTask]) -> list[MeshResult | Refusal]:
        answers: list[MeshResult | Refusal] = []
        for task in tasks:
            try:
                task.check()
                answers.append(_read(_PARSERS[task.file_format], task.content.tobytes()))
            except Refusal as refusal:
                answers.append(refusal)
        return answers


class _Read(DomainTask):
    def check(self) -> None:
        self.check_domain(max_unknowns=MAX_CELLS)


def _read(parse: Callable[[bytes], Any], content: bytes) -> MeshResult:
    try:
        with np.errstate(all="ignore"):
            raw = parse(content)
        kind = _kind(raw)
        cells, cell_labels, cell_names = _labelled(raw, kind)
        facets, labels, names = _labelled(raw, _FACETS[kind])
        nodes = np.asarray(raw.points, np.float64)
        if DIMENSION[kind] == 2:
            nodes = _plane(nodes)
    except _BROKEN:
        raise _refused("is no file of its format, or a broken one") from None
    if not np.isfinite(nodes).all():
        raise _refused("has nodes that are not finite")
    if min(cells.min(), facets.min(initial=0)) < 0 or max(cells.max(), facets.max(initial=0)) >= len(nodes):
        raise _refused("has cells of nodes that are not there")
    used = np.unique(cells)
    nodes, cells = nodes[used], np.searchsorted(used, cells)
    return _named_mesh(kind, nodes, cells, cell_labels, cell_names, np.searchsorted(used, facets), labels, names)


def _named_mesh(
    kind: str, nodes: Array, cells: Array, cell_labels: Array, cell_names: str, facets: Array, labels: Array, names: str
) -> MeshResult:
    """Facets that are not of the boundary, as those between two subdomains, are left out."""
    mesh = _Read(shape="own", cell_kind=kind, nodes=nodes, cells=cells)
    mesh.check()
    plain = mesh_of(mesh)
    outer = np.sort(plain.facets[:, plain.boundary_facets()].T, axis=1)
    keys, number = np.unique(np.concatenate((outer, np.sort(facets, axis=1))), axis=0, return_inverse=True)
    is_outer = np.zeros(len(keys), dtype=bool)
    is_outer[number[: len(outer)]] = True
    kept = is_outer[number[len(outer) :]] & (labels >= 0)
    whole = replace(mesh, boundary_facets=facets[kept], boundary_labels=labels[kept], boundary_names=names)
    whole.check()
    return result_of(named(whole, plain), whole.own_names, cell_labels, cell_names)


def _kind(raw: Any) -> str:
    """Of the cells of the highest dimension: first-order ones, of one kind."""
    found = {block.type for block in raw.cells if len(block.data)}
    for names in (("tetra", "hexahedron"), ("triangle", "quad")):
        here = found & set(names)
        if len(here) == 1 and found <= {*here, *_OF_LESS}:
            (name,) = here
            return _KINDS[name]
        if here:
            break
    kinds = ", ".join(sorted(found)) or "nothing"
    raise _refused(f"holds {kinds}; send first-order cells of one kind, and lines or faces of their boundary")


def _labelled(raw: Any, name: str) -> tuple[Array, Array, str]:
    """All cells of this meshio name (n, corners), which named set each belongs to (n,), -1 for none, and the names."""
    meshio_name = _MESHIO.get(name, name)
    blocks = [at for at, block in enumerate(raw.cells) if block.type == meshio_name]
    data = [np.asarray(raw.cells[at].data, np.int64) for at in blocks]
    cells = np.concatenate([np.zeros((0, _WIDTH[meshio_name]), np.int64), *data])
    starts = dict(zip(blocks, np.cumsum([0, *map(len, data)])[:-1].tolist(), strict=True))
    labels = np.full(len(cells), -1)
    names: list[str] = []
    for set_name, members in _sets(raw, blocks):
        places = [starts[at] + np.asarray(own, np.int64) for at, own in members]
        if sum(map(len, places)):
            labels[np.concatenate(places)] = len(names)
            names.append(_checked(set_name))
    return cells, labels, ", ".join(names)


def _sets(raw: Any, blocks: Sequence[int]) -> Iterator[tuple[str, list[tuple[int, Array]]]]:
    """Named sets: for each the blocks that it has members in, and which these are."""
    for name, members in raw.cell_sets.items():
        if not name.startswith("gmsh:"):  # which curve bounds which surface
            yield name, [(at, members[at]) for at in blocks if at < len(members) and members[at] is not None]
    tags = raw.cell_data.get("gmsh:physical")
    for name, (tag, _) in raw.field_data.items() if tags is not None else ():
        if name not in raw.cell_sets:  # of format 4 meshio tells both ways
            yield name, [(at, np.flatnonzero(np.asarray(tags[at]) == tag)) for at in blocks]


def _checked(name: str) -> str:
    if not name.strip() or set(name) & set(",:;=\n"):
        raise _refused(f"names a set {name!r:.60}; names are without , : ; and =")
    return name.strip()


def _plane(points: Array) -> Array:
    """(n, 2), from points in a plane of constant z."""
    if points.shape[1] == 3 and np.ptp(points[:, 2]) > 0:
        raise _refused("holds a surface that is not in a plane of constant z")
    return np.ascontiguousarray(points[:, :2])


def _gmsh(content: bytes) -> Any:
    with tempfile.TemporaryFile() as file:  # NumPy's reader of binary parts wants a real one
        file.write(content)
        file.seek(0)
        return meshio.gmsh.main.read_buffer(file)


def _vtk(content: bytes) -> Any:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        return meshio.vtk._main.read_buffer(file)


def _abaqus(content: bytes) -> Any:
    text = content.decode("utf-8", errors="replace")
    for line in text.splitlines():
        # As meshio reads a keyword; it would open any file of the server's that the line names.
        if line.partition(",")[0].strip().replace("*", "").strip().upper() == "INCLUDE":
            raise _refused("includes another file; send one that holds everything")
    return meshio.abaqus._abaqus.read_buffer(io.StringIO(text))


_PARSERS: Mapping[str, Callable[[bytes], Any]] = {"gmsh": _gmsh, "vtk": _vtk, "vtu": vtu.read, "abaqus": _abaqus}


def _refused(why: str) -> Refusal:
    return Refusal("MALFORMED_FILE", why, "content")
