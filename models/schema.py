"""What follows from the declarations of a task or a result: its fields, and its flat form of scalars and tensors.

The flat form is what travels: to a replica, and to and from an Open Inference Protocol client.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, cast

import numpy as np

from models.base import Array, Refusal, Result, Scalar, ScalarField, Task, TensorField

Flat = tuple[dict[str, Scalar], dict[str, Array]]
D = TypeVar("D", bound="Task | Result")


def tensors(declared: type[Any]) -> dict[str, TensorField]:
    """The declared arrays of a task or result class by name, in order of declaration."""
    return _fields(cast(Any, declared), TensorField)


def scalars(declared: type[Any]) -> dict[str, ScalarField]:
    """Its declared scalars likewise."""
    return _fields(cast(Any, declared), ScalarField)


@cache
def _fields(declared: type[Any], kind: type[Any]) -> dict[str, Any]:
    found = {f.name: f.metadata.get("declared") for f in dataclasses.fields(declared)}
    return {name: field for name, field in found.items() if isinstance(field, kind)}


def flatten(value: Task | Result) -> Flat:
    """The scalars and the present arrays of a task or result. Evidence is not part of it."""
    kind = type(value)
    arrays = {name: getattr(value, name) for name in tensors(kind)}
    return (
        {name: getattr(value, name) for name in scalars(kind)},
        {name: array for name, array in arrays.items() if array is not None},
    )


def restore(declared: type[D], flat: Flat, **more: Any) -> D:
    """The inverse of `flatten` for a flat form that we made ourselves: nothing is checked."""
    fields: dict[str, Any] = {**flat[0], **flat[1], **more}
    return declared(**fields)


def parse(declared: type[D], scalar_values: Mapping[str, Scalar], arrays: Mapping[str, Array]) -> D:
    """A task from a flat form that a stranger made: `fit` and `fill`."""
    kinds = {name: (array.dtype, array.shape) for name, array in arrays.items()}
    return fill(declared, fit(declared, scalar_values, kinds), arrays)


def fit(
    declared: type[D], scalar_values: Mapping[str, Scalar], kinds: Mapping[str, tuple[np.dtype[Any], tuple[int, ...]]]
) -> dict[str, Scalar]:
    """The scalars as they are declared, where all that a stranger says without the arrays' values is in order.

    Names, types, dtypes, ranks and named dimensions are checked; raises `Refusal` with the field's name.
    """
    parsed = {name: _scalar(name, value, scalars(declared)) for name, value in scalar_values.items()}
    known = tensors(declared)
    sizes: dict[str, tuple[int, str]] = {}
    for name, (dtype, shape) in kinds.items():
        field = known.get(name)
        if field is None:
            raise _unknown(name, known)
        _check_dtype(name, dtype, field)
        _check_shape(name, shape, field, sizes)
    for name, field in known.items():
        if not field.optional and name not in kinds:
            raise Refusal("MISSING_TENSOR", f"the tensor {name!r} is required: {field.doc}", name, {"tensor": name})
    return parsed


def fill(declared: type[D], scalar_values: Mapping[str, Scalar], arrays: Mapping[str, Array]) -> D:
    """The task of scalars and arrays that `fit`; raises `Refusal` with the place of a value that is not finite."""
    for name, array in arrays.items():
        _check_finite(name, array)
    fields: dict[str, Any] = {**scalar_values, **arrays}
    return declared(**fields)


def _scalar(name: str, value: Scalar, known: Mapping[str, ScalarField]) -> Scalar:
    field = known.get(name)
    if field is None:
        raise _unknown(name, known)
    wanted = type(field.default)
    if wanted is float and type(value) is int:
        value = float(value)
    if type(value) is not wanted:
        details = {"parameter": name, "got": type(value).__name__, "want": wanted.__name__}
        raise Refusal("WRONG_TYPE", f"is a {details['got']}; send a {details['want']}", name, details)
    if isinstance(value, float) and not np.isfinite(value):
        raise Refusal("NOT_FINITE", f"is {value}; send a finite number", name, {"parameter": name})
    if field.choices and value not in field.choices:
        choices = ", ".join(map(str, field.choices))
        raise Refusal("UNKNOWN_CHOICE", f"is {value!r}; choose one of {choices}", name, {"choices": choices})
    return value


def _unknown(name: str, known: Mapping[str, object]) -> Refusal:
    names = ", ".join(known) or "none"
    return Refusal("UNKNOWN_INPUT", f"there is no input {name!r}; known are: {names}", name, {"known": names})


def _check_dtype(name: str, dtype: np.dtype[Any], field: TensorField) -> None:
    if dtype != np.dtype(field.dtype):
        details = {"got": dtype.name, "want": field.dtype}
        raise Refusal("WRONG_DTYPE", f"has dtype {dtype.name}; send {field.dtype}", name, details)


def _check_shape(name: str, has: tuple[int, ...], field: TensorField, sizes: dict[str, tuple[int, str]]) -> None:
    allowed = (field.shape, *field.alternatives)
    for shape in allowed:
        fitted = _fitted(name, has, shape, sizes)
        if fitted is not None:
            sizes.update(fitted)
            return
    want = " or ".join(_shown(shape, sizes) for shape in allowed)
    got = "(" + ", ".join(map(str, has)) + ")"
    raise Refusal("WRONG_SHAPE", f"has shape {got}; send {want}", name, {"got": got, "want": want})


def _fitted(
    name: str, got: tuple[int, ...], shape: tuple[int | str, ...], sizes: Mapping[str, tuple[int, str]]
) -> dict[str, tuple[int, str]] | None:
    """What `got` says of the named dimensions; None where it does not fit."""
    if len(shape) != len(got):
        return None
    said = dict(sizes)
    for dimension, size in zip(shape, got, strict=True):
        if isinstance(dimension, str):
            if said.setdefault(dimension, (size, name))[0] != size:
                return None
        elif dimension not in (-1, size):
            return None
    return said


def _shown(shape: tuple[int | str, ...], sizes: Mapping[str, tuple[int, str]]) -> str:
    def one(d: int | str) -> str:
        if isinstance(d, str) and d in sizes:
            return f"{d}={sizes[d][0]} as in {sizes[d][1]}"
        return "any" if d == -1 else str(d)

    return "(" + ", ".join(map(one, shape)) + ")"


def _check_finite(name: str, array: Array) -> None:
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    at = np.argwhere(~np.isfinite(array))[0]
    index = ", ".join(map(str, at))
    value = str(array[tuple(at)])
    raise Refusal("NOT_FINITE", f"is {value} at [{index}]; send finite numbers", f"{name}[{index}]", {"value": value})
