from __future__ import annotations

import numpy as np
import pytest

from models.fem.mesh import Triangulation, triangulate
from tests.unit.models.fem.meshes import MESHES

# Two triangles that touch in node 0.
BOW_TIE = triangulate(
    np.array([[0.0, 0.0], [1, -1], [1, 1], [-1, 1], [-1, -1]]),
    np.array([[0, 1, 2], [0, 3, 4]]),
)
every_mesh = pytest.mark.parametrize("mesh", [*MESHES.values(), BOW_TIE], ids=[*MESHES, "bow tie"])


@every_mesh
def test_every_corner_is_in_one_fan_around_its_node(mesh: Triangulation) -> None:
    around = mesh.fans
    np.testing.assert_array_equal(np.sort(around.corners), np.arange(3 * len(mesh.cells)))
    for begin, end in zip(around.starts[:-1], around.starts[1:], strict=True):
        assert len(set(mesh.cells.ravel()[around.corners[begin:end]])) == 1


@every_mesh
def test_neighbours_in_a_fan_share_an_edge_and_open_fans_end_at_the_boundary(mesh: Triangulation) -> None:
    around = mesh.fans
    for fan, is_closed in enumerate(around.is_closed):
        cells, places = np.divmod(around.corners[around.starts[fan] : around.starts[fan + 1]], 3)
        first, last = mesh.cell_edges[cells, places], mesh.cell_edges[cells, (places + 2) % 3]
        np.testing.assert_array_equal(last[:-1], first[1:])
        if is_closed:
            assert last[-1] == first[0]
        else:
            assert mesh.is_boundary[last[-1]] and mesh.is_boundary[first[0]]
    assert not (np.diff(around.is_closed.astype(int)) < 0).any()  # open ones come first


def test_a_node_in_which_a_domain_touches_itself_has_two_fans() -> None:
    nodes = BOW_TIE.cells.ravel()[BOW_TIE.fans.corners[BOW_TIE.fans.starts[:-1]]]
    assert (np.bincount(nodes) == [2, 1, 1, 1, 1]).all()
