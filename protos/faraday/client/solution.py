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


def solution(response: pb.SolveResponse) -> Solution:
    """Raises `MalformedReply`."""
    return Solution(
        values=_read(response, "solution"),
        points=_read(response, "points"),
        cells=_read(response, "cells"),
        outputs={output.name: decode(output.tensor) for output in response.outputs},
        evidence=evidence.decode(response.evidence),
    )


def _read(response: pb.SolveResponse, name: Literal["solution", "points", "cells"]) -> Array:
    return decode(getattr(response, name)) if response.HasField(name) else np.empty((0, 0))
