"""A field in a file of NumPy's: arrays `points`, `cells` and `values`, perhaps `times` and `cell_values`."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]
_NEEDED = ("points", "cells", "values")


class UnreadableField(ValueError):
    """The file holds no field, and why."""


@dataclass(frozen=True, eq=False)
class FieldFile:
    """What `client.fem.export` draws."""

    points: Array
    cells: Array
    values: Array
    times: Array | None
    cell_values: Array | None


def read(path: Path) -> FieldFile:
    """Of an .npz file. Raises `UnreadableField`; pickled objects are not read."""
    try:
        with path.open("rb") as opened:
            file = np.load(opened, allow_pickle=False)
            given = dict(file) if isinstance(file, np.lib.npyio.NpzFile) else None
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise UnreadableField(f"{path.name} cannot be read: {error}") from error
    except ValueError as error:  # of pickled objects
        raise UnreadableField(f"{path.name} is no .npz file of arrays") from error
    if given is None:
        raise UnreadableField(f"{path.name} is one array; save several by numpy.savez")
    missing = [name for name in _NEEDED if name not in given]
    if missing:
        raise UnreadableField(f"{path.name} has no {missing[0]}; it needs {', '.join(_NEEDED)}")
    return FieldFile(given["points"], given["cells"], given["values"], given.get("times"), given.get("cell_values"))
