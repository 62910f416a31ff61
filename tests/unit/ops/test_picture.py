"""A field becomes a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from faraday.client import Evidence, Field, Outcome
from ops.picture import write


def test_a_field_and_its_error_map_make_a_picture(tmp_path: Path) -> None:
    field = Field(
        values=np.arange(4.0),
        points=np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]),
        cells=np.array([[0, 1, 2], [0, 2, 3]]),
        cell_bound=np.array([1.0, 2.0]),
        evidence=Evidence(
            trace_id="",
            model="fem.diffusion",
            model_version="1",
            outcome=Outcome.CONVERGED,
            advice="",
            method="",
            residual=None,
            error_bound=None,
            privacy=None,
            elapsed_s=0.0,
            replayed=False,
        ),
    )
    write(field, tmp_path / "u.png")
    assert (tmp_path / "u.png").read_bytes().startswith(b"\x89PNG")
