"""Where points of facets lie in their cells, for cells that are not affine: the inverse of the cell's map.

scikit-fem's Newton iteration ends at an absolute step of 1e-12, which round-off does not allow where a cell is small
against its coordinates: 1e-4 of them is enough. Here it ends where steps do not get smaller any more.
"""

from __future__ import annotations

import numpy as np
from skfem.mapping import MappingIsoparametric

from models.base import Array, Refusal

MAX_STEPS = 50
SMALL = 1e-12
NEAR = 1e-6  # of a cell: what is nearer is not got nearer by round-off, what is not does not converge


class FacetMapping(MappingIsoparametric):  # type: ignore[misc] # scikit-fem has no types
    def invF(self, x: Array, tind: Array | None = None) -> Array:
        """Raises `Refusal` MESH_DEGENERATE."""
        X = np.full(x.shape, 0.5)
        before = np.inf
        for _ in range(MAX_STEPS):
            step = np.einsum("ijkl,jkl->ikl", self.invDF(X, tind), x - self.F(X, tind))
            X = np.clip(X + step, 0.0, 1.0)
            size = float(np.abs(step).max(initial=0.0))
            if size < SMALL or before / 2 < size < NEAR:
                return np.asarray(X)
            before = size
        raise Refusal("MESH_DEGENERATE", "have a boundary that cannot be found again in its cells; mend them", "cells")
