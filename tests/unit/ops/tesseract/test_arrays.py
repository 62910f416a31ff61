"""Arrays in JSON: what Tesseract's client writes is read, what is written its client reads, and no value changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from msgspec import json
from tesseract_core.sdk.tesseract import _decode_array, _encode_array

from models.base import Refusal
from ops.tesseract.arrays import Format, decoded, encoded

ANY = arrays_of.arrays(
    st.sampled_from(["bool", "int8", "int64", "uint16", "float32", "float64"]), arrays_of.array_shapes(min_dims=0)
)


@given(ANY)
def test_what_the_client_writes_is_read_as_it_is(array: Any) -> None:
    for encoding in ("base64", "raw"):
        read = decoded(_encode_array(array, encoding), array.dtype.name, "x")
        assert (read.dtype, read.shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(read, array)


@given(ANY)
def test_the_client_reads_what_is_written(array: Any) -> None:
    for form in Format:
        read = _decode_array(encoded(array, form))
        assert (read.dtype, read.shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(read, array)


def test_what_is_not_finite_is_null_in_json() -> None:
    read = json.decode(json.encode(encoded(np.array([1.0, np.inf, np.nan]), Format.JSON)))
    assert read["data"]["buffer"] == [1.0, None, None]


@pytest.mark.parametrize(
    ("said", "dtype", "value"),
    [
        ([1, 2], "float64", [1.0, 2.0]),
        ([1.5], "float32", [1.5]),
        (3, "int64", 3),
        ([], "int64", []),
        ([[], []], "float64", [[], []]),
        ([True], "float64", [1.0]),
        (_encode_array(np.array([7], "uint8")), "int64", [7]),
    ],
)
def test_what_loses_no_value_is_cast(said: Any, dtype: str, value: Any) -> None:
    read = decoded(said, dtype, "x")
    assert read.dtype == dtype
    assert read.tolist() == value


BASE64 = {"encoding": "base64", "buffer": ""}
WRONG: dict[str, tuple[Any, str]] = {
    "text": ("abc", "MALFORMED_ARRAY"),
    "objects": ([{}], "MALFORMED_ARRAY"),
    "rows of several lengths": ([[1], [1, 2]], "MALFORMED_ARRAY"),
    "beyond 64 bits": ([10**30], "MALFORMED_ARRAY"),
    "a float for an integer": ([1.5], "WRONG_DTYPE"),
    "beyond the dtype": (_encode_array(np.array([2**63], "uint64")), "WRONG_DTYPE"),
    "no data": ({"shape": [1], "dtype": "int64"}, "MALFORMED_ARRAY"),
    "more than there should be": ({"shape": [0], "dtype": "int64", "data": BASE64, "more": 1}, "MALFORMED_ARRAY"),
    "a complex dtype": ({"shape": [0], "dtype": "complex128", "data": BASE64}, "MALFORMED_ARRAY"),
    "an object dtype": ({"shape": [0], "dtype": "object", "data": BASE64}, "MALFORMED_ARRAY"),
    "a negative size": ({"shape": [-1], "dtype": "int64", "data": BASE64}, "MALFORMED_ARRAY"),
    "forty axes": ({"shape": [1] * 40, "dtype": "int64", "data": BASE64}, "MALFORMED_ARRAY"),
    "too few values": ({"shape": [1 << 40], "dtype": "int64", "data": BASE64}, "MALFORMED_ARRAY"),
    "half a value": ({"shape": [1], "dtype": "int64", "data": {**BASE64, "buffer": "AAAA"}}, "MALFORMED_ARRAY"),
    "not base64": ({"shape": [1], "dtype": "int64", "data": {**BASE64, "buffer": "*"}}, "MALFORMED_ARRAY"),
    "not ASCII": ({"shape": [1], "dtype": "int64", "data": {**BASE64, "buffer": "ä"}}, "MALFORMED_ARRAY"),
    "a buffer of numbers": ({"shape": [1], "dtype": "int64", "data": {**BASE64, "buffer": [1]}}, "MALFORMED_ARRAY"),
    "a compressed one": ({"shape": [0], "dtype": "int64", "data": {**BASE64, "compression": "lz4"}}, "MALFORMED_ARRAY"),
    "a file": (
        {"shape": [0], "dtype": "int64", "data": {"encoding": "binref", "buffer": "/etc/passwd"}},
        "MALFORMED_ARRAY",
    ),
}


@pytest.mark.parametrize(("said", "reason"), WRONG.values(), ids=WRONG.keys())
def test_what_is_no_array_of_its_kind_is_refused_by_name(said: Any, reason: str) -> None:
    with pytest.raises(Refusal) as caught:
        decoded(said, "int64", "x")
    assert (caught.value.reason, caught.value.field) == (reason, "x")
