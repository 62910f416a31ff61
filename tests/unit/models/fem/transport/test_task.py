"""What makes no sense is refused with its field; batches, and the shapes of answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models import schema
from models.base import BoundKind, Outcome, Refusal
from models.fem.transport.solve import TransportSolver
from models.fem.transport.task import SPEC, TransportResult, TransportTask
from tests.unit.models.fem.transport.test_convergence import solved

TASK = TransportTask(divisions=np.array([2, 2]), diffusivity=np.array([1.0]), conditions="left: u = 0")


def test_the_example_is_answered_with_its_evidence() -> None:
    task = SPEC.example()
    assert isinstance(task, TransportTask)
    result = solved(task)
    assert result.evidence.outcome is Outcome.CONVERGED
    assert result.evidence.method == "Q1 Lagrange elements, SUPG on 100 % of the cells, sparse LU"
    assert result.evidence.residual is not None
    assert result.evidence.residual < 1e-12
    still = solved(replace(task, velocity=""))
    assert still.evidence.error_bound is not None
    assert still.evidence.error_bound.kind is BoundKind.ESTIMATED
    assert still.cell_estimate is not None
    assert still.evidence.error_bound.value**2 == pytest.approx(still.cell_estimate.sum())


@pytest.mark.parametrize("kind", ["quadrilateral", "hexahedron"])
def test_a_result_is_of_the_declared_shapes(kind: str) -> None:
    d = 2 if kind == "quadrilateral" else 3
    task = replace(TASK, shape="square" if d == 2 else "cube", divisions=np.full(d, 1), cell_kind=kind)
    points = len(solved(task).u)
    result = solved(replace(task, cotangent=np.ones(points)))
    flat = schema.flatten(result)
    schema.fit(TransportResult, flat[0], {name: (array.dtype, array.shape) for name, array in flat[1].items()})
    assert {"diffusivity_gradient", "cell_estimate"} <= flat[1].keys()


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"diffusivity": np.array([1.0, 2.0])}, "WRONG_SIZE", "diffusivity"),
        ({"diffusivity": np.array([0.0])}, "NOT_POSITIVE", "diffusivity[0]"),
        ({"reaction": np.array([-1.0])}, "OUT_OF_RANGE", "reaction[0]"),
        ({"reaction": np.ones(2)}, "WRONG_SIZE", "reaction"),
        ({"cell_source": np.ones(2)}, "WRONG_SIZE", "cell_source"),
        ({"cell_velocity": np.ones((2, 2))}, "WRONG_SIZE", "cell_velocity"),
        ({"cell_velocity": np.ones((1, 3))}, "WRONG_SHAPE", "cell_velocity"),
        ({"velocity": "1"}, "MALFORMED_EXPRESSION", "velocity"),
        ({"velocity": "1, z"}, "MALFORMED_EXPRESSION", "velocity"),
        ({"source": "t"}, "MALFORMED_EXPRESSION", "source"),
        ({"conditions": "left: p = 0"}, "MALFORMED_CONDITION", "conditions[0]"),
        ({"divisions": np.array([10**6, 10**6])}, "OUT_OF_RANGE", "divisions"),
    ],
)
def test_what_the_arrays_show_to_be_wrong_is_refused_before_anything_is_made(
    change: dict[str, object], reason: str, field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        replace(TASK, **change).check()  # type: ignore[arg-type]
    assert (refused.value.reason, refused.value.field) == (reason, field)


SPLIT = {
    "shape": "own",
    "divisions": None,
    "nodes": np.array([[0.0, 0], [1, 0], [0, 1], [5, 0], [6, 0], [5, 1]]),
    "cells": np.array([[0, 1, 2], [3, 4, 5]]),
    "boundary_facets": np.array([[0, 1]]),
    "boundary_labels": np.array([0]),
    "boundary_names": "left",
}


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"conditions": ""}, "SINGULAR_PROBLEM", "conditions"),
        ({"conditions": "left: q = 1", "velocity": "1, 0"}, "SINGULAR_PROBLEM", "conditions"),
        ({"conditions": "left: h = 0, 1"}, "SINGULAR_PROBLEM", "conditions"),
        (SPLIT, "SINGULAR_PROBLEM", "conditions"),
        ({"conditions": "left: h = y - 1/2, 1"}, "OUT_OF_RANGE", "conditions[0]"),
        ({"conditions": "lid: u = 1"}, "UNKNOWN_BOUNDARY", "conditions[0]"),
        ({"conditions": "left: u = 1/x"}, "NOT_FINITE", "conditions[0]"),
        ({"source": "log(x - 1)"}, "NOT_FINITE", "source"),
        ({"cotangent": np.ones(3)}, "WRONG_SIZE", "cotangent"),
        ({"diffusivity": np.array([1e308])}, "OUT_OF_RANGE", "diffusivity"),
    ],
)
def test_what_takes_the_mesh_to_see_is_refused_and_spoils_no_batch(
    change: dict[str, object], reason: str, field: str
) -> None:
    first, refused, last = TransportSolver("cpu").run([TASK, replace(TASK, **change), TASK])  # type: ignore[arg-type]
    assert isinstance(first, TransportResult)
    assert isinstance(last, TransportResult)
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.field) == (reason, field)
    np.testing.assert_array_equal(first.u, last.u)


def test_reaction_or_exchange_alone_determine_u() -> None:
    np.testing.assert_allclose(solved(replace(TASK, conditions="", reaction=np.ones(1), source="3")).u, 3)
    np.testing.assert_allclose(solved(replace(TASK, conditions="left: h = 1, 5")).u, 5)


def test_contrasts_beyond_the_digits_are_answered_with_advice_or_refused() -> None:
    k = 10 ** np.random.default_rng(0).uniform(-150, 150, 8)
    (found,) = TransportSolver("cpu").run([replace(TASK, diffusivity=k, source="1")])
    if isinstance(found, Refusal):
        assert found.reason in ("OUT_OF_RANGE", "SINGULAR_PROBLEM")
    else:
        assert found.evidence.residual is not None
        assert np.isfinite(found.u).all()
