"""A field as a file's bytes: the task, its result, and its line in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Refusal, Result, Spec, Task, scalar, tensor
from models.fem.check import check_range

# By the cells' kind: points of a cell of degree 1 and of degree 2.
POINTS = {"triangle": (3, 6), "quadrilateral": (4, 9), "tetrahedron": (4, 10), "hexahedron": (8, 27)}
MAX_BYTES = 128 << 20  # of all that is sent
MAX_STEPS = 10_000


@dataclass(frozen=True, kw_only=True)
class ExportTask(Task):
    """Write fields at points and on cells, at one time or at several."""

    file_format: str = scalar(
        "vtu",
        "vtu: VTK's XML, one time; xdmf: XDMF 3 with its numbers inside, a series; png: a picture of the last time",
        choices=("vtu", "xdmf", "png"),
    )
    points: Array = tensor("float64", ("points", -1), "coordinates (x, y) or (x, y, z)")
    cells: Array = tensor("int64", ("cells", -1), "points of each cell, in VTK's order, as every problem returns them")
    cell_kind: str = scalar("triangle", "what the cells are", choices=tuple(POINTS))
    times: Array | None = tensor("float64", ("times",), "increasing; needed for more than one", optional=True)
    values: Array = tensor(
        "float64",
        ("points",),
        "a number or a vector at each point, at one time or at each",
        alternatives=(("points", -1), ("times", "points", -1)),
    )
    cell_values: Array | None = tensor(
        "float64", ("cells",), "one number for each cell, e.g. the square root of its share of a bound", optional=True
    )
    name: str = scalar("u", "of the values")
    cell_name: str = scalar("error", "of the values on cells")

    def check(self) -> None:
        if self.points.shape[1] not in (2, 3):
            raise Refusal("WRONG_SHAPE", f"has rows of {self.points.shape[1]}; send (x, y) or (x, y, z)", "points")
        if self.cells.shape[1] not in POINTS[self.cell_kind]:
            wanted = " or ".join(map(str, POINTS[self.cell_kind]))
            raise Refusal(
                "WRONG_SHAPE", f"has rows of {self.cells.shape[1]}; {self.cell_kind} cells have {wanted}", "cells"
            )
        if len(self.cells) == 0:
            raise Refusal("WRONG_SIZE", "is empty; send at least one cell", "cells")
        check_range("cells", self.cells, len(self.points), "points")
        for field in ("name", "cell_name"):
            name = getattr(self, field)
            if not (name.isascii() and name.replace("_", "").isalnum() and len(name) <= 64):
                raise Refusal("OUT_OF_RANGE", "is no name; send up to 64 letters, digits and _", field)
        self._check_times()
        if self.file_format == "png" and self.points.shape[1] == 3:
            raise Refusal("UNKNOWN_CHOICE", "is for fields in the plane; send vtu or xdmf", "file_format")
        size = sum(array.nbytes for array in (self.points, self.cells, self.values))
        if size > MAX_BYTES:
            details = {"got_bytes": str(size), "limit_bytes": str(MAX_BYTES)}
            raise Refusal(
                "WRONG_SIZE", f"makes a file of more than {size} bytes; at most {MAX_BYTES}", "values", details
            )

    def _check_times(self) -> None:
        if self.values.ndim == 3 and self.times is None:
            raise Refusal("MISSING_TENSOR", "is required for values at several times", "times", {"tensor": "times"})
        if self.times is None:
            return
        if not 0 < len(self.times) <= MAX_STEPS or (np.diff(self.times) <= 0).any():
            raise Refusal("OUT_OF_RANGE", f"do not increase, or are none or more than {MAX_STEPS}", "times")
        if self.values.ndim != 3:
            raise Refusal("WRONG_SHAPE", "is for one time; send (times, points, components)", "values")
        if self.file_format == "vtu":
            raise Refusal("UNKNOWN_CHOICE", "holds one time; send xdmf for a series", "file_format")

    @property
    def series(self) -> Array:
        """(times, points, components)"""
        return self.values.reshape(1 if self.times is None else len(self.times), len(self.points), -1)


@dataclass(frozen=True, kw_only=True)
class ExportResult(Result):
    content: Array = tensor("uint8", (-1,), "the file")


def _example() -> ExportTask:
    square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    return ExportTask(
        points=square, cells=np.array([[0, 1, 2, 3]]), cell_kind="quadrilateral", values=square[:, 0].copy()
    )


SPEC = Spec(
    name="fem.export",
    version="1",
    summary="Fields as files: VTU and XDMF for ParaView, PNG pictures with the error map.",
    task=ExportTask,
    result=ExportResult,
    factory="models.fem.export.write:Exporter",
    example=_example,
    max_batch=1,
    resources=ON_DEMAND,
)
