"""Functionals of an answer as a caller writes them: sums of integrals, "cells: u**2; right: k*dn(u)". Light.

Statements are separated by semicolons or new lines; each names what is integrated over, `cells` or a boundary, and a
number as a formula. It may speak of

- the numbers that the answer is made of: `u`; `ux`, `uy`, `uz` of a vector, and `p` of a flow; `re` and `im` of a wave;
- their derivatives: of `u` the vector `grad(u)`, its components `dx(u)`, `dy(u)`, `dz(u)`, and on boundaries `dn(u)`,
  along the normal that points out of the domain;
- the coordinates `x`, `y`, `z`, and on boundaries the normal `n`, whose components are `nx`, `ny`, `nz`;
- coefficients of the problem that are constant on cells, by their names there.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.base import Refusal
from models.fem.domain.conditions import AXES
from models.fem.domain.formula import FUNCTIONS, Node, read
from models.fem.domain.formula import malformed as malformed_formula
from models.fem.domain.rank import rank

CELLS = "cells"
MAX_STATEMENTS = 50


@dataclass(frozen=True)
class Vocabulary:
    """What formulas may speak of besides places."""

    numbers: tuple[str, ...]
    coefficients: tuple[str, ...] = ()


@dataclass(frozen=True)
class Integral:
    """Made by `read_integrals`."""

    place: str  # `cells`, or a boundary
    node: Node
    text: str
    field: str  # where it stands in the task


def leaves(number: str, dimension: int, *, on_boundary: bool) -> tuple[str, ...]:
    """All that a formula may say of a number; `values_of` in `functional` has the same order."""
    slopes = tuple(f"d{axis}({number})" for axis in AXES[:dimension])
    return (number, f"grad({number})", *slopes, *((f"dn({number})",) if on_boundary else ()))


def normals(dimension: int) -> tuple[str, ...]:
    return ("n", *(f"n{axis}" for axis in AXES[:dimension]))


def read_integrals(text: str, known: Vocabulary, dimension: int, field: str = "integrals") -> tuple[Integral, ...]:
    """Raises `Refusal` MALFORMED_EXPRESSION or DUPLICATE, whose field is e.g. "integrals[1]"."""
    said = [part.strip() for part in text.replace("\n", ";").split(";") if part.strip()]
    if len(said) > MAX_STATEMENTS:
        raise malformed_formula(field, text[:40] + "…", f"has {len(said)} integrals; at most {MAX_STATEMENTS} are read")
    return tuple(_read(statement, known, dimension, f"{field}[{at}]") for at, statement in enumerate(said))


def _read(statement: str, known: Vocabulary, dimension: int, field: str) -> Integral:
    place, colon, formula = statement.partition(":")
    if not (place.strip() and colon and formula.strip()):
        raise malformed_formula(field, statement, "is no integral; write e.g. cells: u**2, or right: dn(u)")
    on_boundary = place.strip() != CELLS
    numbers = [leaf for number in known.numbers for leaf in leaves(number, dimension, on_boundary=on_boundary)]
    ours = (*numbers, *AXES[:dimension], *(normals(dimension) if on_boundary else ()))
    taken = sorted(set(ours) & set(known.coefficients))
    if taken:
        raise Refusal("DUPLICATE", f"'{taken[0]}' has a meaning already; choose another name", "coefficients")
    node = read(formula, (*ours, *known.coefficients), field, (*FUNCTIONS, "dot"))
    if rank(node, lambda name: name == "n" or name.startswith("grad("), formula, field):
        raise malformed_formula(field, formula.strip(), "is a vector; multiply it by another with dot")
    return Integral(place.strip(), node, formula.strip(), field)
