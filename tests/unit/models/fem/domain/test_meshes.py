from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from skfem import Basis, Functional, Mesh

from models.base import Array, Refusal
from models.fem.domain.build import mesh_of, vtk_corners
from models.fem.domain.conditions import read_conditions
from models.fem.domain.elements import LAGRANGE, cell_points, points, scalar_element, vector_element
from models.fem.domain.linear import constrained
from models.fem.domain.posed import facet_basis, on_facets, prescribed
from models.fem.domain.task import CELLS_PER_BRICK, CORNERS, DomainTask


@dataclass(frozen=True, kw_only=True)
class Posed(DomainTask):
    def check(self) -> None:
        self.check_domain(100_000)


PLANE, SPACE = ("triangle", "quadrilateral"), ("tetrahedron", "hexahedron")
SHAPES = [
    *(
        Posed(shape="square", divisions=np.array([3, 2]), lengths=np.array([2.0, 5.0]), cell_kind=kind)
        for kind in PLANE
    ),
    *(Posed(shape="l_shape", divisions=np.array([2]), cell_kind=kind) for kind in PLANE),
    *(Posed(shape="annulus", divisions=np.array([2, 64]), cell_kind=kind) for kind in PLANE),
    *(Posed(shape="channel", divisions=np.array([8, 3, 4]), cell_kind=kind) for kind in PLANE),
    *(Posed(shape="cube", divisions=np.array([3, 2, 1]), cell_kind=kind) for kind in SPACE),
]
AREAS = {"square": 10.0, "l_shape": 3.0, "annulus": 3 * np.pi, "cube": 1.0, "channel": 2.2 * 0.41 - np.pi / 400}


def name_of(task: Posed) -> str:
    return f"{task.shape} of {task.cell_kind}s"


@Functional
def one(w: object) -> float:
    return 1.0


@pytest.mark.parametrize("task", SHAPES, ids=name_of)
def test_a_shape_has_its_size_and_its_boundaries_cover_all_of_it_once(task: Posed) -> None:
    task.check()
    mesh = mesh_of(task)
    size = one.assemble(Basis(mesh, scalar_element(task.cell_kind, 1)))
    assert size == pytest.approx(AREAS[task.shape], rel=2e-3)  # circles are polygons
    named = {name: facets for name, facets in mesh.boundaries.items() if name != "boundary"}
    together = np.concatenate(list(named.values()))
    assert sorted(together) == sorted(mesh.boundaries["boundary"])
    assert all(len(facets) for facets in named.values())


@pytest.mark.parametrize("task", SHAPES, ids=name_of)
def test_a_shape_sent_back_as_an_own_mesh_is_the_same_mesh(task: Posed) -> None:
    mesh = mesh_of(task)
    names = [name for name in mesh.boundaries if name != "boundary"]
    own = Posed(
        shape="own",
        cell_kind=task.cell_kind,
        nodes=mesh.p.T.copy(),
        cells=vtk_corners(mesh, mesh.t.T).astype(np.int64),
        boundary_facets=np.concatenate([mesh.facets[:, mesh.boundaries[name]].T[:, ::-1] for name in names]),
        boundary_labels=np.concatenate([np.full(len(mesh.boundaries[name]), at) for at, name in enumerate(names)]),
        boundary_names=", ".join(names),
    )
    own.check()
    again = mesh_of(own)
    for name in names:
        np.testing.assert_array_equal(np.sort(again.boundaries[name]), np.sort(mesh.boundaries[name]))
    np.testing.assert_array_equal(np.sort(again.t, axis=0), np.sort(mesh.t, axis=0))


@pytest.mark.parametrize("kind", PLANE)
def test_a_channels_cells_of_degree_two_follow_the_circle(kind: str) -> None:
    straight = Posed(shape="channel", divisions=np.array([3, 2, 2]), cell_kind=kind)
    curved = replace(straight, degree=2)
    hole = np.pi / 400
    missing = [
        2.2 * 0.41 - one.assemble(Basis(mesh_of(task), scalar_element(kind, task.degree), intorder=6))
        for task in (straight, curved)
    ]
    assert abs(missing[0] - hole) > 0.02 * hole  # a polygon of twelve edges lacks 4.5 %
    assert missing[1] == pytest.approx(hole, rel=1e-3)
    basis = Basis(mesh_of(curved), scalar_element(kind, 2))
    (said,) = read_conditions("cylinder: q = 1", {"q": 1}, "xy")
    around = facet_basis(basis, said)
    assert np.sum(around.dx) == pytest.approx(0.1 * np.pi, rel=2e-4)
    on_circle = basis.doflocs[:, basis.get_dofs("cylinder").all()] - 0.2
    assert on_circle.shape[1] == 24
    np.testing.assert_allclose(np.hypot(*on_circle), 0.05, rtol=1e-12)


def test_a_channels_cells_are_about_as_deep_as_wide_at_the_cylinder() -> None:
    mesh = mesh_of(Posed(shape="channel", divisions=np.array([16, 12, 8]), cell_kind="quadrilateral"))
    from_axis = np.sort(np.unique(np.round(np.hypot(*(mesh.p - 0.2)), 9)))
    mesh_of(Posed(shape="channel", divisions=np.array([2, 400, 300]), cell_kind="triangle"))  # nor is it too much
    assert 0.5 < (from_axis[from_axis > 0.0501].min() - 0.05) / (2 * np.pi * 0.05 / 64) < 1.5


def test_hexahedra_come_back_in_the_order_in_which_vtk_lists_them() -> None:
    corners = np.array(list(itertools.product((0.0, 1.0), repeat=3)))
    vtk = [0, 4, 6, 2, 1, 5, 7, 3]  # around the bottom, then around the top
    task = Posed(shape="own", cell_kind="hexahedron", nodes=corners, cells=np.array([vtk]))
    task.check()
    basis = Basis(mesh_of(task), scalar_element("hexahedron", 2))
    np.testing.assert_array_equal(points(basis)[cell_points(basis)[0, :8]], corners[vtk])


@pytest.mark.parametrize(("kind", "degree"), LAGRANGE)
def test_conditions_set_the_points_of_their_boundary_and_later_ones_go_over(kind: str, degree: int) -> None:
    d = 2 if kind in PLANE else 3
    task = Posed(shape="square" if d == 2 else "cube", divisions=np.full(d, 2), cell_kind=kind, degree=degree)
    basis = Basis(mesh_of(task), vector_element(kind, degree))
    zeros = ", ".join(["0"] * d)
    said = read_conditions(f"boundary: u = {zeros}; top: u.x = 1 + x", {"u": d}, "xyz")
    dofs, values = prescribed(basis, said, "u")
    full = np.full(basis.N, np.nan)
    full[dofs] = values
    at_top = basis.doflocs[-1] == 1
    outer = (np.abs(basis.doflocs - 0.5) == 0.5).any(axis=0)
    np.testing.assert_array_equal(np.isnan(full), ~outer)
    first = np.zeros(basis.N, dtype=bool)
    first[basis.get_dofs(basis.mesh.boundaries["boundary"]).all(["u^1"])] = True
    np.testing.assert_allclose(full[at_top & first], 1 + basis.doflocs[0][at_top & first])
    assert (full[outer & ~(at_top & first)] == 0).all()


def test_a_quantity_is_integrated_over_its_boundary_alone() -> None:
    mesh = mesh_of(SHAPES[0])
    (said,) = read_conditions("right: q = y**2", {"q": 1}, "xy")
    facets = facet_basis(Basis(mesh, scalar_element("triangle", 1)), said)
    assert np.sum(on_facets(facets, said)[0] * facets.dx) == pytest.approx(125 / 3)


@pytest.mark.parametrize("away", [0.0, 1e4])
def test_a_boundary_is_integrated_over_however_small_its_cells_are_against_their_coordinates(away: float) -> None:
    nodes = np.array([[0.0, 0.0], [1.0, 0.1], [0.9, 1.0], [0.0, 1.3], [2.0, 0.0], [2.0, 1.2]]) * 1e-2 + away
    mesh = mesh_of(
        replace(
            OWN,
            nodes=nodes,
            cells=np.array([[0, 1, 2, 3], [1, 4, 5, 2]]),
            boundary_facets=np.array([[4, 5]]),
            boundary_labels=np.array([0]),
            boundary_names="end",
        )
    )
    (said,) = read_conditions("end: q = 1", {"q": 1}, "xy")
    facets = facet_basis(Basis(mesh, scalar_element("quadrilateral", 2)), said)
    assert np.sum(on_facets(facets, said)[0] * facets.dx) == pytest.approx(1.2e-2, rel=1e-9)
    np.testing.assert_allclose(np.asarray(facets.normals)[:, 0], [[1.0] * 5, [0.0] * 5], atol=1e-9)


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"divisions": None}, "MISSING_TENSOR", "divisions"),
        ({"divisions": np.array([2])}, "WRONG_SIZE", "divisions"),
        ({"divisions": np.array([0, 2])}, "OUT_OF_RANGE", "divisions"),
        ({"divisions": np.array([4000, 4000])}, "OUT_OF_RANGE", "divisions"),
        ({"divisions": np.array([2**62, 2**62])}, "OUT_OF_RANGE", "divisions"),
        ({"lengths": np.array([1.0, 0.0])}, "NOT_POSITIVE", "lengths"),
        ({"lengths": np.array([1.0])}, "WRONG_SIZE", "lengths"),
        ({"cell_kind": "hexahedron"}, "UNKNOWN_CHOICE", "cell_kind"),
        ({"shape": "own"}, "MESH_AMBIGUOUS", "divisions"),
        ({"nodes": np.zeros((3, 2))}, "MESH_AMBIGUOUS", "nodes"),
        ({"shape": "annulus", "divisions": np.array([1, 2]), "lengths": None}, "OUT_OF_RANGE", "divisions"),
        (
            {"shape": "annulus", "divisions": np.array([1, 9]), "lengths": np.array([2.0, 1.0])},
            "OUT_OF_RANGE",
            "lengths",
        ),
        (
            {"shape": "channel", "divisions": np.ones(3, int), "lengths": np.array([2.2, 0.41, 0.2, 0.04, 0.05])},
            "OUT_OF_RANGE",
            "lengths",
        ),
        (
            {"shape": "channel", "divisions": np.ones(3, int), "lengths": np.array([0.4, 0.41, 0.2, 0.2, 0.05])},
            "OUT_OF_RANGE",
            "lengths",
        ),
    ],
)
def test_a_shape_that_makes_no_sense_is_refused(change: dict[str, object], reason: str, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        replace(SHAPES[0], **change).check()  # type: ignore[arg-type]
    assert (refused.value.reason, refused.value.field) == (reason, field)


NODES = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
OWN = Posed(shape="own", cell_kind="quadrilateral", nodes=NODES, cells=np.array([[0, 1, 2, 3]]))


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"cells": np.array([[0, 1, 3, 2]])}, "MESH_DEGENERATE", "cells[0]"),
        ({"cells": np.array([[0, 1, 2]])}, "WRONG_SHAPE", "cells"),
        ({"cells": np.array([[0, 1, 2, 4]])}, "OUT_OF_RANGE", "cells[0, 3]"),
        ({"cells": np.zeros((0, 4), np.int64)}, "WRONG_SIZE", "cells"),
        ({"cells": None}, "MISSING_TENSOR", "cells"),
        ({"nodes": np.vstack((NODES, [[2.0, 2.0]]))}, "MESH_DEGENERATE", "nodes[4]"),
        ({"nodes": NODES * (1, 1e-12)}, "MESH_DEGENERATE", "cells[0]"),
        ({"nodes": NODES[:, :1]}, "WRONG_SHAPE", "nodes"),
        ({"boundary_facets": np.array([[0, 1]])}, "MISSING_TENSOR", "boundary_labels"),
        (
            {"boundary_facets": np.array([[0, 2]]), "boundary_labels": np.array([0]), "boundary_names": "a"},
            "NOT_BOUNDARY",
            "boundary_facets[0]",
        ),
        (
            {"boundary_facets": np.array([[0, 1]]), "boundary_labels": np.array([1]), "boundary_names": "a"},
            "OUT_OF_RANGE",
            "boundary_labels[0]",
        ),
        ({"boundary_names": "a, a"}, "DUPLICATE", "boundary_names"),
        ({"boundary_names": "boundary"}, "DUPLICATE", "boundary_names"),
    ],
)
def test_an_own_mesh_that_makes_no_sense_is_refused(change: dict[str, object], reason: str, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        task = replace(OWN, **change)  # type: ignore[arg-type]
        task.check()
        mesh_of(task)
    assert (refused.value.reason, refused.value.field) == (reason, field)


@pytest.mark.parametrize("kind", CORNERS)
def test_the_size_is_estimated_before_anything_is_made(kind: str) -> None:
    d = 2 if kind in PLANE else 3
    count = {2: 20, 3: 6}[d]
    task = Posed(shape="square" if d == 2 else "cube", divisions=np.full(d, count), cell_kind=kind, degree=2)
    basis = Basis(mesh_of(task), scalar_element(kind, 2))
    assert basis.mesh.nelements == CELLS_PER_BRICK[kind] * count**d
    with pytest.raises(Refusal, match="unknowns") as refused:
        task.check_domain(1)
    estimate = int(refused.value.details["unknowns"])
    assert basis.N / 1.6 < estimate <= basis.N


def test_an_unknown_boundary_is_refused_with_those_that_there_are() -> None:
    (said,) = read_conditions("lid: q = 1", {"q": 1}, "xy")
    mesh: Mesh = mesh_of(SHAPES[0])
    with pytest.raises(Refusal, match="bottom, boundary, left, right, top"):
        facet_basis(Basis(mesh, scalar_element("triangle", 1)), said)


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_a_constrained_system_is_solved_and_so_is_its_transpose(dtype: type) -> None:
    rng = np.random.default_rng(5)
    full: Array = (rng.normal(size=(9, 9)) + 4 * np.eye(9)).astype(dtype)
    if dtype is np.complex128:
        full = full + 1j * rng.normal(size=(9, 9))
    fixed, values, load = np.array([1, 7]), np.array([2.0, -1.0]), rng.normal(size=9)
    system = constrained(csr_matrix(full), fixed)
    solution = system.solve(load, values)
    np.testing.assert_allclose(solution.x[fixed], values)
    np.testing.assert_allclose((full @ solution.x)[system.free], load[system.free], atol=1e-12)
    assert solution.residual < 1e-12
    inner = full[np.ix_(system.free, system.free)]
    np.testing.assert_allclose(inner.T @ system.transposed(load[system.free]), load[system.free], atol=1e-12)


# By the corners that a point is the middle of ("VTK File Formats", figure 3).
MIDDLES = {
    "triangle": [(0, 1), (1, 2), (2, 0)],
    "quadrilateral": [(0, 1), (1, 2), (2, 3), (3, 0), (0, 1, 2, 3)],
    "tetrahedron": [(0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3)],
    "hexahedron": [
        *((0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6), (3, 7)),
        *((0, 3, 4, 7), (1, 2, 5, 6), (0, 1, 4, 5), (2, 3, 6, 7), (0, 1, 2, 3), (4, 5, 6, 7), tuple(range(8))),
    ],
}


@pytest.mark.parametrize("kind", CORNERS)
def test_points_of_quadratic_cells_are_in_the_order_of_vtk(kind: str) -> None:
    d = 2 if kind in PLANE else 3
    task = Posed(shape="square" if d == 2 else "cube", divisions=np.arange(2, 2 + d), cell_kind=kind, degree=2)
    basis = Basis(mesh_of(task), scalar_element(kind, 2))
    places = points(basis)[cell_points(basis)]
    corners = places[:, : CORNERS[kind]]
    middles = np.stack([corners[:, ends].mean(axis=1) for ends in MIDDLES[kind]], axis=1)
    np.testing.assert_allclose(places[:, CORNERS[kind] :], middles, atol=1e-12)


def test_a_definite_system_is_solved_without_looking_for_pivots() -> None:
    rng = np.random.default_rng(6)
    root = rng.normal(size=(9, 9))
    full = root @ root.T + np.eye(9)
    fixed, values, load = np.array([3]), np.array([2.0]), rng.normal(size=9)
    one, other = (constrained(csr_matrix(full), fixed, definite=each).solve(load, values) for each in (True, False))
    np.testing.assert_allclose(one.x, other.x, atol=1e-12)
