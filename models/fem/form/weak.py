"""From a formula F(u; v) to what scikit-fem assembles: the residual, its derivative by u, and that by a coefficient."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from skfem import BilinearForm, Functional, LinearForm

from models.base import Array, Refusal
from models.fem.domain.formula import FUNCTIONS, ONE, Applied, Name, Node, Number, derivative, evaluate, malformed, read
from models.fem.domain.rank import rank_of

_AXES = ("x", "y", "z")
_VECTORS = ("grad(u)", "grad(v)")


@dataclass(frozen=True)
class WeakForm:
    """Made by `weak_form` or `flux_form`. `coefficients` are interpolated per cell: see `solve`."""

    node: Node
    dimension: int
    coefficients: tuple[str, ...]

    @property
    def residual(self) -> LinearForm:
        return LinearForm(lambda v, w: evaluate(self.node, self._values(w, v=v)))

    @property
    def tangent(self) -> BilinearForm:
        slope = derivative(self.node, {spelt: Name(spelt.replace("u", "du")) for spelt in leaves("u", self.dimension)})
        return BilinearForm(lambda du, v, w: evaluate(slope, self._values(w, v=v, du=du)) + 0 * np.asarray(v))

    def slope_by(self, coefficient: str) -> Functional:
        """∂F/∂coefficient with the adjoint `w.adjoint` in the place of v."""
        slope = derivative(self.node, {coefficient: ONE})
        return Functional(lambda w: evaluate(slope, self._values(w, v=w.adjoint)) + 0 * w.x[0])

    def along(self, coefficient: str) -> LinearForm:
        """∂F/∂coefficient times the change `w.change`: what a tangent's load is made of."""
        slope = derivative(self.node, {coefficient: ONE})
        return LinearForm(lambda v, w: w.change * evaluate(slope, self._values(w, v=v)) + 0 * np.asarray(v))

    def _values(self, w: Any, **fields: Any) -> dict[str, Array]:
        values = {axis: w.x[at] for at, axis in enumerate(_AXES[: self.dimension])}
        values |= {name: w[f"coefficient_{name}"] for name in self.coefficients}
        for name, field in {"u": w.u, **fields}.items():
            values |= {name: np.asarray(field), f"grad({name})": field.grad}
            values |= {f"d{axis}({name})": field.grad[at] for at, axis in enumerate(_AXES[: self.dimension])}
        return values


def leaves(function: str, dimension: int) -> tuple[str, ...]:
    """All that a formula may say of u or of v."""
    return (function, f"grad({function})", *(f"d{axis}({function})" for axis in _AXES[:dimension]))


def weak_form(text: str, coefficients: Collection[str], dimension: int) -> WeakForm:
    """Raises `Refusal` MALFORMED_EXPRESSION, also where F is no number or not linear in v."""
    ours = (*leaves("u", dimension), *leaves("v", dimension), *_AXES[:dimension])
    taken = sorted({*ours, "du"} & set(coefficients))
    if taken:
        raise Refusal("DUPLICATE", f"'{taken[0]}' has a meaning already; choose another name", "coefficients")
    node = read(text, (*ours, *coefficients), "form", (*FUNCTIONS, "dot"))
    rank, degree = _kind(node, text)
    if rank:
        raise malformed("form", text, "is a vector; multiply it by another with dot")
    if degree != 1:
        raise malformed("form", text, "is not linear in v: every term needs one v or grad(v)")
    return WeakForm(node, dimension, tuple(coefficients))


def flux_form(flux: Node, dimension: int) -> WeakForm:
    """−q v, for a boundary."""
    return WeakForm(Applied("neg", (Applied("*", (flux, Name("v"))),)), dimension, ())


def _kind(node: Node, text: str) -> tuple[int, int | None]:
    """Whether it is a vector (1) or a number (0), and its degree in v; None for a zero, which is of any."""
    match node:
        case Number(value):
            return 0, None if value == 0 else 0
        case Name(name):
            return int(name in _VECTORS), int(name.endswith("(v)") or name == "v")
        case Applied(operation, arguments):
            ranks, degrees = zip(*(_kind(argument, text) for argument in arguments), strict=True)
            return rank_of(operation, ranks, text, "form"), _degree(operation, degrees, text)


def _degree(operation: str, degrees: tuple[int | None, ...], text: str) -> int | None:
    if operation in ("+", "-", "where"):
        terms = degrees[1:] if operation == "where" else degrees
        known = {degree for degree in terms if degree is not None}
        if len(known) > 1 or (operation == "where" and degrees[0]):
            raise malformed("form", text, "is not linear in v: every term needs one v or grad(v)")
        return known.pop() if known else None
    if operation in ("*", "dot"):
        return None if None in degrees else sum(degree or 0 for degree in degrees)
    if operation in ("neg", "pos"):
        return degrees[0]
    if operation == "/":
        if degrees[1]:
            raise malformed("form", text, "divides by v")
        return degrees[0]
    if any(degrees):
        raise malformed("form", text, f"takes {operation} of v")
    return 0
