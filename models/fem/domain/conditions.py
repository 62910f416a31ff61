"""Boundary conditions as a caller writes them: "left: u = 0; right: q = sin(pi*y)".

Statements are separated by semicolons or new lines. Each names a boundary, a quantity and its values, one formula for
each component, separated by commas; "u.y = 0" is the condition on one component alone, and a quantity that has no
components is named alone: "outer: absorb". Where two statements give the same quantity at a point, the later one holds:
with "boundary: u = 0; top: u = 1" the corners of the top are 1.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from models.base import Refusal
from models.fem.domain.expression import Expression, parse

AXES = ("x", "y", "z")
MAX_STATEMENTS = 200


@dataclass(frozen=True)
class Condition:
    """`values` has one formula for each component, or one alone where `axis` names it."""

    boundary: str
    quantity: str
    axis: int | None
    values: tuple[Expression, ...]


def read_conditions(
    text: str, components: Mapping[str, int], names: Collection[str], field: str = "conditions"
) -> tuple[Condition, ...]:
    """`components` says how many each quantity has; `names` is what formulas may speak of.

    Raises `Refusal` MALFORMED_CONDITION or MALFORMED_EXPRESSION, whose field is e.g. "conditions[2]".
    """
    statements = [part.strip() for part in text.replace("\n", ";").split(";")]
    said = [(at, statement) for at, statement in enumerate(statements) if statement]
    if len(said) > MAX_STATEMENTS:
        raise _malformed(field, f"has {len(said)} statements; at most {MAX_STATEMENTS} are read", text[:40])
    return tuple(_read(statement, components, names, f"{field}[{at}]") for at, statement in said)


def _read(statement: str, components: Mapping[str, int], names: Collection[str], field: str) -> Condition:
    boundary, colon, rest = statement.partition(":")
    if boundary.strip() and components.get(rest.strip()) == 0:
        return Condition(boundary.strip(), rest.strip(), None, ())
    target, equals, formulas = rest.partition("=")
    if not (boundary.strip() and colon and target.strip() and equals):
        raise _malformed(field, f"'{statement}' is no condition; write e.g. left: u = 0", statement)
    quantity, dot, axis = target.strip().partition(".")
    if quantity not in components:
        raise _malformed(field, f"'{quantity}' is not known; there are {', '.join(components)}", quantity)
    count = components[quantity]
    if dot and axis not in AXES[:count]:
        raise _malformed(field, f"'{quantity}' has no component '{axis}'", axis)
    values = tuple(parse(formula, names, field) for formula in split_formulas(formulas))
    wanted = 1 if dot else count
    if len(values) != wanted:
        raise _malformed(field, f"'{target.strip()}' takes {wanted} formulas, not {len(values)}", formulas)
    return Condition(boundary.strip(), quantity, AXES.index(axis) if dot else None, values)


def split_formulas(text: str) -> list[str]:
    """At commas outside of parentheses."""
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def _malformed(field: str, message: str, found: str) -> Refusal:
    return Refusal("MALFORMED_CONDITION", message, field, {"found": found})
