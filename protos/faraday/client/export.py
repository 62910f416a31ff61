"""A field as the request for a file of it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from faraday.client.tensors import Array, encode
from faraday.v1 import finite_element_pb2 as pb

FORMATS = {".vtu": "vtu", ".xdmf": "xdmf", ".png": "png"}
# By axes and points of a cell: what it is, and how many corners it has.
_KINDS = {
    **{(2, 3): ("triangle", 3), (2, 6): ("triangle", 3), (2, 4): ("quadrilateral", 4), (2, 9): ("quadrilateral", 4)},
    **{(3, 4): ("tetrahedron", 4), (3, 10): ("tetrahedron", 4), (3, 8): ("hexahedron", 8), (3, 27): ("hexahedron", 8)},
}


class Drawn(Protocol):
    """What has values at points: a `Field` or a `Solution`."""

    @property
    def values(self) -> Array: ...

    @property
    def points(self) -> Array: ...

    @property
    def cells(self) -> Array: ...


def export_request(
    field: Drawn,
    file_format: str,
    name: str,
    values: npt.ArrayLike | None,
    times: npt.ArrayLike | None,
    cell_values: npt.ArrayLike | None,
    cell_name: str,
) -> pb.ExportRequest:
    """ValueError where the values are not one for each point, or for each node where these are fewer."""
    points, cells = field.points, field.cells
    if not len(cells):
        raise ValueError("the field holds nothing; it is an answer to validate_only, or its problem returns no mesh")
    kind = _KINDS.get((points.shape[-1], cells.shape[-1]))
    if kind is None:
        raise ValueError(f"cells of {cells.shape[-1]} points with {points.shape[-1]} coordinates are not known")
    cell_kind, corner_count = kind
    given = np.asarray(field.values if values is None else values, dtype=np.float64)
    if times is not None and given.ndim == 2:
        given = given[:, :, None]
    count = given.shape[0 if times is None else 1]
    corners = cells[:, :corner_count]
    if count != len(points) and count == corners.max() + 1:  # as a pressure has: the nodes are the first points
        points, cells = points[:count], corners
    if count != len(points):
        raise ValueError(
            f"values of shape {given.shape} for {len(points)} points; of a series pass its times, or values[-1]"
        )
    request = pb.ExportRequest(
        file_format=file_format,
        points=encode(points, "float64"),
        cells=encode(cells, "int64"),
        cell_kind=cell_kind,
        values=encode(given),
        name=name,
        cell_name=cell_name,
    )
    if times is not None:
        request.times.CopyFrom(encode(times, "float64"))
    if cell_values is not None:
        request.cell_values.CopyFrom(encode(cell_values, "float64"))
    return request


def format_of(path: Path, formats: dict[str, str]) -> str:
    """What the file's name says; ValueError where it says none of these."""
    if path.suffix.lower() not in formats:
        raise ValueError(f"{path.name} does not end in one of {', '.join(formats)}")
    return formats[path.suffix.lower()]
