"""A solve as a differentiable function of its data, in NumPy: what the adapters for torch and JAX have in common.

Forward: the field, by a call that keeps the factors in a session of its own. Backward: the product of a cotangent with
the Jacobian, by a call in that session, which costs two triangular solves where it reaches the same replica. Both are
the exact derivatives of what is computed. An answer that did not converge is raised: a framework would go on with it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from faraday.client.client import Client
from faraday.client.derivative import Derivative, Functional
from faraday.client.diffusion import Diffusion
from faraday.client.errors import NotConverged
from faraday.client.evidence import Outcome
from faraday.client.mesh import Mesh, Predicate
from faraday.client.tensors import Array
from faraday.client.values import facets_of, points_of

Data = Mapping[str, Array]  # conductivity, source, cell_source, dirichlet_values, neumann_values, by these names


@dataclass(frozen=True, eq=False)
class Solver:
    """u(data) on a mesh with given boundary parts. Made by `solver`."""

    client: Client
    mesh: Mesh
    degree: int
    dirichlet_points: Array  # (dirichlet,)
    neumann_edges: Array | None  # (neumann, 2)
    session: str  # a random UUID
    timeout_s: float | None

    @property
    def point_count(self) -> int:
        return len(self.mesh.points(self.degree))

    def field(self, data: Data) -> Array:
        """(points,): u. Raises `NotConverged`, and what `client.fem.differentiate` raises."""
        return self._ask(data, Functional(np.zeros(self.point_count))).solution

    def gradients(self, data: Data, cotangent: Array) -> dict[str, Array]:
        """cotangent (points,) times the Jacobian of u, by each of the data, in its shape. Raises as `field`."""
        found = self._ask(data, Functional(cotangent)).gradients
        return {name: _as_given(found[name], given) for name, given in data.items()}

    def tangent(self, data: Data, direction: Data) -> Array:
        """(points,): the Jacobian of u times a change of some of the data, each in its shape. Raises as `field`."""
        sent = self._problem({**data, **direction}).data()  # changes are broadcast as what they change
        found = self._ask(data, Functional(), {name: sent[name] for name in direction}).tangent
        assert found is not None  # the contract: with a direction there is one
        return found

    def _ask(self, data: Data, functional: Functional, direction: Data | None = None) -> Derivative:
        found = self.client.fem.differentiate(
            self._problem(data), functional, tangent=direction, session=self.session, timeout_s=self.timeout_s
        )
        if found.evidence.outcome is not Outcome.CONVERGED:
            raise NotConverged(str(found.evidence))
        return found

    def _problem(self, data: Data) -> Diffusion:
        fluxes = data.get("neumann_values")
        return Diffusion(
            self.mesh,
            conductivity=data["conductivity"],
            source=data.get("source"),
            cell_source=data.get("cell_source"),
            dirichlet=(self.dirichlet_points, data["dirichlet_values"]),
            neumann=None if self.neumann_edges is None or fluxes is None else (self.neumann_edges, fluxes),
            degree=self.degree,
        )


def solver(
    client: Client,
    mesh: Mesh,
    *,
    dirichlet: npt.ArrayLike | Predicate,
    neumann: npt.ArrayLike | Predicate | None = None,
    degree: int = 1,
    session: str | None = None,
    timeout_s: float | None = None,
) -> Solver:
    """`dirichlet`: point numbers, or a predicate of the boundary points. `neumann`: node pairs, or a predicate of the
    midpoints of the boundary's edges. `session`: a random UUID of yours; a new one where it is None."""
    return Solver(
        client=client,
        mesh=mesh,
        degree=degree,
        dirichlet_points=points_of(mesh, dirichlet, degree, "dirichlet"),
        neumann_edges=None if neumann is None else facets_of(mesh, neumann, "neumann"),
        session=session or str(uuid.uuid4()),
        timeout_s=timeout_s,
    )


def _as_given(gradient: Array, given: Array) -> Array:
    """Where one number stands for all cells, points or edges, its derivative is the sum of theirs."""
    return gradient.sum().reshape(given.shape) if given.size == 1 else gradient.reshape(given.shape)
