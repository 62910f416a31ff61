"""Strain and stress of a displacement in its cells, and the energy that it stores."""

from __future__ import annotations

import numpy as np
from skfem import Basis

from models.base import Array
from models.fem.bricks.body import Body

# Which entries of the symmetric tensor are its components, by dimension.
COMPONENTS = {2: ((0, 0), (1, 1), (0, 1)), 3: ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))}


def stress(given: Body, basis: Basis, u: Array) -> Array:
    """(components, cells, points of the basis) of u (points, d)."""
    slopes = [np.asarray(basis.interpolate(np.ascontiguousarray(component)).grad) for component in u.T]
    lame, shear, thermal = (
        each[:, None] for each in (given.material.lame, given.material.shear, given.material.thermal)
    )
    pressure = lame * sum(slopes[a][a] for a in range(len(slopes))) - thermal * given.thermal_strain(basis)
    return np.stack(
        [shear * (slopes[a][b] + slopes[b][a]) + (pressure if a == b else 0.0) for a, b in COMPONENTS[len(slopes)]]
    )


def tensor(components: Array) -> Array:
    """(cells, d, d) of components (components, cells)."""
    d = 2 if len(components) == 3 else 3
    whole = np.empty((components.shape[1], d, d))
    for (a, b), values in zip(COMPONENTS[d], components, strict=True):
        whole[:, a, b] = whole[:, b, a] = values
    return whole


def mean_and_energy(given: Body, found: Array) -> tuple[Array, Array]:
    """(cells, 6): the mean stress over each cell; (cells,): ∫ ½ σ : (ε − θ I). Of stresses at quadrature points."""
    dx = given.basis.dx
    mean, energy = np.zeros((len(dx), 6)), np.zeros(len(dx))
    thermal_strain = given.thermal_strain(given.basis)
    for q in range(dx.shape[1]):
        six = given.material.six_components(tensor(found[:, :, q]), thermal_strain[:, q])
        mean += dx[:, q, None] * six
        energy += dx[:, q] * given.material.energy_density(six)
    return mean / dx.sum(axis=1)[:, None], energy
