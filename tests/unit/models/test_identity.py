"""The identity, as the catalogue has it."""

from __future__ import annotations

import numpy as np

from models.catalog import CATALOG


def test_it_returns_what_it_is_sent() -> None:
    spec = CATALOG["identity"]
    task = spec.example()
    task.check()
    (result,) = spec.load("cpu").run([task])
    assert np.array_equal(getattr(result, "data"), getattr(task, "data"))  # noqa: B009 the contract names no field
