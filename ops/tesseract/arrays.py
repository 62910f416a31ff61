"""Arrays as Tesseract writes them in JSON: shape, dtype and a buffer of numbers or of base64.

After tesseract-core 1.15, `runtime/array_encoding.py`. Buffers in files (binref), in GPU memory and compressed ones are
not taken: a gateway shares neither disk nor device with its callers, and arrays of float64 hardly shrink.
"""

from __future__ import annotations

import base64
import binascii
import enum
import math
from typing import Any

import msgspec
import numpy as np

from models.base import Array, Refusal

_INTEGERS = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
_DTYPES = ("bool", "float16", "float32", "float64", *_INTEGERS)
_KINDS = "biuf"
_MOST_AXES = 32  # NumPy 1's limit


class Format(enum.Enum):
    """How the arrays of an answer are written."""

    BASE64 = "json+base64"
    JSON = "json"

    @property
    def media_type(self) -> str:
        return f"application/{self.value}"


class _Buffer(msgspec.Struct, forbid_unknown_fields=True):
    buffer: Any
    encoding: str
    compression: str | None = None


class _Encoded(msgspec.Struct, forbid_unknown_fields=True):
    shape: tuple[int, ...]
    dtype: str
    data: _Buffer
    object_type: str = "array"


def decoded(said: Any, dtype: str, name: str) -> Array:
    """The array that is `said`, encoded or as plain numbers, in the machine's order as `dtype`.

    Raises `Refusal` with `name` where it is no array, or where a cast to `dtype` could lose more than precision.
    """
    array = _encoded(said, name) if isinstance(said, dict) else _numbers(said, name)
    return _cast(array, np.dtype(dtype), name)


def encoded(array: Array, form: Format) -> dict[str, Any]:
    """`array` as Tesseract's clients decode it. JSON has no number for what is not finite: null."""
    if form is Format.JSON:
        data = {"buffer": array.tolist(), "encoding": "json"}
    else:
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        data = {"buffer": base64.b64encode(little.tobytes()).decode(), "encoding": "base64"}
    return {"object_type": "array", "shape": list(array.shape), "dtype": array.dtype.name, "data": data}


def _encoded(said: dict[str, Any], name: str) -> Array:
    try:
        told = msgspec.convert(said, _Encoded)
    except msgspec.ValidationError as error:
        raise _no_array(name, f"is no encoded array: {error}") from None
    if told.dtype not in _DTYPES:
        raise _no_array(name, f"has dtype {told.dtype[:40]!r}; known are: {', '.join(_DTYPES)}")
    if min(told.shape, default=0) < 0 or len(told.shape) > _MOST_AXES:
        raise _no_array(name, f"has no shape of at most {_MOST_AXES} sizes")
    if told.data.compression is not None:
        raise _no_array(name, "is compressed; send it as it is")
    match told.data.encoding:
        case "base64":
            flat = _from_base64(told, name)
        case "json" | "raw":
            flat = _cast(_numbers(told.data.buffer, name), np.dtype(told.dtype), name).ravel()
        case other:
            raise _no_array(name, f"has encoding {other[:40]!r}; send base64 or json")
    if flat.size != math.prod(told.shape):
        raise _no_array(name, f"has {flat.size} values, and its shape {math.prod(told.shape)}")
    return flat.reshape(told.shape)


def _from_base64(told: _Encoded, name: str) -> Array:
    if not isinstance(told.data.buffer, str):
        raise _no_array(name, "has a base64 buffer that is no text")
    dtype = np.dtype(told.dtype).newbyteorder("<")
    try:
        raw = base64.b64decode(told.data.buffer, validate=True)
    except (binascii.Error, ValueError):  # the latter where there are letters beyond ASCII
        raise _no_array(name, "has a buffer that is not base64") from None
    if len(raw) % dtype.itemsize:
        raise _no_array(name, f"has {len(raw)} bytes, which are no whole number of {told.dtype}")
    return np.frombuffer(raw, dtype)


def _numbers(said: Any, name: str) -> Array:
    try:
        array = np.asarray(said)
    except (ValueError, OverflowError):  # rows of several lengths, a number beyond all dtypes
        raise _no_array(name, "is neither an encoded array nor numbers in rows of one length") from None
    if array.dtype.kind not in _KINDS:
        raise _no_array(name, "is neither an encoded array nor numbers")
    return array


def _cast(array: Array, wanted: np.dtype[Any], name: str) -> Array:
    """Between kinds only upwards: integers to floats, never back; among integers where every value stays what it is."""
    empty = array.size == 0 and array.dtype.kind == "f"  # what NumPy makes of []
    integers = array.dtype.kind in "iu" and wanted.kind in "iu"
    if not (empty or integers or np.can_cast(array.dtype, wanted, "same_kind")):
        details = {"got": array.dtype.name, "want": wanted.name}
        raise Refusal("WRONG_DTYPE", f"has dtype {array.dtype.name}; send {wanted.name}", name, details)
    with np.errstate(over="ignore"):  # a float beyond `wanted` becomes infinite, which no model takes
        cast = np.ascontiguousarray(array, wanted).reshape(array.shape)
    if integers and not np.array_equal(cast, array):
        raise Refusal("WRONG_DTYPE", f"holds numbers beyond {wanted.name}", name, {"want": wanted.name})
    return cast


def _no_array(name: str, what: str) -> Refusal:
    return Refusal("MALFORMED_ARRAY", what, name)
