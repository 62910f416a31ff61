"""How far a field is from the solution, as `client.fem.estimate_error` returns it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from faraday.client import evidence
from faraday.client.evidence import Evidence, Outcome
from faraday.client.problem import read
from faraday.client.tensors import Array
from faraday.v1 import finite_element_pb2 as pb


@dataclass(frozen=True, eq=False)
class ErrorShares:
    """The bound itself is the evidence's. After `validate_only` there are no shares."""

    cell_bound: Array  # (cells,): each cell's share of the squared error bound
    evidence: Evidence


def error_shares(response: pb.EstimateErrorResponse) -> ErrorShares:
    """Raises `MalformedReply`."""
    found = evidence.decode(response.evidence)
    validated = found.outcome is Outcome.VALIDATED
    return ErrorShares(np.empty(0) if validated else read(response.cell_bound, "cell_bound", 1), found)
