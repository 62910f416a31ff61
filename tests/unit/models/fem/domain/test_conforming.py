"""Which own meshes are meshes: exact cases of those that are not, and random ones that are."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skfem import Mesh

from models.base import Array, Refusal
from models.fem.domain.build import mesh_of, vtk_corners
from models.fem.domain.task import CORNERS, DIMENSION, DomainTask


@dataclass(frozen=True, kw_only=True)
class Posed(DomainTask):
    def check(self) -> None:
        self.check_domain(100_000)


KINDS = tuple(CORNERS)
Cells = tuple[Array, Array]

# The corners of a cube in VTK's order, and its 48 symmetries as permutations of them.
CUBE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]])
TURNS = {
    "triangle": list(itertools.permutations(range(3))),
    "tetrahedron": list(itertools.permutations(range(4))),
    "quadrilateral": [tuple((way * i + start) % 4 for i in range(4)) for way in (1, -1) for start in range(4)],
    "hexahedron": [
        tuple(int(np.argmax(((CUBE[i] ^ flip)[list(axes)] == CUBE).all(axis=1))) for i in range(8))
        for axes in itertools.permutations(range(3))
        for flip in CUBE
    ],
}


def built(kind: str, nodes: Array, cells: Array) -> Mesh:
    task = Posed(shape="own", cell_kind=kind, nodes=np.asarray(nodes, float), cells=np.asarray(cells))
    task.check()
    return mesh_of(task)


def refused(kind: str, nodes: Array, cells: Array) -> Refusal:
    with pytest.raises(Refusal) as caught:
        built(kind, nodes, cells)
    assert caught.value.reason == "MESH_DEGENERATE"
    return caught.value


def bricks(kind: str, *divisions: int) -> Cells:
    """A unit square or cube."""
    shape = "square" if len(divisions) == 2 else "cube"
    mesh = mesh_of(Posed(shape=shape, cell_kind=kind, divisions=np.array(divisions)))
    return mesh.p.T.copy(), vtk_corners(mesh, mesh.t.T).astype(np.int64)


def joined(*parts: Cells) -> Cells:
    """As one, equal nodes being one."""
    starts = np.cumsum([0, *(len(nodes) for nodes, _ in parts)])
    nodes = np.concatenate([nodes for nodes, _ in parts])
    cells = np.concatenate([cells + start for (_, cells), start in zip(parts, starts, strict=False)])
    places, numbers = np.unique(np.round(nodes, 12), axis=0, return_inverse=True)
    return places, numbers.ravel()[cells]


def beside(kind: str, *divisions: int) -> Cells:
    """The same behind x = 1."""
    nodes, cells = bricks(kind, *divisions)
    return nodes + np.eye(nodes.shape[1])[0], cells


def shuffled(kind: str, nodes: Array, cells: Array, rng: np.random.Generator) -> Cells:
    """The same mesh with its nodes, its cells, and the corners of each cell in another order."""
    numbers = rng.permutation(len(nodes))
    moved = np.empty_like(nodes)
    moved[numbers] = nodes
    turns = np.array(TURNS[kind])
    turned = np.take_along_axis(numbers[cells], turns[rng.integers(len(turns), size=len(cells))], axis=1)
    return moved, rng.permutation(turned)


@settings(deadline=None, max_examples=40)
@given(kind=st.sampled_from(KINDS), seed=st.integers(0, 2**32 - 1), shake=st.sampled_from((0.0, 0.15)))
def test_a_sound_mesh_is_accepted_however_it_is_numbered_and_turned(kind: str, seed: int, shake: float) -> None:
    """Each Jacobian is I + E with |E_ij| <= 0.3 in units of a brick, so that no cell is folded; faces are bent."""
    rng = np.random.default_rng(seed)
    d = DIMENSION[kind]
    divisions = rng.integers(1, 5, d)
    nodes, cells = bricks(kind, *divisions)
    nodes = nodes * divisions + rng.uniform(-shake, shake, nodes.shape)
    nodes = nodes * 10 ** rng.uniform(-1.5, 1.5, d) @ np.linalg.qr(rng.normal(size=(d, d)))[0]
    nodes = nodes + rng.normal(size=d)
    mesh = built(kind, *shuffled(kind, nodes, cells, rng))
    assert mesh.nelements == len(cells)


@settings(deadline=None, max_examples=20)
@given(kind=st.sampled_from(KINDS), seed=st.integers(0, 2**32 - 1))
def test_a_cell_that_is_there_twice_is_refused_and_both_are_named(kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes, cells = bricks(kind, *rng.integers(1, 4, DIMENSION[kind]))
    nodes, cells = shuffled(kind, nodes, cells, rng)
    copy = cells[rng.integers(len(cells)), list(TURNS[kind][rng.integers(len(TURNS[kind]))])]
    refusal = refused(kind, nodes, np.vstack((cells, copy)))
    assert "same nodes" in refusal.message
    first, second = (cells[int(refusal.details["cell"])], np.vstack((cells, copy))[int(refusal.details["other_cell"])])
    assert sorted(first) == sorted(second) == sorted(copy)
    assert refusal.field == f"cells[{refusal.details['cell']}]"


HALVES = {"triangle": (1, 2), "quadrilateral": (1, 2), "tetrahedron": (1, 2, 2), "hexahedron": (1, 2, 2)}


@pytest.mark.parametrize("kind", KINDS)
def test_finer_cells_beside_coarser_ones_leave_nodes_hanging(kind: str) -> None:
    coarse = bricks(kind, *np.ones_like(HALVES[kind]))
    nodes, cells = joined(coarse, beside(kind, *HALVES[kind]))
    refusal = refused(kind, nodes, cells)
    assert "hangs in the" in refusal.message
    node = nodes[int(refusal.details["node"])]
    assert node[0] == 1
    assert (node[1:] == 0.5).any()
    built(kind, *joined(bricks(kind, *HALVES[kind]), beside(kind, *HALVES[kind])))


def test_a_node_hangs_in_a_bent_face_of_a_hexahedron() -> None:
    """It is in no plane through three of the corners; a little off the face it is of another domain."""
    one, cell = bricks("hexahedron", 1, 1, 1)
    warp = np.where((one == 1).all(axis=1), 1.3, 1.0)
    coarse = np.column_stack((one[:, 0] * warp, one[:, 1:]))
    fine, cells = bricks("hexahedron", 1, 2, 2)
    low = 1 + 0.3 * fine[:, 1] * fine[:, 2]
    fine = np.column_stack((np.where(fine[:, 0] == 0, low, 3.0), fine[:, 1:]))
    both = joined((coarse, cell), (fine, cells))
    refusal = refused("hexahedron", *both)
    assert refusal.message.startswith("hangs in the face")
    off = both[0].copy()
    off[(off[:, 1] == 0.5) | ((off[:, 2] == 0.5) & (off[:, 0] < 3)), 0] += 1e-3
    built("hexahedron", off, both[1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_crack_and_parts_that_share_nothing_are_no_hanging_nodes(kind: str) -> None:
    """The two sides of a crack have nodes of their own at the same places."""
    nodes, cells = bricks(kind, *np.full(DIMENSION[kind], 2))
    for shift in (1.0, 2.0):
        there = nodes + shift * np.eye(DIMENSION[kind])[0]
        assert built(kind, np.vstack((nodes, there)), np.vstack((cells, cells + len(nodes)))).nelements == 2 * len(
            cells
        )


# Two cells on one side of the facet that they share; and three at one.
FOLDED = {
    "triangle": ([[0, 0], [1, 0], [0, 1], [1, 1]], [[0, 1, 2], [0, 1, 3]]),
    "quadrilateral": ([[0, 0], [1, 0], [1, 1], [0, 1], [1.1, 2], [0, 2]], [[0, 1, 2, 3], [0, 1, 4, 5]]),
    "tetrahedron": ([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], [[0, 1, 2, 3], [0, 1, 2, 4]]),
    "hexahedron": (
        [*CUBE.tolist(), [0, 0, 2], [1, 0, 2], [1, 1, 2], [0, 1, 2]],
        [[0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3, 8, 9, 10, 11]],
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("turn", [0, 1, -1])
def test_cells_on_the_same_side_of_their_facet_lie_over_each_other(kind: str, turn: int) -> None:
    nodes, cells = (np.array(each) for each in FOLDED[kind])
    cells[1] = cells[1][list(TURNS[kind][turn])]
    refusal = refused(kind, nodes, cells)
    assert "same side" in refusal.message
    assert refusal.field == "cells[0]"
    assert refusal.details == {"cell": "0", "other_cell": "1"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_third_cell_at_a_facet_is_one_too_many(kind: str) -> None:
    nodes, cells = (np.array(each, dtype=float if at == 0 else int) for at, each in enumerate(FOLDED[kind]))
    corners = 2 if DIMENSION[kind] == 2 else len(nodes) - CORNERS[kind] if kind == "hexahedron" else 3
    fresh = [i for i in cells[1] if i not in cells[0]]
    below = nodes[fresh] * np.array([1.0, -1.0] if DIMENSION[kind] == 2 else [1.0, 1.0, -1.0])
    renumbered = dict(zip(fresh, range(len(nodes), len(nodes) + len(fresh)), strict=True))
    third = [renumbered.get(i, i) for i in cells[1]]
    refusal = refused(kind, np.vstack((nodes, below)), np.vstack((cells, third)))
    name = "edge" if DIMENSION[kind] == 2 else "face"
    assert refusal.details == {
        "cell": "0",
        name: ",".join(map(str, sorted(set(cells[0]) & set(cells[1])))),
        f"cells_at_{name}": "3",
    }
    assert len(refusal.details[name].split(",")) == corners


def test_hexahedra_that_cross_the_corners_of_their_common_face_are_refused() -> None:
    """Four corners of a tetrahedron are a face seen from z in one order, and seen from x in another. Both cells are
    sound by themselves."""
    top = [[0, 0, 1], [1, 0, 1.8], [1, 1, 1], [0, 1, 1.8]]
    nodes = np.array([*CUBE[:4].tolist(), *top, [4, 0, 1], [4, 0, 1.8], [4, 1, 1.8], [4, 1, 1]])
    below, beside = np.arange(8), np.array([4, 5, 7, 6, 8, 9, 10, 11])
    for cell in (below, beside):
        used, numbers = np.unique(cell, return_inverse=True)
        built("hexahedron", nodes[used], numbers.reshape(1, 8))
    refusal = refused("hexahedron", nodes, np.stack((below, beside)))
    assert "in another order" in refusal.message
    assert (refusal.field, refusal.details) == ("cells[0]", {"cell": "0", "other_cell": "1"})
