"""What a flow's conditions and formulas are on its mesh: prescribed velocities and loads, at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array, Refusal
from models.fem.domain.conditions import Condition, read_conditions, split_formulas
from models.fem.domain.expression import Expression, parse
from models.fem.domain.posed import Extra, coordinates, facet_basis, facets_of, on_facets, prescribed
from models.fem.flow.form import source
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
        read_vector(task.force, d, names, "force"),
    )


def read_vector(text: str, dimension: int, names: tuple[str, ...], field: str) -> tuple[Expression, ...]:
    """One formula for each component; none where the text is empty. Raises `Refusal` MALFORMED_EXPRESSION."""
    if not text.strip():
        return ()
    formulas = split_formulas(text)
    if len(formulas) != dimension:
        raise Refusal(
            "MALFORMED_EXPRESSION",
            f"has {len(formulas)} formulas; send {dimension}, separated by commas",
            field,
            {"found": str(len(formulas))},
        )
    return tuple(parse(formula, names, field) for formula in formulas)


def velocities(said: Said, space: TaylorHood, extra: Extra = _STEADY) -> tuple[Array, Array]:
    """(n,) prescribed velocity unknowns, and their values."""
    for condition in said.conditions:
        facets_of(space.mesh, condition)  # refuses unknown boundaries, also of tractions
    return prescribed(space.velocity, said.conditions, "u", extra)


def body_load(said: Said, space: TaylorHood, extra: Extra = _STEADY) -> Array:
    """(n,) over all unknowns: ∫ f·v of the formulas."""
    load = np.zeros(space.size)
    if said.force:
        places = np.asarray(space.velocity.global_coordinates())
        f = np.stack([formula(coordinates(places, extra), places.shape[1:]) for formula in said.force])
        load[: space.velocity.N] = source.assemble(space.velocity, f=f)
    return load


def traction_load(said: Said, space: TaylorHood, extra: Extra = _STEADY) -> Array:
    """(n,) over all unknowns: ∫ t·v over the boundaries whose traction is given."""
    load = np.zeros(space.size)
    for condition in said.conditions:
        if condition.quantity != "traction":
            continue
        facets = facet_basis(space.velocity, condition, order=5)
        given = on_facets(facets, condition, extra)
        if condition.axis is not None:
            alone = np.zeros((space.dimension, *given.shape[1:]))
            alone[condition.axis] = given[0]
            given = alone
        load[: space.velocity.N] += source.assemble(facets, f=given)
    return load
