"""What a problem's answer is where it has no class of its own: the field, and all that came with it by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from faraday.client import evidence
from faraday.client.evidence import Evidence
from faraday.client.tensors import Array, decode
from faraday.v1 import finite_element_pb2 as pb


@dataclass(frozen=True, eq=False)
class Solution:
    """After `validate_only` every array is empty and there are no outputs. What a problem does not return is empty."""

    values: Array  # float64 (points,) or (points, axes): the field at the points
    points: Array  # float64 (points, axes)
    cells: Array  # int64 (cells, n): corners first
    outputs: Mapping[str, Array]  # what else the problem returns: `client.fem.problems()` describes it
    evidence: Evidence
    cell_bound: Array  # float64 (cells,): each cell's share of the squared error bound; empty where there is none

    def __getitem__(self, name: str) -> Array:
        """One of the outputs; KeyError tells which there are."""
        if name not in self.outputs:
            raise KeyError(f"no output {name!r}; there are {', '.join(self.outputs) or 'none'}")
        return self.outputs[name]


def solution(response: pb.SolveResponse) -> Solution:
    """Raises `MalformedReply`."""
    return Solution(
        values=_read(response, "solution"),
        points=_read(response, "points"),
        cells=_read(response, "cells"),
        outputs={output.name: decode(output.tensor) for output in response.outputs},
        evidence=evidence.decode(response.evidence),
        cell_bound=decode(response.cell_bound) if response.HasField("cell_bound") else np.empty(0),
    )


def _read(response: pb.SolveResponse, name: Literal["solution", "points", "cells"]) -> Array:
    return decode(getattr(response, name)) if response.HasField(name) else np.empty((0, 0))
