"""A smooth displacement in any dimension with the forces that cause it, and how far an answer is from it.

u_a = sin(k_a · x + c_a).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.fem.elasticity.task import ElasticityResult, ElasticityTask
from models.fem.element import LAGRANGE
from models.fem.quadrature import quadrature
from models.fem.simplicial import Simplicial
from tests.unit.models.fem.elasticity.bodies import given_on_boundary, task_on

WAVES = np.array([[1.2, 1.9, 0.7], [0.7, 1.8, 1.1], [1.4, 0.6, 1.7]])
SHIFTS = np.array([0.1, 0.5, 0.9])


@dataclass(frozen=True)
class Manufactured:
    dimension: int
    poisson: float = 0.3
    plane: str = "strain"

    @property
    def shear(self) -> float:
        return 1 / (2 * (1 + self.poisson))

    @property
    def lame(self) -> float:
        if self.plane == "stress":
            return self.poisson / (1 - self.poisson**2)
        return self.poisson / ((1 + self.poisson) * (1 - 2 * self.poisson))

    @property
    def waves(self) -> Array:
        return WAVES[: self.dimension, : self.dimension]

    def phase(self, x: Array) -> Array:
        return np.asarray(x @ self.waves.T + SHIFTS[: self.dimension])

    def u(self, x: Array) -> Array:
        return np.asarray(np.sin(self.phase(x)))

    def gradient(self, x: Array) -> Array:
        return np.asarray(np.cos(self.phase(x))[..., None] * self.waves)

    def force(self, x: Array) -> Array:
        """−μ Δu − (λ + μ) ∇ div u."""
        k, u = self.waves, self.u(x)
        return np.asarray(self.shear * u * np.sum(k**2, axis=1) + (self.lame + self.shear) * (u * np.diag(k)) @ k)

    def task(self, mesh: Simplicial, degree: int) -> ElasticityTask:
        return task_on(
            mesh,
            degree,
            plane=self.plane,
            young_modulus=np.ones(1),
            poisson_ratio=np.array([self.poisson]),
            body_force=self.force(mesh.points(degree)),
            **given_on_boundary(mesh, degree, self.u),
        )

    def errors(self, mesh: Simplicial, result: ElasticityResult, degree: int) -> Array:
        """(3,): ‖u − u_h‖ and ‖∇(u − u_h)‖ in L², and the error in energy."""
        element = LAGRANGE[self.dimension][degree]
        values = result.displacement[mesh.cell_points(degree)]
        squares = np.zeros(3)
        rule = quadrature(4, self.dimension)
        for point, weight in zip(rule.points, rule.weights, strict=True):
            x = np.tensordot(mesh.nodes[mesh.cells], point, axes=(1, 0))
            gap = np.einsum("cia,i->ca", values, element.shapes(point)) - self.u(x)
            slope = np.einsum("cia,ik,ckb->cab", values, element.derivatives(point), mesh.gradients) - self.gradient(x)
            strain = (slope + slope.transpose(0, 2, 1)) / 2
            energy = self.lame * np.trace(slope, axis1=1, axis2=2) ** 2 + 2 * self.shear * np.sum(
                strain**2, axis=(1, 2)
            )
            squares += weight * np.array(
                [
                    mesh.volumes @ np.sum(gap**2, axis=1),
                    mesh.volumes @ np.sum(slope**2, axis=(1, 2)),
                    mesh.volumes @ energy,
                ]
            )
        return np.sqrt(squares)
