"""The field that solves a boundary value problem, and its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from faraday.client.errors import PlotUnavailable
from faraday.client.evidence import Evidence
from faraday.client.tensors import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.tri import Triangulation

# A quadratic triangle as four linear ones: at its corners, then in the middle.
_QUARTERS = [[0, 3, 5], [3, 1, 4], [5, 4, 2], [3, 4, 5]]


@dataclass(frozen=True, eq=False)
class Field:
    """A solution and why to believe it. After `validate_only` every array is empty."""

    values: Array  # float64 (points,)
    points: Array  # float64 (points, 2)
    cells: Array  # int64 (cells, 3), or (cells, 6): corners, then the midpoints of the edges (0,1), (1,2), (2,0)
    cell_bound: Array  # float64 (cells,): each cell's share of the squared error bound; empty where none was asked for
    evidence: Evidence

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the values, on the axes or on new ones. Needs matplotlib."""
        linear = self.cells if self.cells.shape[1] == 3 else self.cells[:, _QUARTERS].reshape(-1, 3)
        axes = ax or _new_axes()
        drawn = axes.tripcolor(_triangulation(self.points, linear), self.values, shading="gouraud")
        return _finish(axes, drawn, "u", str(self.evidence.error_bound or ""))

    def error_map(self, ax: Axes | None = None) -> Axes:
        """Draw each cell's share of the error bound: where to refine. Needs matplotlib."""
        axes = ax or _new_axes()
        shares = np.sqrt(self.cell_bound)
        drawn = axes.tripcolor(_triangulation(self.points, self.cells[:, :3]), facecolors=shares)
        return _finish(axes, drawn, "share of the error bound", "")


def _triangulation(points: Array, cells: Array) -> Triangulation:
    from matplotlib.tri import Triangulation

    return Triangulation(points[:, 0], points[:, 1], cells)


def _new_axes() -> Axes:
    try:
        from matplotlib import pyplot
    except ModuleNotFoundError as error:
        raise PlotUnavailable("matplotlib is not installed: pip install 'faraday-client[plot]'") from error
    axes: Axes = pyplot.subplots()[1]
    return axes


def _finish(axes: Axes, drawn: object, label: str, title: str) -> Axes:
    axes.set(aspect="equal", xlabel="x", ylabel="y")
    axes.set_title(title, fontsize="small")
    axes.figure.colorbar(drawn, ax=axes, label=label)  # type: ignore[arg-type]
    return axes
