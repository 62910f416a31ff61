"""What follows from a task's declarations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models import schema
from models.base import Array, Refusal, Task, scalar, tensor
from models.identity import IdentityTask
from tests.support.echo import EchoResult, EchoTask


@dataclass(frozen=True, kw_only=True)
class SquareTask(Task):
    matrix: Array = tensor("float64", ("n", "n"), "a square")
    vector: Array | None = tensor("float64", ("n",), "fits it", optional=True, alternatives=(("n", 3),))
    pair: Array | None = tensor("int32", (2,), "two", optional=True)
    whole: int = scalar(1, "an int")
    real: float = scalar(0.5, "a float")
    name: str = scalar("a", "a name", choices=("a", "b"))
    flag: bool = scalar(False, "a bool")

    def check(self) -> None:
        pass


MATRIX = np.eye(2)


def refused(scalars: dict[str, Any], arrays: dict[str, Any]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        schema.parse(SquareTask, scalars, {"matrix": MATRIX, **arrays})
    return caught.value


def test_the_fields_are_in_order_of_declaration() -> None:
    assert list(schema.tensors(SquareTask)) == ["matrix", "vector", "pair"]
    assert list(schema.scalars(SquareTask)) == ["whole", "real", "name", "flag"]
    assert list(schema.tensors(EchoResult)) == ["y", "size"]  # evidence is no part of it


def test_what_fits_is_taken_as_it_is() -> None:
    task = schema.parse(
        SquareTask, {"real": 2, "name": "b"}, {"matrix": MATRIX, "vector": np.zeros((2, 3)), "pair": np.ones(2, "i4")}
    )
    assert task.matrix is MATRIX
    assert (task.real, type(task.real), task.name, task.whole) == (2.0, float, "b", 1)


@pytest.mark.parametrize(
    ("scalars", "arrays", "reason", "field", "said"),
    [
        ({"colour": 1}, {}, "UNKNOWN_INPUT", "colour", "whole, real, name, flag"),
        ({"whole": 1.0}, {}, "WRONG_TYPE", "whole", "is a float; send a int"),
        ({"whole": True}, {}, "WRONG_TYPE", "whole", "is a bool"),
        ({"flag": 1}, {}, "WRONG_TYPE", "flag", "is a int; send a bool"),
        ({"name": 1}, {}, "WRONG_TYPE", "name", "send a str"),
        ({"real": float("nan")}, {}, "NOT_FINITE", "real", "finite"),
        ({"real": float("-inf")}, {}, "NOT_FINITE", "real", "-inf"),
        ({"name": "c"}, {}, "UNKNOWN_CHOICE", "name", "choose one of a, b"),
        ({}, {"colour": MATRIX}, "UNKNOWN_INPUT", "colour", "matrix, vector, pair"),
        ({}, {"matrix": MATRIX.astype("f4")}, "WRONG_DTYPE", "matrix", "float32; send float64"),
        ({}, {"matrix": MATRIX.astype(">f8")}, "WRONG_DTYPE", "matrix", "send float64"),
        ({}, {"matrix": np.zeros((2, 3))}, "WRONG_SHAPE", "matrix", "has shape (2, 3); send (n, n)"),
        ({}, {"matrix": np.zeros(2)}, "WRONG_SHAPE", "matrix", "has shape (2)"),
        ({}, {"vector": np.zeros(3)}, "WRONG_SHAPE", "vector", "(n=2 as in matrix) or (n=2 as in matrix, 3)"),
        ({}, {"vector": np.zeros((2, 2))}, "WRONG_SHAPE", "vector", "send"),
        ({}, {"pair": np.ones(3, "i4")}, "WRONG_SHAPE", "pair", "send (2)"),
        ({}, {"matrix": np.array([[0.0, 1.0], [2.0, np.nan]])}, "NOT_FINITE", "matrix[1, 1]", "is nan at [1, 1]"),
        ({}, {"vector": np.array([np.inf, np.nan])}, "NOT_FINITE", "vector[0]", "inf"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field(
    scalars: dict[str, Any], arrays: dict[str, Any], reason: str, field: str, said: str
) -> None:
    refusal = refused(scalars, arrays)
    assert (refusal.reason, refusal.field) == (reason, field)
    assert said in refusal.message
    assert str(refusal) == f"{field}: {refusal.message}"


def test_a_missing_tensor_is_told_what_it_is() -> None:
    with pytest.raises(Refusal, match="a square") as caught:
        schema.parse(SquareTask, {}, {})
    assert (caught.value.reason, caught.value.field) == ("MISSING_TENSOR", "matrix")


def test_any_size_is_called_so() -> None:
    with pytest.raises(Refusal, match=r"send \(any\)") as caught:
        schema.parse(IdentityTask, {}, {"data": np.zeros((1, 1), "u1")})
    assert caught.value.details == {"got": "(1, 1)", "want": "(any)"}


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(
    x=hnp.arrays("float64", st.integers(0, 20), elements=finite),
    weighted=st.booleans(),
    wait_s=st.floats(0.0, 1e300),
    tag=st.integers(-(2**63), 2**63 - 1),
    loud=st.booleans(),
)
def test_a_flat_task_is_parsed_and_restored_to_itself(
    x: Array, weighted: bool, wait_s: float, tag: int, loud: bool
) -> None:
    weights = np.ones((len(x), 2), "f4") if weighted else None
    task = EchoTask(x=x, weights=weights, wait_s=wait_s, tag=tag, loud=loud)
    flat = schema.flatten(task)
    assert ("weights" in flat[1]) == weighted
    for again in (schema.restore(EchoTask, flat), schema.parse(EchoTask, *flat)):
        assert schema.flatten(again)[0] == flat[0]
        assert all(np.array_equal(schema.flatten(again)[1][name], array) for name, array in flat[1].items())
