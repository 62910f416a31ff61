"""Reads VTK's XML format for unstructured grids, .vtu: of a stranger's bytes, so that none are trusted.

Numbers stand inside the elements, as text or in base64, or behind all of them ("appended"), raw or in base64; they may
be compressed by zlib. meshio's reader expands what a file claims without a limit, and knows no names of XML that are to
be refused; here a definition of entities is refused, and what is made of a file is bounded.

Format: VTK file formats, docs.vtk.org, "XML file formats"; the header of a compressed array is [blocks, size of a
block, size of the last or 0, compressed sizes ...].
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import meshio
import numpy as np

from models.base import Array

MAX_BYTES = 1 << 30  # of all that a file's arrays hold
MAX_MARKS = 10_000  # of XML

_TYPES = {
    **{f"Int{8 * size}": f"i{size}" for size in (1, 2, 4, 8)},
    **{f"UInt{8 * size}": f"u{size}" for size in (1, 2, 4, 8)},
    **{"Float32": "f4", "Float64": "f8"},
}
# By VTK's number: meshio's name, and how many points.
_CELLS = {
    **{1: ("vertex", 1), 3: ("line", 2), 5: ("triangle", 3), 9: ("quad", 4), 10: ("tetra", 4), 12: ("hexahedron", 8)},
    **{22: ("triangle6", 6), 23: ("quad8", 8), 24: ("tetra10", 10), 25: ("hexahedron20", 20)},
    **{28: ("quad9", 9), 29: ("hexahedron27", 27)},
}


class Broken(ValueError):
    """These bytes are no such file."""


def read(content: bytes) -> meshio.Mesh:
    """Points and cells. Raises `Broken`, `ElementTree.ParseError`, and what NumPy and zlib raise on wrong numbers."""
    head, appended = _split(content)
    if b"<!" in head.replace(b"<!--", b"") or head.count(b"<") > MAX_MARKS:  # before a tree is made of them
        raise Broken("defines entities or a document type, or has more elements than a mesh needs")
    root = ElementTree.fromstring(head)
    if root.get("type") != "UnstructuredGrid":
        raise Broken("is no unstructured grid")
    pieces = root.findall("./UnstructuredGrid/Piece")
    if len(pieces) != 1:
        raise Broken("has more than one piece, or none")
    arrays = _Arrays(root.attrib, root.find("AppendedData"), appended)
    points = arrays.of(_found(pieces[0], "./Points/DataArray")).reshape(-1, 3)
    named = {each.get("Name"): arrays.of(each) for each in pieces[0].findall("./Cells/DataArray")}
    return meshio.Mesh(points, _blocks(named["connectivity"], named["offsets"], named["types"]))


def _split(content: bytes) -> tuple[bytes, bytes]:
    """The XML, and what is raw behind its mark."""
    start = content.find(b"<AppendedData")
    end = content.find(b">", start)
    if start < 0 or b"raw" not in content[start:end]:
        return content, b""
    mark = content.index(b"_", end)
    return content[: end + 1] + b"</AppendedData></VTKFile>", content[mark + 1 :]


def _found(piece: ElementTree.Element, path: str) -> ElementTree.Element:
    element = piece.find(path)
    if element is None:
        raise Broken(f"has no {path}")
    return element


@dataclass
class _Arrays:
    """Decodes arrays, and counts what they hold."""

    file: Mapping[str, str]  # the attributes of the whole
    appended: ElementTree.Element | None
    raw: bytes
    left: int = MAX_BYTES

    def of(self, element: ElementTree.Element) -> Array:
        """(n,), as float64 or int64."""
        kind = _TYPES[element.attrib["type"]]
        form = element.get("format", "ascii")
        if form == "ascii":
            words = (element.text or "").split()
            self._spend(8 * len(words))
            return np.array(words, np.float64 if kind[0] == "f" else np.int64)
        order = ">" if self.file.get("byte_order") == "BigEndian" else "<"
        found = np.frombuffer(self._bytes(element, form), order + kind)
        return found.astype(np.float64 if kind[0] == "f" else np.int64)

    def _bytes(self, element: ElementTree.Element, form: str) -> bytes:
        if form == "binary":
            return self._base64((element.text or "").strip().encode())
        if self.appended is None:
            raise Broken("has appended arrays and nothing appended")
        offset = int(element.attrib["offset"])
        if offset < 0:
            raise Broken("has an array before the first")
        if self.raw:
            return self._decoded(self.raw[offset:])
        return self._base64((self.appended.text or "").strip().lstrip("_")[offset:].encode())

    @property
    def _word(self) -> np.dtype[Any]:
        """Of headers."""
        order = ">" if self.file.get("byte_order") == "BigEndian" else "<"
        return np.dtype(order + ("u8" if self.file.get("header_type") == "UInt64" else "u4"))

    def _base64(self, text: bytes) -> bytes:
        """Header and data are in one run; of compressed arrays the header is encoded by itself."""
        size = self._word.itemsize
        if "compressor" not in self.file:
            count = int(np.frombuffer(base64.b64decode(text[: 4 * size])[:size], self._word)[0])
            return self._decoded(base64.b64decode(text[: _encoded(size + count)]))
        blocks = int(np.frombuffer(base64.b64decode(text[: 4 * size])[:size], self._word)[0])
        length = _encoded((3 + blocks) * size)
        header = base64.b64decode(text[:length])
        data = int(np.frombuffer(header, self._word)[3:].sum())
        return self._decoded(header + base64.b64decode(text[length : length + _encoded(data)]))

    def _decoded(self, data: bytes) -> bytes:
        """What stands at the beginning of these bytes."""
        size = self._word.itemsize
        count = int(np.frombuffer(data[:size], self._word)[0])
        if "compressor" not in self.file:
            self._spend(count)
            return _part(data, size, count)
        if self.file["compressor"] != "vtkZLibDataCompressor":
            raise Broken("is compressed otherwise than by zlib")
        header = np.frombuffer(_part(data, 0, (3 + count) * size), self._word).tolist()
        at, parts = (3 + count) * size, []
        for number, packed in enumerate(header[3:]):
            whole = header[2] if number == count - 1 and header[2] else header[1]
            self._spend(whole)
            part = zlib.decompressobj().decompress(_part(data, at, packed), whole + 1)
            if len(part) != whole:
                raise Broken("has a block of another size than it says")
            parts.append(part)
            at += packed
        return b"".join(parts)

    def _spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise Broken(f"holds more than {MAX_BYTES} bytes of numbers")


def _encoded(size: int) -> int:
    """The length of so many bytes in base64."""
    return 4 * -(-size // 3)


def _part(data: bytes, start: int, size: int) -> bytes:
    part = data[start : start + size]
    if len(part) != size:
        raise Broken("ends too early")
    return part


def _blocks(connectivity: Array, offsets: Array, types: Array) -> list[tuple[str, Array]]:
    """Cells of each kind, in their order. Of offsets each is the end of a cell."""
    starts = np.concatenate(([0], offsets[:-1]))
    blocks = []
    for number in np.unique(types).tolist():
        name, count = _CELLS[number]
        at = np.flatnonzero(types == number)
        places = starts[at][:, None] + np.arange(count)
        if (offsets[at] - starts[at] != count).any() or places.min() < 0 or places.max() >= len(connectivity):
            raise Broken(f"has {name} cells of another number of points")
        blocks.append((name, connectivity[places]))
    return blocks
