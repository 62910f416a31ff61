"""What every flow's result has: the fields, where they live, and the mass that is made or lost."""

from __future__ import annotations

from dataclasses import dataclass

from models.base import Array
from models.fem.flow.form import outflow
from models.fem.flow.problem import Flow


@dataclass(frozen=True, eq=False)
class Fields:
    """Made by `fields`."""

    velocity: Array
    pressure: Array
    net_outflow: Array
    cell_outflow: Array


def fields(flow: Flow, x: Array) -> Fields:
    """Of the unknowns x (n,)."""
    space = flow.space
    velocity, pressure = space.split(flow.normalised(x))
    lost = outflow.elemental(space.velocity, u=space.velocity.interpolate(x[: space.velocity.N]))
    return Fields(velocity, pressure, lost.sum(keepdims=True), lost)
