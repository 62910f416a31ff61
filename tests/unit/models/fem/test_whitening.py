from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from models.fem.direct import SingularMatrix
from models.fem.log_conductivity import precision
from models.fem.mesh import Triangulation
from models.fem.whitening import whitening
from tests.unit.models.fem.meshes import MESHES


@pytest.mark.parametrize("mesh", MESHES.values(), ids=MESHES)
def test_coloured_noise_has_the_inverse_of_the_precision_as_covariance(mesh: Triangulation) -> None:
    given = precision(mesh, np.arange(len(mesh.cells)), 0.5, 2.0)
    made = whitening(given)
    identity = np.eye(len(mesh.cells))
    root = np.stack([made.colour(column) for column in identity], axis=1)
    np.testing.assert_allclose(root @ root.T @ given.toarray(), identity, atol=1e-10)
    transposed = np.stack([made.pull_back(column) for column in identity], axis=1)
    np.testing.assert_allclose(transposed, root.T, atol=1e-12 * abs(root).max())


@pytest.mark.parametrize("matrix", [[[1.0, 2.0], [2.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]], [[-1.0, 0.0], [0.0, 1.0]]])
def test_what_is_not_positive_definite_is_refused(matrix: list[list[float]]) -> None:
    with pytest.raises(SingularMatrix):
        whitening(csr_array(np.array(matrix)))
