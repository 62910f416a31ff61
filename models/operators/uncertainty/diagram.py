"""A reliability diagram: how much lies below each quantile, against how much should."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from models.base import Array
from models.operators.uncertainty.metrics import LEVELS, calibration_error


def reliability(observed: Mapping[str, Array], levels: Array = LEVELS) -> bytes:
    """A PNG with one line for each name, by what `metrics.observed` says at these levels. The same every time."""
    figure = Figure(figsize=(4.5, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(aspect="equal", xlim=(0, 1), ylim=(0, 1))
    axes.plot([0, 1], [0, 1], color="0.6", linestyle="--", linewidth=1)
    for name, found in observed.items():
        axes.plot(levels, found, marker=".", label=f"{name}, ECE {calibration_error(found, levels):.3f}")
    axes.set_xlabel("level of the quantile")
    axes.set_ylabel("part of the values below it")
    if observed:
        axes.legend(loc="upper left")
    picture = BytesIO()
    figure.savefig(picture, format="png", dpi=120, metadata={"Software": ""})
    return picture.getvalue()
