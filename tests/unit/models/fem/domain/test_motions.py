from __future__ import annotations

import numpy as np
import pytest
from skfem import Basis, ElementTetP1, ElementTriP2, ElementVector, MeshTet, MeshTri

from models.base import Refusal
from models.fem.domain.motions import refuse_parts, refuse_rigid_motions


def test_parts_that_only_a_corner_joins_are_refused() -> None:
    nodes = np.array([[0.0, 0], [1, 0], [0, 1], [2, 0], [2, 1]]).T
    with pytest.raises(Refusal, match="2 parts"):
        refuse_parts(MeshTri(nodes, np.array([[0, 1, 2], [1, 3, 4]]).T))
    refuse_parts(MeshTri())


@pytest.mark.parametrize(
    "basis", [Basis(MeshTri(), ElementVector(ElementTriP2())), Basis(MeshTet(), ElementVector(ElementTetP1()))]
)
def test_a_motion_is_free_until_the_last_unknown_that_it_needs_is_prescribed(basis: Basis) -> None:
    d = basis.mesh.dim()
    origin = np.flatnonzero((basis.doflocs == 0).all(axis=0))
    assert len(origin) == d
    refuse_rigid_motions(basis, origin, rotations=False)
    with pytest.raises(Refusal, match="rigid motion"):
        refuse_rigid_motions(basis, origin)
    with pytest.raises(Refusal, match="rigid motion"):
        refuse_rigid_motions(basis, np.zeros(0, np.int64), rotations=False)
    refuse_rigid_motions(basis, np.flatnonzero(basis.doflocs[0] == 0))
