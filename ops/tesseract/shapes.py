"""abstract_eval: the shapes and dtypes of a model's outputs, where those of its inputs decide them.

A declaration names sizes, such as the nodes of a mesh: a name that an input gives is a size of the outputs, too. Some
models have a rule for what their declaration leaves open, which may look at inputs that were sent whole. What follows
from nothing that is there is refused, not guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np

from models import schema
from models.base import Array, Refusal, Scalar, Spec, TensorField
from ops.tesseract import diffusion_shapes
from ops.tesseract.arrays import decoded

Shape = tuple[int, ...]
Rule = Callable[[Mapping[str, Scalar], Mapping[str, Array], Mapping[str, int]], Mapping[str, Shape | None]]
RULES: Mapping[str, Rule] = {"fem.diffusion": diffusion_shapes.shapes}


class _Abstract(msgspec.Struct):
    """An array without its values."""

    shape: Shape
    dtype: str


def outputs(spec: Spec, said: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Of the answer to inputs of these shapes. Raises `Refusal` with an input's name, or with "outputs[…]"."""
    declared = schema.tensors(spec.task)
    given = {name: value for name, value in said.items() if value is not None}
    scalars = {name: value for name, value in given.items() if name not in declared}
    values = {
        name: decoded(value, declared[name].dtype, name)
        for name, value in given.items()
        if name in declared and _whole(value)
    }
    kinds = {name: (array.dtype, array.shape) for name, array in values.items()}
    kinds |= {name: _kind(given[name], name) for name in given.keys() & declared.keys() - kinds.keys()}
    sized = schema.fit(spec.task, scalars, kinds)
    sizes = _sizes(declared, {name: shape for name, (_, shape) in kinds.items()})
    rule = RULES.get(spec.name)
    told = {} if rule is None else rule(sized, values, sizes)
    for name in schema.scalars(spec.result):
        raise _undecided(name, "is no array, and has no shape")
    results = schema.tensors(spec.result)
    found = {name: told[name] if name in told else _shape(name, field, sizes) for name, field in results.items()}
    return {name: {"shape": shape, "dtype": results[name].dtype} for name, shape in found.items() if shape is not None}


def _whole(value: Any) -> bool:
    return "data" in value if isinstance(value, dict) else isinstance(value, list)


def _kind(value: Any, name: str) -> tuple[np.dtype[Any], Shape]:
    try:
        told = msgspec.convert(value, _Abstract)
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


def _shape(name: str, field: TensorField, sizes: Mapping[str, int]) -> Shape:
    shape = tuple(sizes.get(axis, -1) if isinstance(axis, str) else axis for axis in field.shape)
    if field.optional:
        raise _undecided(name, "may be absent")
    if -1 in shape or field.alternatives:
        names = ", ".join(map(str, field.shape))
        raise _undecided(name, f"has sizes that the inputs' shapes do not give: ({names})")
    return shape


def _undecided(name: str, why: str) -> Refusal:
    return Refusal("SHAPE_UNDECIDED", f"{why}; call apply", f"outputs[{name}]", {"output": name})
