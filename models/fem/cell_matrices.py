"""Products with the matrices K_c of the cells, without K: in compiled loops, since each is small."""

from __future__ import annotations

from models.base import Array
from models.fem.compiled import compiled_reordered


@compiled_reordered
def add_images(total: Array, local: Array, points: Array, factors: Array, u: Array) -> None:
    """total (points,) += Σ_c factor_c K_c u, with local (cells, n, n), points (cells, n) and factors (cells,)."""
    for c in range(len(points)):
        own = points[c]
        for i in range(len(own)):
            image = 0.0
            for j in range(len(own)):
                image += local[c, i, j] * u[own[j]]
            total[own[i]] += factors[c] * image


@compiled_reordered
def products(found: Array, local: Array, points: Array, v: Array, u: Array) -> None:
    """found (cells,) = v·K_c u."""
    for c in range(len(points)):
        own = points[c]
        product = 0.0
        for i in range(len(own)):
            image = 0.0
            for j in range(len(own)):
                image += local[c, i, j] * u[own[j]]
            product += v[own[i]] * image
        found[c] = product
