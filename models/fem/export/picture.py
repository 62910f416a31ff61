"""A picture of a field in the plane, beside the map of its values on cells: PNG, drawn without a screen."""

from __future__ import annotations

import io

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.tri import Triangulation

from models.base import Array
from models.fem.export.task import ExportTask

_DPI = 120
_SIZE = 5.0  # inches a panel

# Cells as linear triangles, by the number of their points.
_TRIANGLES = {
    3: [[0, 1, 2]],
    6: [[0, 3, 5], [3, 1, 4], [5, 4, 2], [3, 4, 5]],
    4: [[0, 1, 2], [0, 2, 3]],
    9: [[0, 4, 8], [0, 8, 7], [4, 1, 5], [4, 5, 8], [8, 5, 2], [8, 2, 6], [7, 8, 6], [7, 6, 3]],
}


def picture(task: ExportTask) -> bytes:
    """Vectors are drawn by their length."""
    values = task.series[-1]
    length = values[:, 0] if values.shape[1] == 1 else np.linalg.norm(values, axis=1)
    label = task.name if values.shape[1] == 1 else f"|{task.name}|"
    panels = 1 if task.cell_values is None else 2
    figure = Figure(figsize=(1.15 * _SIZE * panels, _SIZE), dpi=_DPI, layout="constrained")
    axes = figure.subplots(1, panels, squeeze=False)[0]
    parts = np.array(_TRIANGLES[task.cells.shape[1]])
    mesh = Triangulation(task.points[:, 0], task.points[:, 1], task.cells[:, parts].reshape(-1, 3))
    _finish(figure, axes[0], axes[0].tripcolor(mesh, length, shading="gouraud"), label)
    if task.times is not None:
        axes[0].set_title(f"t = {task.times[-1]:.4g}", fontsize="small")
    if task.cell_values is not None:
        shades: Array = np.repeat(task.cell_values, len(parts))
        _finish(figure, axes[1], axes[1].tripcolor(mesh, facecolors=shades, cmap="magma"), task.cell_name)
    file = io.BytesIO()
    figure.savefig(file, format="png")  # by Agg, which needs no screen
    return file.getvalue()


def _finish(figure: Figure, axes: Axes, drawn: object, label: str) -> None:
    axes.set(aspect="equal", xlabel="x", ylabel="y")
    figure.colorbar(drawn, ax=axes, label=label)  # type: ignore[arg-type]
