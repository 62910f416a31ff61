"""The inputs of a call: from JSON to the scalars and arrays that a model declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models import schema
from models.base import Array, Refusal, Scalar, Task
from models.schema import Flat
from ops.tesseract import arrays


def flat(declared: type[Task], said: Mapping[str, Any]) -> Flat:
    """Null is absent. Raises `Refusal` with the input's name; whether shapes and values fit, the router says."""
    tensors, scalars = schema.tensors(declared), schema.scalars(declared)
    unknown = [name for name in said if name not in tensors and name not in scalars]
    if unknown:
        known = ", ".join((*tensors, *scalars))
        message = f"there is no input {unknown[0][:80]!r}; known are: {known}"
        raise Refusal("UNKNOWN_INPUT", message, unknown[0][:80], {"known": known})
    given = {name: value for name, value in said.items() if value is not None}
    return (
        {name: _scalar(value, name) for name, value in given.items() if name in scalars},
        {name: arrays.decoded(value, tensors[name].dtype, name) for name, value in given.items() if name in tensors},
    )


def vectors(said: Mapping[str, Any], likes: Mapping[str, Array]) -> dict[str, Array]:
    """Tangents by the names of the inputs that they change, each with the dtype and shape of its input."""
    found = {}
    for name, like in likes.items():
        found[name] = arrays.decoded(said[name], like.dtype.name, name)
        if found[name].shape != like.shape:
            message = f"has shape {found[name].shape}; send {like.shape}, as its input has"
            raise Refusal("WRONG_SHAPE", message, name, {"got": str(found[name].shape), "want": str(like.shape)})
    return found


def _scalar(value: Any, name: str) -> Scalar:
    if not isinstance(value, bool | int | float | str):
        raise Refusal("WRONG_TYPE", "is no number, truth value or text", name, {"parameter": name})
    if type(value) is int and not -(2**63) <= value < 2**63:
        raise Refusal("OUT_OF_RANGE", "does not fit 64 bits", name, {"parameter": name})
    return value
