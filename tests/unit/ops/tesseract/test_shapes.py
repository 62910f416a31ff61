"""Shapes of outputs from those of inputs: what is told is what a run gives, and nothing else is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from models.base import Array, Refusal, Result, Spec, Task, scalar, tensor
from models.catalog import CATALOG
from models.schema import flatten
from ops.tesseract.arrays import Format, encoded
from ops.tesseract.shapes import outputs
from tests.support.router import loaded

DIFFUSION = CATALOG["fem.diffusion"]
SQUARE: dict[str, Any] = {
    "divisions": np.array([3, 2]),
    "conductivity": np.ones(1),
    "dirichlet_points": np.arange(4),
    "dirichlet_values": np.zeros(4),
}
BOTTOM: dict[str, Any] = {  # of P2: three nodes, and the midpoints of two edges
    **SQUARE,
    "degree": 2,
    "divisions": np.array([2, 1]),
    "dirichlet_points": np.array([0, 1, 2, 6, 9]),
    "dirichlet_values": np.zeros(5),
}
OWN: dict[str, Any] = {
    "nodes": np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]),
    "cells": np.array([[0, 1, 2], [1, 3, 2]]),
    "conductivity": np.ones(2),
    "dirichlet_points": np.array([0, 1]),
    "dirichlet_values": np.zeros(2),
}


def abstract(array: Array) -> dict[str, Any]:
    return {"shape": list(array.shape), "dtype": array.dtype.name}


@pytest.mark.parametrize(
    ("inputs", "whole"),
    [
        (SQUARE, "divisions"),
        (BOTTOM, "divisions"),
        ({**SQUARE, "divisions": np.array([1, 1]), "dirichlet_points": np.array([0, 1, 2, 3])}, "divisions"),
        ({**SQUARE, "error_bound": "none"}, "divisions"),
        (OWN, ""),
    ],
)
def test_diffusion_s_shapes_are_those_of_a_run(inputs: dict[str, Any], whole: str) -> None:
    result = loaded(DIFFUSION).run([DIFFUSION.task(**inputs)])[0]
    assert not isinstance(result, Refusal)
    arrays = {name: value for name, value in inputs.items() if isinstance(value, np.ndarray)}
    said = {**inputs, **{name: abstract(array) for name, array in arrays.items()}}
    if whole:
        for sent in (inputs[whole].tolist(), encoded(inputs[whole], Format.BASE64)):
            told = outputs(DIFFUSION, {**said, whole: sent, "source": None})
            assert {n: {**each, "shape": list(each["shape"])} for n, each in told.items()} == {
                name: abstract(array) for name, array in flatten(result)[1].items()
            }
    else:
        assert outputs(DIFFUSION, said)["u"]["shape"] == flatten(result)[1]["u"].shape


@dataclass(frozen=True, kw_only=True)
class Pairs(Task):
    x: Array = tensor("float64", ("n", 2), "pairs", alternatives=(("n",),))

    def check(self) -> None:
        pass


@dataclass(frozen=True, kw_only=True)
class Sums(Result):
    sums: Array = tensor("float32", ("n", 1), "of each pair")


@dataclass(frozen=True, kw_only=True)
class Perhaps(Sums):
    more: Array | None = tensor("float64", ("n",), "if there is any", optional=True)


@dataclass(frozen=True, kw_only=True)
class Counted(Sums):
    count: int = scalar(0, "how many")


@dataclass(frozen=True, kw_only=True)
class Shaped(Result):
    either: Array = tensor("float64", ("n",), "or pairs", alternatives=(("n", 2),))


PAIRS = Spec("pairs", "1", "Sums of pairs.", Pairs, Sums, "nowhere:at_all", lambda: Pairs(x=np.ones((1, 2))))


def test_a_size_that_an_input_names_is_a_size_of_outputs() -> None:
    for shape in ([5, 2], [5]):
        told = outputs(PAIRS, {"x": {"shape": shape, "dtype": "float64"}})
        assert told == {"sums": {"shape": (5, 1), "dtype": "float32"}}


@pytest.mark.parametrize(("result", "output"), [(Perhaps, "more"), (Counted, "count"), (Shaped, "either")])
def test_what_no_input_decides_is_refused(result: type[Result], output: str) -> None:
    with pytest.raises(Refusal) as caught:
        outputs(replace(PAIRS, result=result), {"x": {"shape": [5], "dtype": "float64"}})
    assert (caught.value.reason, caught.value.field) == ("SHAPE_UNDECIDED", f"outputs[{output}]")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, "MISSING_TENSOR"),
        ({"y": 1}, "UNKNOWN_INPUT"),
        ({"x": {"shape": [5, 3], "dtype": "float64"}}, "WRONG_SHAPE"),
        ({"x": {"shape": [5], "dtype": "int64"}}, "WRONG_DTYPE"),
        ({"x": {"shape": [5], "dtype": "no dtype"}}, "MALFORMED_ARRAY"),
        ({"x": 5}, "MALFORMED_ARRAY"),
    ],
)
def test_inputs_that_fit_no_task_are_refused(said: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refusal) as caught:
        outputs(PAIRS, said)
    assert caught.value.reason == reason


def test_what_diffusion_s_rule_cannot_know_is_refused() -> None:
    whole = {name: abstract(array) for name, array in OWN.items()}
    for said in ({**whole, "degree": 2}, {**SQUARE_ABSTRACT, "divisions": [0, 2]}, SQUARE_ABSTRACT):
        with pytest.raises(Refusal) as caught:
            outputs(DIFFUSION, said)
        assert caught.value.field == "outputs[u]"


SQUARE_ABSTRACT = {name: abstract(array) for name, array in SQUARE.items()}
