"""Isotropic linear elasticity: what Young's modulus and Poisson's ratio say of stress, strain and energy.

Timoshenko & Goodier, Theory of Elasticity, 3rd ed. 1970: chapter 2 (plane stress and strain), section 151 (thermal).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array


@dataclass(frozen=True, eq=False)
class Material:
    """σ = λ tr(ε) I + 2μ ε − β θ I in d axes, where θ is the free thermal strain α ΔT."""

    young: Array  # (cells,) E > 0
    poisson: Array  # (cells,) −1 < ν < 1/2
    dimension: int
    plane_stress: bool  # σ_zz = 0; else ε_zz = 0 where the dimension is 2

    @property
    def shear(self) -> Array:
        """(cells,): μ."""
        return np.asarray(self.young / (2 * (1 + self.poisson)))

    @property
    def lame(self) -> Array:
        """(cells,): λ; in plane stress the λ that remains once ε_zz is eliminated."""
        if self.plane_stress:
            return np.asarray(self.young * self.poisson / (1 - self.poisson**2))
        return np.asarray(self.young * self.poisson / ((1 + self.poisson) * (1 - 2 * self.poisson)))

    @property
    def thermal(self) -> Array:
        """(cells,): β, the pressure that holds back a free strain of 1."""
        return np.asarray(self.young / (1 - self.poisson if self.plane_stress else 1 - 2 * self.poisson))

    def stress(self, strain: Array, thermal_strain: Array) -> Array:
        """(cells, d, d), of strain (cells, d, d) and thermal_strain (cells,)."""
        pressure = self.lame * np.trace(strain, axis1=1, axis2=2) - self.thermal * thermal_strain
        return np.asarray(2 * self.shear[:, None, None] * strain + pressure[:, None, None] * np.eye(self.dimension))

    def six_components(self, stress: Array, thermal_strain: Array) -> Array:
        """(cells, 6): xx, yy, zz, yz, xz, xy of stress (cells, d, d), with what acts across the plane."""
        if self.dimension == 3:
            return np.stack([stress[:, i, j] for i, j in ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))], axis=1)
        xx, yy, xy = stress[:, 0, 0], stress[:, 1, 1], stress[:, 0, 1]
        zero = np.zeros_like(xx)
        zz = zero if self.plane_stress else self.poisson * (xx + yy) - self.young * thermal_strain
        return np.stack((xx, yy, zz, zero, zero, xy), axis=1)

    def energy_density(self, six: Array) -> Array:
        """(cells,): ½ σ : C⁻¹ σ of the six components (cells, 6)."""
        square = np.sum(six[:, :3] ** 2, axis=1) + 2 * np.sum(six[:, 3:] ** 2, axis=1)
        trace = np.sum(six[:, :3], axis=1)
        return np.asarray((square - self.poisson / (1 + self.poisson) * trace**2) / (4 * self.shear))

    def distance(self, stress: Array) -> Array:
        """(cells,): σ : C⁻¹ σ of stress (cells, d, d), where C maps the strains in the d axes alone."""
        trace = np.trace(stress, axis1=1, axis2=2)
        square = np.sum(stress**2, axis=(1, 2))
        part = self.lame / (self.dimension * self.lame + 2 * self.shear)
        return np.asarray((square - part * trace**2) / (2 * self.shear))
