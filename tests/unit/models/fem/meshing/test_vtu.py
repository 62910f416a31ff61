"""VTK's XML: what others write is read back, in every way of writing numbers, and what is hostile is refused."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path

import meshio
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import Refusal
from models.fem.export.task import ExportTask
from models.fem.export.write import Exporter
from models.fem.meshing.file import MeshReader
from models.fem.meshing.file_task import MeshFileTask
from models.fem.meshing.task import MeshResult

POINTS = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]])
CUBE = np.arange(8)[None]


def read(content: bytes) -> MeshResult | Refusal:
    task = MeshFileTask(content=np.frombuffer(content, np.uint8), file_format="vtu")
    (result,) = MeshReader("cpu").run([task])
    return result


def mesh_of(content: bytes) -> MeshResult:
    result = read(content)
    assert isinstance(result, MeshResult), result
    return result


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("header", ["UInt32", "UInt64"])
def test_what_meshio_writes_is_read(binary: bool, compression: str | None, header: str, tmp_path: Path) -> None:
    file = tmp_path / "cube.vtu"
    mesh = meshio.Mesh(POINTS, [("hexahedron", CUBE), ("quad", CUBE[:, :4])])
    meshio.vtu.write(file, mesh, binary=binary, compression=compression, header_type=header)
    found = mesh_of(file.read_bytes())
    np.testing.assert_array_equal(np.sort(found.cells, axis=1), CUBE)
    np.testing.assert_allclose(found.nodes, POINTS)


def test_what_is_exported_here_is_read_here() -> None:
    square = POINTS[:4, :2].copy()
    task = ExportTask(points=square, cells=np.array([[0, 1, 2], [0, 2, 3]]), values=square[:, 0].copy())
    (file,) = Exporter("cpu").run([task])
    assert not isinstance(file, Refusal)
    found = mesh_of(file.content.tobytes())
    np.testing.assert_array_equal(found.cells, [[0, 1, 2], [0, 2, 3]])
    np.testing.assert_array_equal(found.nodes, square)


TRIANGLE = {
    "points": ("Float64", np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])),
    "connectivity": ("Int32", np.array([0, 1, 2], np.int32)),
    "offsets": ("Int32", np.array([3], np.int32)),
    "types": ("UInt8", np.array([5], np.uint8)),
}


def appended(encoding: str, order: str = "<", compress: bool = False, **change: np.ndarray) -> bytes:
    """As VTK appends: each array after its size, or after its blocks' sizes."""
    data, elements = b"", {}
    for name, (kind, values) in TRIANGLE.items():
        raw = np.asarray(change.get(name, values)).astype(values.dtype.newbyteorder(order)).tobytes()
        word = np.dtype(order + "u4")
        packed = zlib.compress(raw)
        head = np.array([1, len(raw), 0, len(packed)] if compress else [len(raw)], word).tobytes()
        body = packed if compress else raw
        if encoding == "raw":
            piece = head + body
        elif compress:
            piece = base64.b64encode(head) + base64.b64encode(body)
        else:
            piece = base64.b64encode(head + body)
        elements[name] = f'<DataArray type="{kind}" Name="{name}" format="appended" offset="{len(data)}"/>'
        data += piece
    cells = "".join(elements[name] for name in ("connectivity", "offsets", "types"))
    endian = "LittleEndian" if order == "<" else "BigEndian"
    packer = ' compressor="vtkZLibDataCompressor"' if compress else ""
    start = (
        f'<VTKFile type="UnstructuredGrid" byte_order="{endian}"{packer}><UnstructuredGrid><Piece>'
        f"<Points>{elements['points']}</Points><Cells>{cells}</Cells></Piece></UnstructuredGrid>"
        f'<AppendedData encoding="{encoding}">_'
    )
    return start.encode() + data + b"</AppendedData></VTKFile>"


@pytest.mark.parametrize("encoding", ["raw", "base64"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compress", [False, True])
def test_arrays_behind_the_elements_are_read(encoding: str, order: str, compress: bool) -> None:
    found = mesh_of(appended(encoding, order, compress))
    np.testing.assert_array_equal(found.nodes, [[0, 0], [1, 0], [0, 1]])
    np.testing.assert_array_equal(found.cells, [[0, 1, 2]])


def bomb() -> bytes:
    """A block that says to be small, and is a gigabyte of zeros."""
    packed = zlib.compress(bytes(64 << 20), 9)
    head = np.array([1, 72, 0, len(packed)], "<u4").tobytes()
    whole = appended("raw", compress=True)
    start = whole.index(b">_") + 2
    return whole[:start] + head + packed + whole[start:]


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><VTKFile type="UnstructuredGrid"/>',
        b'<VTKFile type="PolyData"/>',
        b'<VTKFile type="UnstructuredGrid"/>',
        b"<a>" + b"<b/>" * 20_000 + b"</a>",
        b"no XML at all",
        bomb(),
        appended("raw").replace(b'offset="0"', b'offset="-8"'),
        appended("raw").replace(b'offset="0"', b'offset="99999"'),
        appended("raw").replace(b"Float64", b"Float16"),
        appended("raw", compress=True).replace(b"ZLib", b"LZ4"),
        appended("raw", offsets=np.array([2])),
        appended("raw", types=np.array([77])),
        appended("raw", connectivity=np.array([0, 1, 9])),
    ],
    ids=[
        *("entities", "no grid", "no piece", "crowd", "no XML", "bomb", "before", "beyond", "type", "packer"),
        *("points of a cell", "kind", "nodes"),
    ],
)
def test_what_is_hostile_or_broken_is_refused(content: bytes) -> None:
    refused = read(content)
    assert isinstance(refused, Refusal)
    assert refused.reason == "MALFORMED_FILE"


@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    whole = appended(data.draw(st.sampled_from(["raw", "base64"])), compress=data.draw(st.booleans()))
    at = data.draw(st.integers(0, len(whole) - 1))
    content = whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + data.draw(st.integers(0, 4)) :]
    if content:
        assert isinstance(read(content), MeshResult | Refusal)
