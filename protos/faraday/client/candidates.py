"""Functions that an operator has missed, kept to learn from: `client.operators.candidates`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from faraday.client.errors import MalformedReply
from faraday.client.samples import Samples
from faraday.client.tensors import Array, decode
from faraday.v1 import neural_operator_pb2 as pb


@dataclass(frozen=True, eq=False)
class Candidate:
    """A function that finite elements had to answer."""

    inputs: Array  # float32 (*grid, channels)
    targets: Array  # float32 (*grid, outputs): the finite element solution
    digest: str  # SHA-256 of the function and its points
    created: datetime
    reason: str  # why the operator's answer did not go out
    relative_error: float  # of that answer, in the energy norm; infinite where it was no number
    model: str  # that was asked
    version: int

    @property
    def grid(self) -> tuple[int, ...]:
        return self.inputs.shape[:-1]


@dataclass(frozen=True)
class Candidates:
    """Those of a collection."""

    each: tuple[Candidate, ...]  # oldest first

    def __len__(self) -> int:
        return len(self.each)

    def samples(self, grid: tuple[int, ...] = ()) -> Samples:
        """Those on one grid, for `train`, `calibrate` and `metrics`; `grid` may be left out where all share one.

        They are what a model finds hard: intervals that are fitted on them alone hold for questions like them alone.
        Raises `ValueError` where there are none, or several grids and none is named.
        """
        grids = sorted({candidate.grid for candidate in self.each})
        if not grid and len(grids) != 1:
            raise ValueError(f"the candidates are on the grids {grids}; name one of them")
        chosen = [candidate for candidate in self.each if candidate.grid == (tuple(grid) or grids[0])]
        if not chosen:
            raise ValueError(f"no candidate is on the grid {tuple(grid)}; there are {grids}")
        return Samples(
            np.stack([candidate.inputs for candidate in chosen]), np.stack([candidate.targets for candidate in chosen])
        )


def candidate(message: pb.Candidate) -> Candidate:
    """Raises `MalformedReply`."""
    grid = tuple(int(count) for count in decode(message.grid))
    inputs, targets = decode(message.inputs), decode(message.targets)
    try:
        inputs, targets = (each.reshape(*grid, each.shape[-1]) for each in (inputs, targets))
    except (ValueError, IndexError):
        raise MalformedReply(f"a candidate has {inputs.shape} values on a grid {grid}") from None
    return Candidate(
        inputs=inputs,
        targets=targets,
        digest=message.digest,
        created=message.create_time.ToDatetime(UTC),
        reason=message.reason,
        relative_error=message.relative_error,
        model=message.operator,
        version=message.version,
    )
