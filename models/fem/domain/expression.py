"""Formulas of numbers that callers write, e.g. "1 + sin(pi*x)*y**2", as functions of arrays that are finite."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from models.base import Array, Refusal
from models.fem.domain.formula import ONE, Node, Values, derivative, evaluate, names_of, read


@dataclass(frozen=True)
class Expression:
    """Made by `parse`."""

    text: str
    field: str  # where it stands in the task
    node: Node

    def evaluate(self, values: Values) -> Array:
        """Whether finite or not."""
        return evaluate(self.node, values)

    def derivative(self, name: str) -> Expression:
        """∂/∂`name`; at a kink (of abs, max, min, where) that of one side."""
        return Expression(f"d({self.text})/d{name}", self.field, derivative(self.node, {name: ONE}))

    def __call__(self, values: Values, shape: tuple[int, ...]) -> Array:
        """An array of this shape, finite. Raises `Refusal` NOT_FINITE where it is not."""
        with np.errstate(all="ignore"):
            made = np.broadcast_to(np.asarray(self.evaluate(values), dtype=np.float64), shape)
        if not np.isfinite(made).all():
            at = np.unravel_index(int(np.argmin(np.isfinite(made))), shape)
            places = {name: np.broadcast_to(array, shape)[at] for name, array in values.items()}
            where = ", ".join(f"{name} = {float(value):.6g}" for name, value in places.items())
            raise Refusal("NOT_FINITE", f"'{self.text}' is {made[at]} at {where}", self.field, {"text": self.text})
        return made

    def speaks_of(self, name: str) -> bool:
        return name in names_of(self.node)


def parse(text: str, names: Collection[str], field: str) -> Expression:
    """Raises `Refusal` MALFORMED_EXPRESSION, which says what was found and where in the text."""
    return Expression(text, field, read(text, names, field))
