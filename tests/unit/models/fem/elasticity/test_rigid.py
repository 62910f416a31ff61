"""Motions that nothing stops are found and named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.base import Array, Refusal
from models.fem.elasticity.rigid import MAX_PARTS, refuse_free_motions, rigid_modes
from models.fem.mesh import triangulate, unit_square
from models.fem.simplicial import Simplicial
from models.fem.tetrahedra import box, tetrahedralize
from tests.unit.models.fem.elasticity.bodies import BODIES, posed, solved, task_on

SQUARE = unit_square(1, 1)  # nodes (0, 0), (1, 0), (0, 1), (1, 1)
BOX = box(1, 1, 1)  # node i + 2j + 4k


def pins(*pairs: tuple[int, int]) -> dict[str, Any]:
    points, axes = np.array(pairs).T
    return {"fixed_points": points, "fixed_axes": axes, "fixed_values": np.zeros(len(pairs))}


def free(mesh: Simplicial, **fields: Any) -> str:
    with pytest.raises(Refusal) as caught:
        refuse_free_motions(posed(task_on(mesh, 1, **fields), mesh))
    assert (caught.value.reason, caught.value.field) == ("SINGULAR_PROBLEM", "fixed_points")
    assert caught.value.details["free"] in caught.value.message
    return caught.value.details["free"]


@pytest.mark.parametrize(
    ("given", "motions"),
    [
        (pins((0, 0)), "rotation about z through (0.5, 0), translation along y"),
        (pins((0, 0), (0, 1)), "rotation about z through (0, 0)"),
        (pins((3, 0), (3, 1)), "rotation about z through (1, 1)"),
        (pins((0, 0), (2, 0)), "translation along y"),
        (pins((0, 1), (1, 1)), "translation along x"),
        (pins((0, 0), (1, 0)), "rotation about z through (0.5, 0), translation along y"),
        (pins((0, 0), (1, 1), (0, 1)), None),
        (pins((0, 0), (0, 1), (3, 0)), None),
        (pins((0, 0), (1, 0), (3, 1)), "rotation about z through (1, 0)"),
    ],
)
def test_what_is_free_in_the_plane_is_named(given: dict[str, Any], motions: str | None) -> None:
    if motions is None:
        refuse_free_motions(posed(task_on(SQUARE, 1, **given), SQUARE))
    else:
        assert free(SQUARE, **given) == motions


HINGE = pins(*[(node, axis) for node in (0, 1) for axis in range(3)])


@pytest.mark.parametrize(
    ("given", "motions"),
    [
        (HINGE, "rotation about x through (0.5, 0, 0)"),
        (
            pins(*[(n, a) for n in (0, 7) for a in range(3)]),
            "rotation about (0.577, 0.577, 0.577) through (0.5, 0.5, 0.5)",
        ),
        (
            pins(*[(n, 0) for n in range(8)]),
            "rotation about x through (0.5, 0.5, 0.5), translation along y, translation along z",
        ),
        (pins(*[(n, a) for n in range(8) for a in (0, 1)]), "translation along z"),
    ],
)
def test_what_is_free_in_space_is_named(given: dict[str, Any], motions: str) -> None:
    assert free(BOX, **given) == motions


def test_six_supports_in_the_right_places_hold_a_body() -> None:
    """Three, two and one: the support of an instrument, which leaves its thermal expansion free."""
    problem = posed(task_on(BOX, 1, **pins((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))), BOX)
    refuse_free_motions(problem)


def joined(*parts: Simplicial) -> Simplicial:
    """Meshes as one, with equal nodes joined."""
    starts = np.cumsum([0] + [len(part.nodes) for part in parts])
    nodes, numbers = np.unique(np.vstack([part.nodes for part in parts]), axis=0, return_inverse=True)
    cells = np.vstack([part.cells + start for part, start in zip(parts, starts, strict=False)])
    make = triangulate if nodes.shape[1] == 2 else tetrahedralize
    mesh: Simplicial = make(nodes, numbers.ravel()[cells])
    return mesh


def moved(mesh: Simplicial, by: list[float]) -> Simplicial:
    make = triangulate if len(by) == 2 else tetrahedralize
    there: Simplicial = make(mesh.nodes + np.array(by), mesh.cells)
    return there


def at(mesh: Simplicial, place: list[float]) -> int:
    return int(np.argmin(np.linalg.norm(mesh.nodes - np.array(place), axis=1)))


def both(node: int) -> list[tuple[int, int]]:
    return [(node, 0), (node, 1)]


def test_parts_that_meet_in_a_node_turn_about_it() -> None:
    hinge = joined(SQUARE, moved(SQUARE, [1, 1]))
    left = both(at(hinge, [0, 0])) + both(at(hinge, [1, 0]))
    assert free(hinge, **pins(*left)) == "rotation about z through (1, 1)"


def test_an_arch_of_three_hinges_stands() -> None:
    """Two parts that turn about a common node are held by a pin in each."""
    arch = joined(SQUARE, moved(SQUARE, [1, 1]))
    stands = pins(*both(at(arch, [0, 1])), *both(at(arch, [2, 2])))
    result = solved(task_on(arch, 1, body_force=np.array([[0.0, -1.0]]), **stands))
    assert np.abs(result.imbalance).max() < 1e-9


def test_an_arch_whose_hinges_are_in_a_line_does_not() -> None:
    arch = joined(SQUARE, moved(SQUARE, [1, 1]))
    assert "rotation" in free(arch, **pins(*both(at(arch, [0, 0])), *both(at(arch, [2, 2]))))


def test_parts_that_meet_in_an_edge_turn_about_it() -> None:
    mesh = joined(BOX, moved(BOX, [1, 1, 0]))
    fixed = [(n, a) for n in np.flatnonzero(mesh.nodes[:, 0] == 0).tolist() for a in range(3)]
    assert free(mesh, **pins(*fixed)) == "rotation about z through (1, 1, 0.5)"


def test_a_part_of_its_own_is_told_by_a_cell() -> None:
    mesh = joined(SQUARE, moved(SQUARE, [3, 0]))
    with pytest.raises(Refusal) as caught:
        refuse_free_motions(posed(task_on(mesh, 1, **pins(*both(0), *both(1))), mesh))
    assert mesh.nodes[mesh.cells[int(caught.value.details["cell"])], 0].min() == 3  # the part that is not held
    assert "translation along x, translation along y" in caught.value.details["free"]


def test_too_many_parts_are_refused_before_they_cost_anything() -> None:
    mesh = joined(*[moved(SQUARE, [3.0 * i, 0]) for i in range(MAX_PARTS + 1)])
    with pytest.raises(Refusal) as caught:
        refuse_free_motions(posed(task_on(mesh, 1, **pins((0, 0))), mesh))
    assert (caught.value.reason, caught.value.details["parts"]) == ("OUT_OF_RANGE", str(MAX_PARTS + 1))


@pytest.mark.parametrize("name", BODIES)
def test_rigid_modes_are_independent_and_without_strain(name: str) -> None:
    points = BODIES[name].points(2)
    modes = rigid_modes(points)
    d = points.shape[1]
    assert np.linalg.matrix_rank(modes.reshape(-1, modes.shape[2])) == d * (d + 1) // 2
    arms: Array = points[:, None] - points[None]
    for mode in np.moveaxis(modes, 2, 0):
        lengthening = np.sum(arms * (mode[:, None] - mode[None]), axis=2)
        np.testing.assert_allclose(lengthening, 0, atol=1e-14)
