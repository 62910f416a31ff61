"""What tasks with measurements refuse: each reason with the field that it names."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from models.base import Refusal
from models.catalog import CATALOG
from models.fem.gradient import GradientSolver
from models.fem.gradient_task import GradientTask
from models.fem.inverse import InverseSolver
from models.fem.inverse_task import MAX_CELLS, InverseTask
from models.fem.measured import MeasuredTask
from models.fem.mesh import unit_square

GRADIENT = GradientTask(
    divisions=np.array([2, 2]),
    conductivity=np.ones(1),
    source=np.ones(1),
    dirichlet_points=np.array([0, 1, 2]),
    dirichlet_values=np.zeros(3),
    measured_points=np.array([4, 5]),
    measured_values=np.zeros(2),
    measured_deviations=np.ones(1),
)
INVERSE = InverseTask(**{name: getattr(GRADIENT, name) for name in MeasuredTask.__dataclass_fields__})
Measured = GradientTask | InverseTask
MODELS: dict[type[Any], Any] = {GradientTask: GradientSolver("cpu"), InverseTask: InverseSolver("cpu")}


def changed(**fields: Any) -> Callable[[Measured], Measured]:
    return lambda task: dataclasses.replace(task, **fields)


def own(degree: int, **fields: Any) -> Callable[[Measured], Measured]:
    """On the same mesh, sent as triangles: the points of degree 2 are counted by the solver."""
    mesh = unit_square(2, 2)
    points = np.flatnonzero(mesh.points(degree)[:, 1] == 0)
    given = {"dirichlet_points": points, "dirichlet_values": np.zeros(len(points)), "degree": degree}
    return changed(**{"divisions": None, "nodes": mesh.nodes, "cells": mesh.cells, **given, **fields})


def ints(*values: int) -> Any:
    return np.array(values, dtype=np.int64)


NOTHING = {"measured_points": None, "measured_values": None, "measured_deviations": None}
BOTH = [
    (changed(measured_values=None), "MISSING_TENSOR", "measured_values"),
    (changed(measured_points=ints(0, 9)), "OUT_OF_RANGE", "measured_points[1]"),
    (changed(measured_points=ints(-1, 2)), "OUT_OF_RANGE", "measured_points[0]"),
    (changed(measured_deviations=np.ones(3)), "WRONG_SIZE", "measured_deviations"),
    (changed(measured_deviations=np.array([1.0, 0.0])), "NOT_POSITIVE", "measured_deviations[1]"),
    (changed(session="me"), "NOT_A_UUID", "session"),
    (changed(session=str(uuid.UUID(int=0))), "NOT_A_UUID", "session"),
    (changed(session=str(uuid.uuid5(uuid.NAMESPACE_DNS, "a"))), "NOT_A_UUID", "session"),
    (changed(conductivity=-np.ones(1)), "NOT_POSITIVE", "conductivity[0]"),
]
LIGHT = [
    *((task, *case) for task in (GRADIENT, INVERSE) for case in BOTH),
    (GRADIENT, changed(**NOTHING), "MISSING_TENSOR", "cotangent"),
    (GRADIENT, changed(**{**NOTHING, "measured_deviations": np.ones(1)}), "MISSING_TENSOR", "measured_points"),
    (GRADIENT, changed(cotangent=np.ones(8)), "WRONG_SIZE", "cotangent"),
    (GRADIENT, changed(conductivity_tangent=np.ones(7)), "WRONG_SIZE", "conductivity_tangent"),
    (GRADIENT, changed(cell_source_tangent=np.ones(1)), "WRONG_SIZE", "cell_source_tangent"),
    (GRADIENT, changed(source_tangent=np.ones(8)), "WRONG_SIZE", "source_tangent"),
    (GRADIENT, changed(neumann_tangent=np.ones((1, 1))), "MISSING_TENSOR", "neumann_edges"),
    (INVERSE, changed(**NOTHING), "MISSING_TENSOR", "measured_points"),
    (INVERSE, changed(measured_points=ints(), measured_values=np.ones(0)), "MISSING_TENSOR", "measured_points"),
    (INVERSE, changed(measured_deviations=None), "MISSING_TENSOR", "measured_deviations"),
    (INVERSE, changed(divisions=ints(MAX_CELLS[1], 1)), "OUT_OF_RANGE", "divisions"),
    (INVERSE, changed(patches=ints(0, 1)), "WRONG_SIZE", "patches"),
    (INVERSE, changed(patches=ints(0, 1, 2, 3, 4, 5, 6, 8)), "OUT_OF_RANGE", "patches[7]"),
    (INVERSE, changed(magnitude=0.0), "OUT_OF_RANGE", "magnitude"),
    (INVERSE, changed(roughness=-1.0), "OUT_OF_RANGE", "roughness"),
    (INVERSE, changed(largest_factor=1.0), "OUT_OF_RANGE", "largest_factor"),
    (INVERSE, changed(tolerance=0.0), "OUT_OF_RANGE", "tolerance"),
    (INVERSE, changed(steps=0), "OUT_OF_RANGE", "steps"),
]
HEAVY = [
    *(
        (task, *case)
        for task in (GRADIENT, INVERSE)
        for case in (
            (own(2, measured_points=ints(0, 25)), "OUT_OF_RANGE", "measured_points[1]"),
            (own(1, nodes=np.zeros((9, 2))), "MESH_DEGENERATE", "cells[0]"),
            (changed(dirichlet_points=ints(0, 1, 4)), "NOT_BOUNDARY", "dirichlet_points[2]"),
            (own(2, dirichlet_points=ints(0, 1, 9, 10, 99)), "OUT_OF_RANGE", "dirichlet_points[4]"),
            (changed(conductivity=np.array([1e-310])), "OUT_OF_RANGE", "conductivity"),
            (changed(source=np.array([1e300])), "OUT_OF_RANGE", "conductivity"),
        )
    ),
    (GRADIENT, own(2, cotangent=np.ones(9)), "WRONG_SIZE", "cotangent"),
    (GRADIENT, own(2, source_tangent=np.ones(9)), "WRONG_SIZE", "source_tangent"),
]


@pytest.mark.parametrize(("task", "change", "reason", "field"), LIGHT)
def test_the_router_refuses(task: Measured, change: Callable[[Measured], Measured], reason: str, field: str) -> None:
    with pytest.raises(Refusal) as caught:
        change(task).check()
    assert (caught.value.reason, caught.value.field) == (reason, field)


@pytest.mark.parametrize("session", ["", str(uuid.UUID(int=1, version=4))])
@pytest.mark.parametrize(("task", "change", "reason", "field"), [*LIGHT, *HEAVY])
def test_the_model_refuses(
    task: Measured, change: Callable[[Measured], Measured], reason: str, field: str, session: str
) -> None:
    refused = change(dataclasses.replace(task, session=session))
    [refusal] = MODELS[type(task)].run([refused])
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.field) == (reason, field)


@pytest.mark.parametrize("name", ["fem.diffusion.gradient", "fem.diffusion.inverse"])
def test_the_examples_of_the_catalogue_are_accepted(name: str) -> None:
    CATALOG[name].example().check()


def test_checking_a_task_imports_no_scipy() -> None:
    code = (
        "import sys; from models.fem.gradient_task import SPEC as A; from models.fem.inverse_task import SPEC as B; "
        "A.example().check(); B.example().check(); sys.exit('scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
