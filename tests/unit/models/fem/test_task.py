"""What a diffusion task refuses: each reason with the field that it names."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from models.base import Refusal
from models.fem.check import MAX_CELLS
from models.fem.mesh import unit_square
from models.fem.solve import DiffusionSolver
from models.fem.task import SPEC, DiffusionTask
from tests.unit.models.fem.meshes import task_on, two_holes

SQUARE = DiffusionTask(
    divisions=np.array([2, 2]),
    conductivity=np.ones(1),
    dirichlet_points=np.array([0, 1, 2]),
    dirichlet_values=np.zeros(3),
)
OWN = DiffusionTask(
    nodes=unit_square(2, 2).nodes,
    cells=unit_square(2, 2).cells,
    conductivity=np.ones(1),
    dirichlet_points=np.array([0, 1, 2]),
    dirichlet_values=np.zeros(3),
)


def changed(**fields: Any) -> Callable[[DiffusionTask], DiffusionTask]:
    return lambda task: dataclasses.replace(task, **fields)


def ints(*values: int) -> Any:
    return np.array(values, dtype=np.int64)


def flux(*edges: tuple[int, int]) -> Callable[[DiffusionTask], DiffusionTask]:
    return changed(neumann_edges=np.array(edges), neumann_values=np.ones((len(edges), 1)))


LIGHT = [
    (SQUARE, changed(nodes=np.zeros((3, 2))), "MESH_AMBIGUOUS", "divisions"),
    (SQUARE, changed(divisions=None), "MESH_AMBIGUOUS", "divisions"),
    (OWN, changed(nodes=None), "MESH_AMBIGUOUS", "cells"),
    (OWN, changed(cells=None), "MESH_AMBIGUOUS", "nodes"),
    (SQUARE, changed(divisions=ints(2, 0)), "OUT_OF_RANGE", "divisions[1]"),
    (SQUARE, changed(divisions=ints(2**40, 2**40)), "OUT_OF_RANGE", "divisions"),
    (SQUARE, changed(divisions=ints(1, MAX_CELLS[2]), degree=2), "OUT_OF_RANGE", "divisions"),
    (OWN, changed(cells=np.zeros((0, 3), dtype=np.int64)), "OUT_OF_RANGE", "cells"),
    (OWN, changed(cells=np.array([[0, 1, 4], [0, 9, 4]])), "OUT_OF_RANGE", "cells[1, 1]"),
    (OWN, changed(cells=np.array([[0, 1, -1]])), "OUT_OF_RANGE", "cells[0, 2]"),
    (SQUARE, changed(conductivity=np.ones(7)), "WRONG_SIZE", "conductivity"),
    (SQUARE, changed(conductivity=np.ones(0)), "WRONG_SIZE", "conductivity"),
    (SQUARE, changed(conductivity=np.array([1.0] * 5 + [0.0] * 3)), "NOT_POSITIVE", "conductivity[5]"),
    (SQUARE, changed(conductivity=-np.ones(1)), "NOT_POSITIVE", "conductivity[0]"),
    (SQUARE, changed(source=np.ones(8)), "WRONG_SIZE", "source"),
    (SQUARE, changed(source=np.ones(9), degree=2), "WRONG_SIZE", "source"),
    (SQUARE, changed(cell_source=np.ones(1)), "WRONG_SIZE", "cell_source"),
    (SQUARE, changed(dirichlet_points=None), "MISSING_TENSOR", "dirichlet_points"),
    (SQUARE, changed(dirichlet_values=None), "MISSING_TENSOR", "dirichlet_values"),
    (SQUARE, changed(dirichlet_points=None, dirichlet_values=None), "SINGULAR_PROBLEM", "dirichlet_points"),
    (SQUARE, changed(dirichlet_points=ints(), dirichlet_values=np.ones(0)), "SINGULAR_PROBLEM", "dirichlet_points"),
    (SQUARE, changed(dirichlet_points=ints(0, 1, 9)), "OUT_OF_RANGE", "dirichlet_points[2]"),
    (SQUARE, changed(dirichlet_points=ints(0, -1, 2)), "OUT_OF_RANGE", "dirichlet_points[1]"),
    (SQUARE, changed(dirichlet_points=ints(2, 1, 2)), "DUPLICATE", "dirichlet_points[2]"),
    (SQUARE, changed(neumann_edges=ints(6, 7).reshape(1, 2)), "MISSING_TENSOR", "neumann_values"),
    (SQUARE, changed(neumann_values=np.ones((1, 1))), "MISSING_TENSOR", "neumann_edges"),
    (SQUARE, flux((6, 9)), "OUT_OF_RANGE", "neumann_edges[0, 1]"),
    (SQUARE, flux((6, 6)), "OUT_OF_RANGE", "neumann_edges[0]"),
    (SQUARE, flux((6, 7), (7, 8), (7, 6)), "DUPLICATE", "neumann_edges[2]"),
]

# What needs the edges of the mesh, and so the solver.
HEAVY = [
    (OWN, changed(degree=2, dirichlet_points=ints(0, 1, 25)), "OUT_OF_RANGE", "dirichlet_points[2]"),
    (OWN, changed(degree=2, source=np.ones(9)), "WRONG_SIZE", "source"),
    (OWN, changed(nodes=np.zeros((9, 2))), "MESH_DEGENERATE", "cells[0]"),
    (SQUARE, changed(dirichlet_points=ints(0, 1, 4)), "NOT_BOUNDARY", "dirichlet_points[2]"),
    (SQUARE, changed(dirichlet_points=ints(0, 1, 8)), "NOT_BOUNDARY", "dirichlet_points[2]"),
    (SQUARE, changed(degree=2), "NOT_BOUNDARY", "dirichlet_points[0]"),
    (SQUARE, flux((6, 7), (4, 7)), "NOT_BOUNDARY", "neumann_edges[1]"),
    (SQUARE, flux((6, 8)), "NOT_BOUNDARY", "neumann_edges[0]"),
    (SQUARE, flux((0, 1), (2, 1)), "NOT_BOUNDARY", "dirichlet_points[0]"),
    (SQUARE, changed(source=np.array([1e300])), "OUT_OF_RANGE", "conductivity"),
    (SQUARE, changed(source=np.array([1e-200])), "OUT_OF_RANGE", "conductivity"),  # its square is 0, and so no bound
    (SQUARE, changed(conductivity=np.array([1e300]), source=np.ones(1)), "OUT_OF_RANGE", "conductivity"),
    (SQUARE, changed(conductivity=np.array([1e-310]), source=np.ones(1)), "OUT_OF_RANGE", "conductivity"),
    (SQUARE, changed(dirichlet_values=np.full(3, 1e308)), "OUT_OF_RANGE", "conductivity"),
]


@pytest.mark.parametrize(("task", "change", "reason", "field"), LIGHT)
def test_the_router_refuses(
    task: DiffusionTask, change: Callable[[DiffusionTask], DiffusionTask], reason: str, field: str
) -> None:
    with pytest.raises(Refusal) as caught:
        change(task).check()
    assert (caught.value.reason, caught.value.field) == (reason, field)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert all(detail in str(caught.value) or detail.isdigit() for detail in caught.value.details.values())


@pytest.mark.parametrize(("task", "change", "reason", "field"), LIGHT + HEAVY)
def test_the_solver_refuses(
    task: DiffusionTask, change: Callable[[DiffusionTask], DiffusionTask], reason: str, field: str
) -> None:
    [refusal] = DiffusionSolver("cpu").run([change(task)])
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.field) == (reason, field)


@pytest.mark.parametrize(("task", "change", "reason", "field"), HEAVY)
def test_what_the_solver_alone_refuses_passes_the_router(
    task: DiffusionTask, change: Callable[[DiffusionTask], DiffusionTask], reason: str, field: str
) -> None:
    change(task).check()


def test_each_separate_part_of_the_domain_needs_a_dirichlet_edge() -> None:
    mesh = unit_square(2, 2)
    elsewhere = mesh.nodes + np.array([2.0, 0.0])
    task = DiffusionTask(
        nodes=np.vstack((mesh.nodes, elsewhere)),
        cells=np.vstack((mesh.cells, mesh.cells + 9)),
        conductivity=np.ones(1),
        dirichlet_points=ints(0, 1),
        dirichlet_values=np.zeros(2),
    )
    [refusal] = DiffusionSolver("cpu").run([task])
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.details["cell"]) == ("SINGULAR_PROBLEM", "8")


def test_parts_that_touch_in_a_node_only_are_apart() -> None:
    nodes = np.array([[0.0, 0.0], [1, 0], [0, 1], [-1, 0], [0, -1]])
    task = DiffusionTask(
        nodes=nodes,
        cells=np.array([[0, 1, 2], [0, 3, 4]]),
        conductivity=np.ones(1),
        dirichlet_points=ints(1, 2),
        dirichlet_values=np.zeros(2),
    )
    [refusal] = DiffusionSolver("cpu").run([task])
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.details["cell"]) == ("SINGULAR_PROBLEM", "1")


def test_the_example_of_the_catalogue_is_accepted() -> None:
    SPEC.example().check()


@pytest.mark.parametrize("degree", (1, 2))
def test_a_mesh_of_the_callers_own_is_accepted(degree: int) -> None:
    task_on(two_holes(), degree).check()


def test_checking_a_task_imports_no_scipy() -> None:
    code = "import sys; from models.fem.task import SPEC; SPEC.example().check(); sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
