"""The derivative of a caller's formula by one of its names: forward mode over the same syntax tree, by the chain
rule."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping

import numpy as np

from models.base import Array
from models.fem.domain.expression import Evaluate, Expression, Values, parse

Slope = Callable[..., Array]

ZERO = np.array(0.0)


def _power_slope(a: Array, b: Array, da: Array, db: Array) -> Array:
    """Of a**b; where b is constant a need not be positive."""
    by_exponent = np.where(db == 0, 0.0, a**b * np.log(np.where(db == 0, 1.0, a)) * db)
    return np.asarray(np.where(da == 0, 0.0, b * a ** (b - 1) * da) + by_exponent)


# From the arguments and then their slopes; an argument of a comparison has the slope 0.
_BINARY: Mapping[type[ast.operator], Slope] = {
    ast.Add: lambda a, b, da, db: da + db,
    ast.Sub: lambda a, b, da, db: da - db,
    ast.Mult: lambda a, b, da, db: da * b + a * db,
    ast.Div: lambda a, b, da, db: (da - a / b * db) / b,
    ast.Pow: _power_slope,
}

_FUNCTIONS: Mapping[str, Slope] = {
    "abs": lambda a, da: np.sign(a) * da,
    "atan2": lambda a, b, da, db: (b * da - a * db) / (a**2 + b**2),
    "cos": lambda a, da: -np.sin(a) * da,
    "cosh": lambda a, da: np.sinh(a) * da,
    "exp": lambda a, da: np.exp(a) * da,
    "log": lambda a, da: da / a,
    "max": lambda a, b, da, db: np.asarray(np.where(a >= b, da, db)),
    "min": lambda a, b, da, db: np.asarray(np.where(a <= b, da, db)),
    "sin": lambda a, da: np.cos(a) * da,
    "sinh": lambda a, da: np.cosh(a) * da,
    "sqrt": lambda a, da: np.where(da == 0, 0.0, da / (2 * np.sqrt(a))),
    "tan": lambda a, da: da / np.cos(a) ** 2,
    "tanh": lambda a, da: (1 - np.tanh(a) ** 2) * da,
    "where": lambda c, a, b, dc, da, db: np.asarray(np.where(c, da, db)),
}


def derivative(text: str, names: Collection[str], by: str, field: str) -> Expression:
    """∂/∂`by`. At a kink (of abs, max, min, where) that of one side. Raises `Refusal` MALFORMED_EXPRESSION."""
    parse(text, names, field)  # what is allowed is decided there
    tree = ast.parse(text.strip(), mode="eval").body
    return Expression(f"d({text})/d{by}", field, _slope(tree, names, by, field))


def _slope(node: ast.expr, names: Collection[str], by: str, field: str) -> Evaluate:
    match node:
        case ast.Name(id=name):
            return (lambda values: np.array(1.0)) if name == by else _none
        case ast.UnaryOp(op=op, operand=operand):
            inner = _slope(operand, names, by, field)
            return (lambda values: -inner(values)) if isinstance(op, ast.USub) else inner
        case ast.BinOp(left=left, op=op, right=right):
            return _chained(_BINARY[type(op)], [left, right], names, by, field)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _chained(_FUNCTIONS[name], args, names, by, field)
    return _none  # numbers and comparisons


def _chained(rule: Slope, nodes: list[ast.expr], names: Collection[str], by: str, field: str) -> Evaluate:
    arguments = [parse(ast.unparse(node), names, field).evaluate for node in nodes]
    slopes = [_slope(node, names, by, field) for node in nodes]
    return lambda values: rule(*(f(values) for f in arguments), *(f(values) for f in slopes))


def _none(values: Values) -> Array:
    return ZERO
