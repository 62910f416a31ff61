"""A picture of a field beside the map of its error bound."""

from __future__ import annotations

from pathlib import Path

from faraday.client import Field


def write(field: Field, path: Path) -> None:
    """Write u and each cell's share of its error bound to a picture file; its suffix says the format."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    field.plot(left)
    field.error_map(right)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
