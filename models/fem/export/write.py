"""Writes fields as files; see `task`. The formats are meshio's, the pictures matplotlib's."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import meshio
import numpy as np

from models.base import Array, Evidence, Refusal
from models.fem.export.picture import picture
from models.fem.export.task import POINTS, ExportResult, ExportTask

# By the cells' kind: meshio's names for degree 1 and degree 2.
_NAMES = {
    "triangle": ("triangle", "triangle6"),
    "quadrilateral": ("quad", "quad9"),
    "tetrahedron": ("tetra", "tetra10"),
    "hexahedron": ("hexahedron", "hexahedron27"),
}


class Exporter:
    """On the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[ExportTask]) -> list[ExportResult | Refusal]:
        answers: list[ExportResult | Refusal] = []
        for task in tasks:
            try:
                task.check()
                content = np.frombuffer(_WRITERS[task.file_format](task), np.uint8)
                answers.append(ExportResult(content=content, evidence=Evidence(method=task.file_format)))
            except Refusal as refusal:
                answers.append(refusal)
        return answers


def _vtu(task: ExportTask) -> bytes:
    with tempfile.TemporaryDirectory() as folder:  # meshio writes to paths
        file = Path(folder) / "field.vtu"
        meshio.vtu.write(file, _mesh(task, task.series[0]), binary=True)
        return file.read_bytes()


def _xdmf(task: ExportTask) -> bytes:
    """The mesh once, then the values of each time; all numbers inside the one XML file, as text."""
    times = np.zeros(1) if task.times is None else task.times
    mesh = _mesh(task, task.series[0])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "field.xdmf"
        with meshio.xdmf.TimeSeriesWriter(file, data_format="XML") as writer:
            writer.write_points_cells(mesh.points, mesh.cells)
            for time, values in zip(times, task.series, strict=True):
                writer.write_data(time, point_data={task.name: _padded(values)}, cell_data=mesh.cell_data)
        return file.read_bytes()


_WRITERS: Mapping[str, Callable[[ExportTask], bytes]] = {"vtu": _vtu, "xdmf": _xdmf, "png": picture}


def _mesh(task: ExportTask, values: Array) -> meshio.Mesh:
    name = _NAMES[task.cell_kind][POINTS[task.cell_kind].index(task.cells.shape[1])]
    cell_data = {} if task.cell_values is None else {task.cell_name: [task.cell_values]}
    return meshio.Mesh(_space(task.points), [(name, task.cells)], {task.name: _padded(values)}, cell_data)


def _space(points: Array) -> Array:
    """(points, 3): ParaView knows no plane."""
    return np.pad(points, ((0, 0), (0, 3 - points.shape[1])))


def _padded(values: Array) -> Array:
    """(points,) for numbers; (points, 3) for vectors of the plane, which ParaView takes for vectors then."""
    if values.shape[1] == 1:
        return np.ascontiguousarray(values[:, 0])
    return _space(values) if values.shape[1] == 2 else values
