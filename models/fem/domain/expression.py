"""Formulas that callers write, e.g. "1 + sin(pi*x)*y**2": parsed against a list of what is allowed, never executed.

The text is read by Python's own parser into a syntax tree, of which only numbers, known names, arithmetic, comparisons
and the functions below are taken. All numbers are floats, so that no power can grow beyond them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import e, pi

import numpy as np

from models.base import Array, Refusal

Values = Mapping[str, Array]
Evaluate = Callable[[Values], Array]

MAX_LENGTH = 2_000  # characters; a formula on paper has a tenth
MAX_NODES = 400
MAX_DEPTH = 40

CONSTANTS: Mapping[str, Array] = {"pi": np.array(pi), "e": np.array(e)}

FUNCTIONS: Mapping[str, tuple[int, Callable[..., Array]]] = {
    "abs": (1, np.abs),
    "atan2": (2, np.arctan2),
    "cos": (1, np.cos),
    "cosh": (1, np.cosh),
    "exp": (1, np.exp),
    "log": (1, np.log),
    "max": (2, np.maximum),
    "min": (2, np.minimum),
    "sin": (1, np.sin),
    "sinh": (1, np.sinh),
    "sqrt": (1, np.sqrt),
    "tan": (1, np.tan),
    "tanh": (1, np.tanh),
    "where": (3, np.where),  # where(x < 0.5, 1, 2)
}

_BINARY: Mapping[type[ast.operator], Callable[..., Array]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}

_COMPARE: Mapping[type[ast.cmpop], Callable[..., Array]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}

_UNARY: Mapping[type[ast.unaryop], Callable[..., Array]] = {ast.UAdd: np.positive, ast.USub: np.negative}


@dataclass(frozen=True)
class Expression:
    """Made by `parse`."""

    text: str
    field: str  # where it stands in the task
    evaluate: Evaluate

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


def parse(text: str, names: Collection[str], field: str) -> Expression:
    """Raises `Refusal` MALFORMED_EXPRESSION, which says what was found and where in the text."""
    if len(text) > MAX_LENGTH:
        raise _malformed(field, text[:40] + "…", f"has {len(text)} characters; at most {MAX_LENGTH} are read")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # all that CPython's parser says to a bad text
        raise _malformed(field, text, "is no formula; write e.g. 1 + sin(pi*x)*y**2") from None
    _Reader(text, names, field).check_size(tree)
    return Expression(text, field, _Reader(text, names, field).read(tree))


@dataclass(frozen=True)
class _Reader:
    text: str
    names: Collection[str]
    field: str

    def check_size(self, tree: ast.expr) -> None:
        count, layer, depth = 0, [tree], 0
        while layer:
            count, depth = count + len(layer), depth + 1
            if count > MAX_NODES or depth > MAX_DEPTH:
                raise _malformed(self.field, self.text[:40] + "…", f"is larger than {MAX_NODES} terms {MAX_DEPTH} deep")
            layer = [child for node in layer for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]

    def read(self, node: ast.expr) -> Evaluate:
        match node:
            case ast.Constant(value=bool()):
                raise self._refused(node, "is no number")
            case ast.Constant(value=int() | float() as value):
                return self._number(node, value)
            case ast.Name(id=name) if name in self.names:
                return lambda values: values[name]
            case ast.Name(id=name) if name in CONSTANTS:
                return lambda values: CONSTANTS[name]
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                return self._applied(_UNARY[type(op)], operand)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return self._applied(_BINARY[type(op)], left, right)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARE:
                return self._applied(_COMPARE[type(op)], left, right)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
                count, function = FUNCTIONS[name]
                if len(args) != count:
                    raise self._refused(node, f"takes {count} arguments")
                return self._applied(function, *args)
        known = ", ".join([*self.names, *CONSTANTS, *(f"{name}()" for name in FUNCTIONS)])
        raise self._refused(node, f"is not understood; there are + - * / ** < <= > >= and {known}")

    def _number(self, node: ast.expr, value: int | float) -> Evaluate:
        try:
            number = np.array(float(value))
        except OverflowError:
            raise self._refused(node, "is beyond floating point") from None
        return lambda values: number

    def _applied(self, function: Callable[..., Array], *nodes: ast.expr) -> Evaluate:
        arguments = [self.read(node) for node in nodes]
        return lambda values: function(*(argument(values) for argument in arguments))

    def _refused(self, node: ast.expr, why: str) -> Refusal:
        return _malformed(self.field, ast.get_source_segment(self.text.strip(), node) or self.text, why)


def _malformed(field: str, found: str, why: str) -> Refusal:
    return Refusal("MALFORMED_EXPRESSION", f"'{found}' {why}", field, {"found": found})
