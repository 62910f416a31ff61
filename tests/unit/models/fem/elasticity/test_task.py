"""What an elasticity task refuses: each reason with the field that it names."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from models import schema
from models.base import Refusal
from models.fem.elasticity.check import MAX_CELLS
from models.fem.elasticity.solve import ElasticitySolver
from models.fem.elasticity.task import SPEC, ElasticityTask
from models.fem.mesh import unit_square
from models.fem.tetrahedra import box


def ints(*values: int) -> Any:
    return np.array(values, dtype=np.int64)


HELD: dict[str, Any] = {"fixed_points": ints(0, 0, 1), "fixed_axes": ints(0, 1, 1), "fixed_values": np.zeros(3)}
STEEL: dict[str, Any] = {"young_modulus": np.ones(1), "poisson_ratio": np.array([0.3]), "degree": 1}
SQUARE = ElasticityTask(divisions=ints(2, 2), **STEEL, **HELD)
OWN = ElasticityTask(nodes=unit_square(2, 2).nodes, cells=unit_square(2, 2).cells, **STEEL, **HELD)
SOLID: dict[str, Any] = {
    "fixed_points": np.repeat([0, 1, 3], 3),
    "fixed_axes": np.tile([0, 1, 2], 3),
    "fixed_values": np.zeros(9),
}
CUBE = ElasticityTask(divisions=ints(2, 2, 2), **STEEL, **SOLID)
OWN_CUBE = ElasticityTask(nodes=box(2, 2, 2).nodes, cells=box(2, 2, 2).cells, **STEEL, **SOLID)
Change = Callable[[ElasticityTask], ElasticityTask]


def changed(**fields: Any) -> Change:
    return lambda task: dataclasses.replace(task, **fields)


def pulled(*facets: tuple[int, ...], values: Any = None) -> Change:
    return changed(
        traction_facets=np.array(facets),
        traction_values=np.ones((len(facets), len(facets[0]))) if values is None else values,
    )


LIGHT = [
    (SQUARE, changed(nodes=np.zeros((3, 2))), "MESH_AMBIGUOUS", "divisions"),
    (SQUARE, changed(divisions=None), "MESH_AMBIGUOUS", "divisions"),
    (OWN, changed(lengths=np.ones(2)), "MESH_AMBIGUOUS", "lengths"),
    (OWN, changed(cells=None), "MESH_AMBIGUOUS", "nodes"),
    (SQUARE, changed(divisions=ints(2, 0)), "OUT_OF_RANGE", "divisions[1]"),
    (SQUARE, changed(divisions=ints(2)), "WRONG_SHAPE", "divisions"),
    (SQUARE, changed(divisions=ints(2, 2, 2, 2)), "WRONG_SHAPE", "divisions"),
    (SQUARE, changed(divisions=ints(2**40, 2**40)), "OUT_OF_RANGE", "divisions"),
    (CUBE, changed(divisions=ints(2**40, 2**40, 2**40)), "OUT_OF_RANGE", "divisions"),
    (SQUARE, changed(divisions=ints(1, MAX_CELLS[2, 2]), degree=2), "OUT_OF_RANGE", "divisions"),
    (SQUARE, changed(lengths=np.array([1.0, 0.0])), "NOT_POSITIVE", "lengths[1]"),
    (SQUARE, changed(lengths=np.array([1.0, 1e-9])), "MESH_DEGENERATE", "lengths"),
    (SQUARE, changed(lengths=np.array([1e-200, 1e-200])), "MESH_DEGENERATE", "lengths"),
    (CUBE, changed(lengths=np.array([1e200, 1e200, 1e200])), "MESH_DEGENERATE", "lengths"),
    (OWN, changed(nodes=np.zeros((9, 1))), "WRONG_SHAPE", "nodes"),
    (OWN, changed(nodes=np.zeros((9, 3))), "WRONG_SHAPE", "cells"),
    (OWN_CUBE, changed(nodes=np.zeros((27, 2))), "WRONG_SHAPE", "cells"),
    (OWN, changed(cells=np.zeros((0, 3), dtype=np.int64)), "OUT_OF_RANGE", "cells"),
    (OWN, changed(cells=np.array([[0, 1, 4], [0, 9, 4]])), "OUT_OF_RANGE", "cells[1, 1]"),
    (OWN_CUBE, changed(cells=np.array([[0, 1, 4, -1]])), "OUT_OF_RANGE", "cells[0, 3]"),
    (CUBE, changed(plane="stress"), "UNKNOWN_CHOICE", "plane"),
    (SQUARE, changed(young_modulus=np.ones(7)), "WRONG_SIZE", "young_modulus"),
    (SQUARE, changed(young_modulus=np.array([1.0] * 5 + [0.0] * 3)), "NOT_POSITIVE", "young_modulus[5]"),
    (SQUARE, changed(poisson_ratio=np.ones(7)), "WRONG_SIZE", "poisson_ratio"),
    (SQUARE, changed(poisson_ratio=np.array([0.5])), "OUT_OF_RANGE", "poisson_ratio[0]"),
    (SQUARE, changed(poisson_ratio=np.array([0.3] * 7 + [-1.0])), "OUT_OF_RANGE", "poisson_ratio[7]"),
    (SQUARE, changed(poisson_ratio=np.array([0.46])), "LOCKING", "poisson_ratio[0]"),
    (CUBE, changed(poisson_ratio=np.array([0.46])), "LOCKING", "poisson_ratio[0]"),
    (SQUARE, changed(poisson_ratio=np.array([0.3] * 7 + [0.4995]), degree=2), "LOCKING", "poisson_ratio[7]"),
    (SQUARE, changed(body_force=np.ones((8, 2))), "WRONG_SIZE", "body_force"),
    (SQUARE, changed(body_force=np.ones((9, 2)), degree=2), "WRONG_SIZE", "body_force"),
    (SQUARE, changed(expansion=np.ones(2)), "WRONG_SIZE", "expansion"),
    (SQUARE, changed(temperature=np.ones(8)), "WRONG_SIZE", "temperature"),
    (SQUARE, changed(cell_temperature=np.ones(1)), "WRONG_SIZE", "cell_temperature"),
    (SQUARE, changed(fixed_points=None), "MISSING_TENSOR", "fixed_points"),
    (SQUARE, changed(fixed_axes=None), "MISSING_TENSOR", "fixed_axes"),
    (SQUARE, changed(fixed_values=None), "MISSING_TENSOR", "fixed_values"),
    (SQUARE, changed(fixed_points=None, fixed_axes=None, fixed_values=None), "SINGULAR_PROBLEM", "fixed_points"),
    (SQUARE, changed(fixed_points=ints(0, 0, 9)), "OUT_OF_RANGE", "fixed_points[2]"),
    (SQUARE, changed(fixed_axes=ints(0, 1, 2)), "OUT_OF_RANGE", "fixed_axes[2]"),
    (SQUARE, changed(fixed_points=ints(0, 1, 0), fixed_axes=ints(0, 1, 0)), "DUPLICATE", "fixed_points[2]"),
    (SQUARE, changed(traction_facets=ints(6, 7).reshape(1, 2)), "MISSING_TENSOR", "traction_values"),
    (SQUARE, changed(traction_values=np.ones((1, 2))), "MISSING_TENSOR", "traction_facets"),
    (SQUARE, pulled((6, 9)), "OUT_OF_RANGE", "traction_facets[0, 1]"),
    (SQUARE, pulled((6, 6)), "OUT_OF_RANGE", "traction_facets[0]"),
    (CUBE, pulled((0, 1, 4), (0, 1, 0)), "OUT_OF_RANGE", "traction_facets[1]"),
    (SQUARE, pulled((6, 7), (7, 8), (7, 6)), "DUPLICATE", "traction_facets[2]"),
    (SQUARE, pulled((6, 7), values=np.ones((1, 3, 2))), "WRONG_SHAPE", "traction_values"),
]

# What needs the edges and faces of the mesh, and so the solver.
HEAVY = [
    (OWN, changed(degree=2, fixed_points=ints(0, 0, 25)), "OUT_OF_RANGE", "fixed_points[2]"),
    (OWN, changed(degree=2, body_force=np.ones((9, 2))), "WRONG_SIZE", "body_force"),
    (OWN, changed(nodes=np.zeros((9, 2))), "MESH_DEGENERATE", "cells[0]"),
    (OWN_CUBE, changed(nodes=np.zeros((27, 3))), "MESH_DEGENERATE", "cells[0]"),
    (OWN_CUBE, changed(nodes=1e-120 * box(2, 2, 2).nodes), "MESH_DEGENERATE", "cells[0]"),
    (CUBE, changed(degree=2, fixed_points=np.repeat([0, 1, 4], 3)), "HALF_FIXED", "fixed_points"),
    (SQUARE, changed(degree=2, fixed_axes=ints(1, 0, 1)), "HALF_FIXED", "fixed_points"),
    (SQUARE, pulled((6, 7), (4, 7)), "NOT_BOUNDARY", "traction_facets[1]"),
    (SQUARE, pulled((6, 8)), "NOT_BOUNDARY", "traction_facets[0]"),
    (CUBE, pulled((0, 1, 13)), "NOT_BOUNDARY", "traction_facets[0]"),
    (CUBE, pulled((0, 2, 26)), "NOT_BOUNDARY", "traction_facets[0]"),
    (SQUARE, changed(fixed_axes=ints(0, 1, 0)), "SINGULAR_PROBLEM", "fixed_points"),
    (SQUARE, changed(expansion=np.array([1e200]), temperature=np.array([1e200])), "OUT_OF_RANGE", "young_modulus"),
    (SQUARE, changed(body_force=np.array([[0.0, 1e300]])), "OUT_OF_RANGE", "young_modulus"),
    (SQUARE, changed(young_modulus=np.array([1e-310]), body_force=np.ones((1, 2))), "OUT_OF_RANGE", "young_modulus"),
]


@pytest.mark.parametrize(("task", "change", "reason", "field"), LIGHT)
def test_the_router_refuses(task: ElasticityTask, change: Change, reason: str, field: str) -> None:
    with pytest.raises(Refusal) as caught:
        change(task).check()
    assert (caught.value.reason, caught.value.field) == (reason, field)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert all(detail in str(caught.value) or detail.isdigit() for detail in caught.value.details.values())


@pytest.mark.parametrize(("task", "change", "reason", "field"), LIGHT + HEAVY)
def test_the_solver_refuses(task: ElasticityTask, change: Change, reason: str, field: str) -> None:
    [refusal] = ElasticitySolver("cpu").run([change(task)])
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.field) == (reason, field)


@pytest.mark.parametrize(("task", "change", "reason", "field"), HEAVY)
def test_what_the_solver_alone_refuses_passes_the_router(
    task: ElasticityTask, change: Change, reason: str, field: str
) -> None:
    change(task).check()


@pytest.mark.parametrize("task", [SQUARE, OWN, CUBE, OWN_CUBE, SPEC.example()])
def test_what_is_right_is_accepted(task: ElasticityTask) -> None:
    task.check()
    flat = schema.flatten(task)
    assert schema.flatten(schema.parse(ElasticityTask, *flat))[0] == flat[0]  # shapes and dtypes are those declared


def test_plane_stress_does_not_lock() -> None:
    dataclasses.replace(SQUARE, plane="stress", poisson_ratio=np.array([0.4999])).check()


def test_dimensions_must_agree() -> None:
    flat = schema.flatten(dataclasses.replace(SQUARE, body_force=np.ones((1, 3))))
    with pytest.raises(Refusal) as caught:
        schema.parse(ElasticityTask, *flat)
    assert (caught.value.reason, caught.value.field) == ("WRONG_SHAPE", "body_force")


def test_checking_a_task_imports_no_scipy() -> None:
    code = "from models.fem.elasticity.task import SPEC; SPEC.example().check(); import sys; "
    code += "sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
