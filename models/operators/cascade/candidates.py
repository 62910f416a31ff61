"""Inputs that the operator did not answer well enough: what it should be trained on next."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from models.base import Array
from models.operators.cascade.grid import Question
from models.operators.cascade.road import Why


@dataclass(frozen=True, eq=False)
class Candidate:
    """A pair to train on: its answer is already there."""

    digest: str  # of the question: the same one twice is one candidate
    asked: Question
    field: Array  # (points,): what the operator said
    solution: Array  # (points,): the discrete solution, whatever its own bound is
    why: Why
    relative: float  # the energy error of `field` to the norm of the solution, against the discrete solution


class Candidates(Protocol):
    """Where they are kept. Whether a caller's data may be kept at all is for it to decide."""

    def offer(self, candidate: Candidate) -> None: ...


def digest(asked: Question) -> str:
    """SHA-256 of the input's numbers in double precision, and of how many there are."""
    parts = hashlib.sha256()
    for array in (asked.conductivity, asked.source):
        values = np.ascontiguousarray(array, dtype="<f8")
        parts.update(len(values).to_bytes(8, "little"))
        parts.update(values.tobytes())
    return parts.hexdigest()
