from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import meshio
import numpy as np
import pytest
from matplotlib.image import imread
from skfem import Basis

from models.base import Refusal
from models.fem.domain.build import mesh_of
from models.fem.domain.elements import cell_points, points, scalar_element
from models.fem.export.task import POINTS, ExportResult, ExportTask
from models.fem.export.write import Exporter
from models.fem.meshing.task import MeshTask

CASES = list(itertools.product(POINTS, (1, 2)))


def posed(kind: str, degree: int, **fields: object) -> ExportTask:
    d = 2 if kind in ("triangle", "quadrilateral") else 3
    mesh = mesh_of(MeshTask(shape="square" if d == 2 else "cube", divisions=np.full(d, 2), cell_kind=kind))
    basis = Basis(mesh, scalar_element(kind, degree))
    places, cells = points(basis), cell_points(basis)
    return ExportTask(
        **{
            "points": places,
            "cells": cells,
            "cell_kind": kind,
            "values": places[:, 0] ** 2,
            "cell_values": np.arange(float(len(cells))),
            **fields,
        }  # type: ignore[arg-type]
    )


def written(task: ExportTask) -> bytes:
    (result,) = Exporter("cpu").run([task])
    assert isinstance(result, ExportResult), result
    return result.content.tobytes()


@pytest.mark.parametrize(("kind", "degree"), CASES)
def test_a_vtu_file_holds_the_field_to_the_last_bit(kind: str, degree: int, tmp_path: Path) -> None:
    task = posed(kind, degree)
    (tmp_path / "u.vtu").write_bytes(written(task))
    mesh = meshio.read(tmp_path / "u.vtu")
    np.testing.assert_array_equal(mesh.point_data["u"], task.values)
    np.testing.assert_array_equal(mesh.cell_data["error"][0], task.cell_values)
    np.testing.assert_array_equal(mesh.points[:, : task.points.shape[1]], task.points)
    np.testing.assert_array_equal(mesh.cells[0].data, task.cells)


@pytest.mark.parametrize(("kind", "degree"), CASES)
def test_an_xdmf_file_holds_every_time_of_a_series(kind: str, degree: int, tmp_path: Path) -> None:
    d = 2 if kind in ("triangle", "quadrilateral") else 3
    plain = posed(kind, degree)
    times = np.array([0.0, 0.5, 2.0])
    series = times[:, None, None] * plain.points[None]
    task = replace(plain, file_format="xdmf", times=times, values=series)
    (tmp_path / "u.xdmf").write_bytes(written(task))
    with meshio.xdmf.TimeSeriesReader(tmp_path / "u.xdmf") as reader:
        places, _ = reader.read_points_cells()
        read = [reader.read_data(step) for step in range(reader.num_steps)]
    np.testing.assert_allclose(places[:, :d], task.points)
    np.testing.assert_allclose([time for time, _, _ in read], times)
    for (_, at_points, on_cells), values in zip(read, series, strict=True):
        np.testing.assert_allclose(at_points["u"][:, :d], values)
        np.testing.assert_allclose(on_cells["error"][0], task.cell_values)


@pytest.mark.parametrize(("kind", "degree"), [case for case in CASES if case[0] in ("triangle", "quadrilateral")])
def test_a_picture_shows_where_the_field_is_large(kind: str, degree: int, tmp_path: Path) -> None:
    plain = posed(kind, degree)
    hot = np.where(np.linalg.norm(plain.points - 1, axis=1) < 0.1, 1.0, 0.0)  # the upper right corner
    task = replace(plain, file_format="png", values=hot, cell_values=None)
    (tmp_path / "u.png").write_bytes(written(task))
    image = imread(tmp_path / "u.png")[..., :3]
    left = image[:, : int(0.8 * image.shape[1])]  # without the colour bar
    bright = np.argwhere((left[..., 0] > 0.9) & (left[..., 1] > 0.8) & (left[..., 2] < 0.3))  # viridis' yellow
    assert len(bright) > 10
    height, width = image.shape[:2]
    assert (bright[:, 0] < height / 2).all()
    assert (bright[:, 1] > width / 2).all()


def test_a_picture_has_a_second_panel_for_the_error_map() -> None:
    task = posed("triangle", 2, file_format="png")
    with_map, without = written(task), written(replace(task, cell_values=None))
    size = [int.from_bytes(png[16:20]) for png in (with_map, without)]
    assert size[0] == pytest.approx(2 * size[1], abs=2)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"cells": np.array([[0, 1]])}, "cells"),
        ({"cells": np.array([[0, 1, 99]])}, "cells[0, 2]"),
        ({"cells": np.zeros((0, 3), np.int64)}, "cells"),
        ({"points": np.zeros((9, 1))}, "points"),
        ({"name": "a<b"}, "name"),
        ({"cell_name": ""}, "cell_name"),
        ({"values": np.zeros((2, 9, 1))}, "times"),
        ({"times": np.array([0.0])}, "values"),
        ({"times": np.array([1.0, 0.0]), "values": np.zeros((2, 9, 1))}, "times"),
        ({"times": np.array([0.0, 1.0]), "values": np.zeros((2, 9, 1))}, "file_format"),
        ({"points": np.zeros((9, 3)), "file_format": "png"}, "file_format"),
    ],
)
def test_a_field_that_makes_no_sense_is_refused(change: dict[str, object], field: str) -> None:
    (refusal,) = Exporter("cpu").run([replace(posed("triangle", 1), **change)])  # type: ignore[arg-type]
    assert isinstance(refusal, Refusal)
    assert refusal.field == field
