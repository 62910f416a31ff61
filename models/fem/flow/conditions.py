"""What a flow's conditions and formulas are on its mesh: prescribed velocities and loads, at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.fem.domain import vector_loads
from models.fem.domain.conditions import Condition, read_conditions
from models.fem.domain.expression import Expression
from models.fem.domain.posed import Extra, facets_of, prescribed
from models.fem.flow.space import TaylorHood
from models.fem.flow.task import FlowTask

_STEADY: Extra = {}


@dataclass(frozen=True, eq=False)
class Said:
    """Made by `read`."""

    conditions: tuple[Condition, ...]
    force: tuple[Expression, ...]  # one for each component, or none


def read(task: FlowTask) -> Said:
    """Raises `Refusal` MALFORMED_CONDITION or MALFORMED_EXPRESSION."""
    d, names = task.dimension, task.formula_names
    return Said(
        read_conditions(task.conditions, {"u": d, "traction": d}, names),
        vector_loads.read_vector(task.force, d, names, "force"),
    )


def velocities(said: Said, space: TaylorHood, extra: Extra = _STEADY) -> tuple[Array, Array]:
    """(n,) prescribed velocity unknowns, and their values."""
    for condition in said.conditions:
        facets_of(space.mesh, condition)  # refuses unknown boundaries, also of tractions
    return prescribed(space.velocity, said.conditions, "u", extra)


def body_load(said: Said, space: TaylorHood, extra: Extra = _STEADY) -> Array:
    """(n,) over all unknowns: ∫ f·v of the formulas."""
    return _widened(vector_loads.body_load(space.velocity, said.force, extra), space)


def traction_load(said: Said, space: TaylorHood, extra: Extra = _STEADY) -> Array:
    """(n,) over all unknowns: ∫ t·v over the boundaries whose traction is given."""
    return _widened(vector_loads.traction_load(space.velocity, said.conditions, 5, extra), space)


def _widened(load: Array, space: TaylorHood) -> Array:
    return np.concatenate((load, np.zeros(space.pressure.N)))
