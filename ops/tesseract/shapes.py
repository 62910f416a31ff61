"""abstract_eval: the shapes and dtypes of a model's outputs, where those of its inputs decide them.

A declaration names sizes, such as the points of a mesh: a name that an input gives is a size of the outputs, too. What
follows only from values (the points of a square that `divisions` cuts) or from the computation is refused, not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from models import schema
from models.base import Refusal, Scalar, Spec, TensorField

Shape = tuple[int, ...]


class Abstract(msgspec.Struct):
    """An array without its values; those of one that is sent whole are passed over."""

    shape: Shape
    dtype: str


def outputs(spec: Spec, said: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Of the answer to inputs of these shapes. Raises `Refusal` with an input's name, or with "outputs[…]"."""
    declared = schema.tensors(spec.task)
    scalars: dict[str, Scalar] = {}
    kinds: dict[str, tuple[np.dtype[Any], Shape]] = {}
    for name, value in said.items():
        if name not in declared and isinstance(value, bool | int | float | str):
            scalars[name] = value
        elif value is not None:
            kinds[name] = _kind(value, name)
    schema.fit(spec.task, scalars, kinds)
    sizes = _sizes(declared, {name: shape for name, (_, shape) in kinds.items()})
    for name in schema.scalars(spec.result):
        raise _undecided(name, "is no array, and has no shape")
    return {name: _evaluated(name, field, sizes) for name, field in schema.tensors(spec.result).items()}


def _kind(value: Any, name: str) -> tuple[np.dtype[Any], Shape]:
    try:
        told = msgspec.convert(value, Abstract)
        return np.dtype(told.dtype), told.shape
    except (msgspec.ValidationError, TypeError):  # the latter for a dtype that is none
        raise Refusal("MALFORMED_ARRAY", "is no object with a shape and a dtype", name) from None


def _sizes(declared: Mapping[str, TensorField], shapes: Mapping[str, Shape]) -> dict[str, int]:
    """The sizes that have names, by the first of a field's shapes that has as many axes: they all fit already."""
    sizes: dict[str, int] = {}
    for name, shape in shapes.items():
        field = declared[name]
        fitting = next(each for each in (field.shape, *field.alternatives) if len(each) == len(shape))
        sizes |= {axis: size for axis, size in zip(fitting, shape, strict=True) if isinstance(axis, str)}
    return sizes


def _evaluated(name: str, field: TensorField, sizes: Mapping[str, int]) -> dict[str, Any]:
    unknown = [str(axis) for axis in field.shape if axis == -1 or (isinstance(axis, str) and axis not in sizes)]
    if unknown or field.optional or field.alternatives:
        shape = ", ".join(map(str, field.shape))
        raise _undecided(
            name, "may be absent" if field.optional else f"has sizes that no input's shape gives: ({shape})"
        )
    return {"shape": [sizes[axis] if isinstance(axis, str) else axis for axis in field.shape], "dtype": field.dtype}


def _undecided(name: str, why: str) -> Refusal:
    return Refusal("SHAPE_UNDECIDED", f"{why}; call apply", f"outputs[{name}]", {"output": name})
