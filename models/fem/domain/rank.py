"""Whether a formula is a number or a vector at each place; sums and products of what does not fit are refused."""

from __future__ import annotations

from collections.abc import Callable

from models.fem.domain.formula import Applied, Name, Node, Number, malformed

# Operations that take vectors, too.
_LINEAR = ("+", "-", "neg", "pos", "*", "/", "dot", "where")


def rank(node: Node, is_vector: Callable[[str], bool], text: str, field: str) -> int:
    """1 for a vector, 0 for a number. Raises `Refusal` MALFORMED_EXPRESSION, as of `text` at `field` of the task."""
    match node:
        case Number():
            return 0
        case Name(name):
            return int(is_vector(name))
        case Applied(operation, arguments):
            ranks = tuple(rank(argument, is_vector, text, field) for argument in arguments)
            return rank_of(operation, ranks, text, field)


def rank_of(operation: str, ranks: tuple[int, ...], text: str, field: str) -> int:
    """Of the operation on arguments of these ranks."""
    match operation:
        case "+" | "-" if ranks[0] != ranks[1]:
            raise malformed(field, text, "adds a vector and a number")
        case "*" if sum(ranks) > 1:
            raise malformed(field, text, "multiplies two vectors by *; write dot(a, b)")
        case "/" if ranks[1]:
            raise malformed(field, text, "divides by a vector")
        case "dot":
            if ranks != (1, 1):
                raise malformed(field, text, "takes dot of what is no vector")
            return 0
        case "where" if ranks[0] or ranks[1] != ranks[2]:
            raise malformed(field, text, "chooses between a vector and a number, or by a vector")
        case _ if operation not in _LINEAR and any(ranks):
            raise malformed(field, text, f"takes {operation} of a vector")
    return max(ranks)
