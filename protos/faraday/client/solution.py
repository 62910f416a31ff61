"""What a problem's answer is where it has no class of its own: the field, and all that came with it by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from faraday.client import evidence
from faraday.client.errors import MalformedReply
from faraday.client.evidence import Evidence
from faraday.client.tensors import Array, decode
from faraday.v1 import finite_element_pb2 as pb


@dataclass(frozen=True, eq=False)
class Solution:
    """After `validate_only` every array is empty and there are no outputs."""

    values: Array  # float64 (points, axes): the field at the points
    points: Array  # float64 (points, axes)
    cells: Array  # int64 (cells, n): corners first
    outputs: Mapping[str, Array]  # what else the problem returns: `client.fem.problems()` describes it
    evidence: Evidence


def solution(response: pb.SolveResponse) -> Solution:
    """Raises `MalformedReply` where an answer lacks its field."""
    found = evidence.decode(response.evidence)
    if found.outcome is evidence.Outcome.VALIDATED:
        return Solution(np.empty((0, 0)), np.empty((0, 0)), np.empty((0, 0), dtype=np.int64), {}, found)
    for name in ("solution", "points", "cells"):
        if not response.HasField(name):
            raise MalformedReply(f"an answer came without its {name}")
    return Solution(
        values=decode(response.solution),
        points=decode(response.points),
        cells=decode(response.cells),
        outputs={output.name: decode(output.tensor) for output in response.outputs},
        evidence=found,
    )
