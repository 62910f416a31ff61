"""Formulas as trees: read from text against a list of what is allowed, evaluated on arrays, and differentiated.

The text goes through Python's own parser into a syntax tree, of which only numbers, known names, arithmetic,
comparisons and the operations below are taken; nothing of it is ever executed. All numbers are floats, so that no power
can grow beyond them.

Leaves and operations are numbers or vectors at each place: a vector's components are the first axis of its array.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import e, pi

import numpy as np

from models.base import Array, Refusal

Values = Mapping[str, Array]

MAX_LENGTH = 2_000  # characters; a formula on paper has a tenth
MAX_NODES = 400
MAX_DEPTH = 40

CONSTANTS = {"pi": pi, "e": e}


@dataclass(frozen=True)
class Number:
    value: float


@dataclass(frozen=True)
class Name:
    """A leaf that has its value from outside: a coordinate, a coefficient, "u", or "grad(u)"."""

    name: str


@dataclass(frozen=True)
class Applied:
    operation: str
    arguments: tuple[Node, ...]


Node = Number | Name | Applied
Slopes = Callable[[tuple[Node, ...], tuple[Node, ...]], Node]  # of the arguments and their derivatives

ZERO, ONE = Number(0.0), Number(1.0)


@dataclass(frozen=True)
class Operation:
    count: int  # of arguments
    apply: Callable[..., Array]
    slope: Slopes


def evaluate(node: Node, values: Values) -> Array:
    """The value at each place, by NumPy's broadcasting; what is not finite is not refused here."""
    match node:
        case Number(value):
            return np.asarray(value)
        case Name(name):
            return np.asarray(values[name])
        case Applied(operation, arguments):
            return OPERATIONS[operation].apply(*(evaluate(argument, values) for argument in arguments))


def derivative(node: Node, seeds: Mapping[str, Node]) -> Node:
    """The derivative in the direction in which each leaf of `seeds` moves by its seed, and the others do not."""
    match node:
        case Number():
            return ZERO
        case Name(name):
            return seeds.get(name, ZERO)
        case Applied(operation, arguments):
            moved = tuple(derivative(argument, seeds) for argument in arguments)
            if all(move == ZERO for move in moved):
                return ZERO
            return OPERATIONS[operation].slope(arguments, moved)


def names_of(node: Node) -> frozenset[str]:
    """The leaves that it speaks of."""
    match node:
        case Number():
            return frozenset()
        case Name(name):
            return frozenset((name,))
        case Applied(_, arguments):
            return frozenset().union(*map(names_of, arguments))


def plus(a: Node, b: Node) -> Node:
    if ZERO in (a, b):
        return b if a == ZERO else a
    return Applied("+", (a, b))


def minus(a: Node, b: Node) -> Node:
    if b == ZERO:
        return a
    return Applied("neg", (b,)) if a == ZERO else Applied("-", (a, b))


def times(a: Node, b: Node) -> Node:
    if ZERO in (a, b):
        return ZERO
    if ONE in (a, b):
        return b if a == ONE else a
    return Applied("*", (a, b))


def over(a: Node, b: Node) -> Node:
    return ZERO if a == ZERO else Applied("/", (a, b))


def of(operation: str, *arguments: Node) -> Node:
    return Applied(operation, arguments)


def _power_slope(given: tuple[Node, ...], moved: tuple[Node, ...]) -> Node:
    (base, exponent), (d_base, d_exponent) = given, moved
    by_base = times(times(exponent, of("**", base, minus(exponent, ONE))), d_base)
    return plus(by_base, times(times(of("**", base, exponent), of("log", base)), d_exponent))


def _atan2_slope(given: tuple[Node, ...], moved: tuple[Node, ...]) -> Node:
    (y, x), (dy, dx) = given, moved
    return over(minus(times(x, dy), times(y, dx)), plus(times(x, x), times(y, y)))


def _chosen(comparison: str) -> Slopes:
    return lambda a, d: of("where", of(comparison, *a), *d)


def _one(apply: Callable[..., Array], slope: Callable[[Node], Node]) -> Operation:
    """A function of one argument, by its derivative."""
    return Operation(1, apply, lambda a, d: times(slope(a[0]), d[0]))


def _still(given: tuple[Node, ...], moved: tuple[Node, ...]) -> Node:
    """A comparison does not change but where it jumps."""
    return ZERO


def _dot(a: Array, b: Array) -> Array:
    return np.asarray(np.sum(a * b, axis=0))


OPERATIONS: Mapping[str, Operation] = {
    "+": Operation(2, np.add, lambda a, d: plus(*d)),
    "-": Operation(2, np.subtract, lambda a, d: minus(*d)),
    "*": Operation(2, np.multiply, lambda a, d: plus(times(d[0], a[1]), times(a[0], d[1]))),
    "/": Operation(2, np.divide, lambda a, d: over(minus(d[0], times(over(a[0], a[1]), d[1])), a[1])),
    "**": Operation(2, np.power, _power_slope),
    "neg": Operation(1, np.negative, lambda a, d: minus(ZERO, d[0])),
    "pos": Operation(1, np.positive, lambda a, d: d[0]),
    "<": Operation(2, np.less, _still),
    "<=": Operation(2, np.less_equal, _still),
    ">": Operation(2, np.greater, _still),
    ">=": Operation(2, np.greater_equal, _still),
    "abs": _one(np.abs, lambda a: of("where", of("<", a, ZERO), Number(-1.0), ONE)),
    "atan2": Operation(2, np.arctan2, _atan2_slope),
    "cos": _one(np.cos, lambda a: of("neg", of("sin", a))),
    "cosh": _one(np.cosh, lambda a: of("sinh", a)),
    "exp": _one(np.exp, lambda a: of("exp", a)),
    "log": _one(np.log, lambda a: over(ONE, a)),
    "max": Operation(2, np.maximum, _chosen(">=")),
    "min": Operation(2, np.minimum, _chosen("<=")),
    "sin": _one(np.sin, lambda a: of("cos", a)),
    "sinh": _one(np.sinh, lambda a: of("cosh", a)),
    "sqrt": _one(np.sqrt, lambda a: over(Number(0.5), of("sqrt", a))),
    "tan": _one(np.tan, lambda a: over(ONE, of("**", of("cos", a), Number(2.0)))),
    "tanh": _one(np.tanh, lambda a: over(ONE, of("**", of("cosh", a), Number(2.0)))),
    "where": Operation(3, np.where, lambda a, d: of("where", a[0], d[1], d[2])),  # where(x < 0.5, 1, 2)
    "dot": Operation(2, _dot, lambda a, d: plus(_product(d[0], a[1]), _product(a[0], d[1]))),
}


def _product(a: Node, b: Node) -> Node:
    return ZERO if ZERO in (a, b) else of("dot", a, b)


_SPELT: Mapping[type[ast.AST], str] = {
    **{ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.USub: "neg", ast.UAdd: "pos"},
    **{ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="},
}
FUNCTIONS = tuple(name for name in OPERATIONS if name.isalnum() and name not in ("neg", "pos", "dot"))


def read(text: str, names: Collection[str], field: str, functions: Collection[str] = FUNCTIONS) -> Node:
    """A name may be spelt with an argument, as "grad(u)". Raises `Refusal` MALFORMED_EXPRESSION, with the part of the
    text that is not understood; `field` is where the text stands in the task."""
    if len(text) > MAX_LENGTH:
        raise malformed(field, text[:40] + "…", f"has {len(text)} characters; at most {MAX_LENGTH} are read")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # all that CPython's parser says to a bad text
        raise malformed(field, text, "is no formula; write e.g. 1 + sin(pi*x)*y**2") from None
    reader = _Reader(text.strip(), names, functions, field)
    reader.check_size(tree)
    return reader.read(tree)


@dataclass(frozen=True)
class _Reader:
    text: str
    names: Collection[str]
    functions: Collection[str]
    field: str

    def check_size(self, tree: ast.expr) -> None:
        count, layer, depth = 0, [tree], 0
        while layer:
            count, depth = count + len(layer), depth + 1
            if count > MAX_NODES or depth > MAX_DEPTH:
                raise malformed(self.field, self.text[:40] + "…", f"is over {MAX_NODES} terms or {MAX_DEPTH} deep")
            layer = [child for node in layer for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]

    def read(self, node: ast.expr) -> Node:
        match node:
            case ast.Constant(value=bool()):
                raise self._refused(node, "is no number")
            case ast.Constant(value=int() | float() as value):
                return self._number(node, value)
            case ast.Name(id=name) if name in self.names:
                return Name(name)
            case ast.Name(id=name) if name in CONSTANTS:
                return Number(CONSTANTS[name])
            case ast.Call(func=ast.Name(id=name), args=[ast.Name(id=of_what)], keywords=[]) if (
                f"{name}({of_what})" in self.names
            ):
                return Name(f"{name}({of_what})")
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _SPELT:
                return self._applied(_SPELT[type(op)], operand)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _SPELT:
                return self._applied(_SPELT[type(op)], left, right)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _SPELT:
                return self._applied(_SPELT[type(op)], left, right)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in self.functions:
                if len(args) != OPERATIONS[name].count:
                    raise self._refused(node, f"takes {OPERATIONS[name].count} arguments")
                return self._applied(name, *args)
        known = ", ".join([*self.names, *CONSTANTS, *(f"{name}()" for name in self.functions)])
        raise self._refused(node, f"is not understood; there are + - * / ** < <= > >= and {known}")

    def _number(self, node: ast.expr, value: int | float) -> Number:
        try:
            return Number(float(value))
        except OverflowError:
            raise self._refused(node, "is beyond floating point") from None

    def _applied(self, operation: str, *arguments: ast.expr) -> Applied:
        return Applied(operation, tuple(self.read(argument) for argument in arguments))

    def _refused(self, node: ast.expr, why: str) -> Refusal:
        return malformed(self.field, ast.get_source_segment(self.text, node) or self.text, why)


def malformed(field: str, found: str, why: str) -> Refusal:
    return Refusal("MALFORMED_EXPRESSION", f"'{found}' {why}", field, {"found": found})
