"""The refusal of problems whose numbers do not fit into floating point."""

from __future__ import annotations

from models.base import Refusal


def out_of_scale() -> Refusal:
    return Refusal(
        "OUT_OF_RANGE",
        "the problem is beyond floating point; choose units in which conductivities and data are nearer to 1",
        "conductivity",
    )
