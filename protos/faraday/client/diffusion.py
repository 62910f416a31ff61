"""Stationary diffusion: −∇·(k ∇u) = f, u = g at Dirichlet points, k ∂u/∂n = q on Neumann edges, no flux elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from faraday.client import evidence
from faraday.client.field import Field
from faraday.client.mesh import Mesh, Predicate
from faraday.client.problem import element, read
from faraday.client.tensors import Array, encode
from faraday.client.values import Values, everywhere, facets_of, many, one_or_many, points_of
from faraday.v1 import common_pb2
from faraday.v1 import finite_element_pb2 as pb

Dirichlet = Values | tuple[npt.ArrayLike | Predicate, Values]
Neumann = tuple[npt.ArrayLike | Predicate, Values]


@dataclass(frozen=True, eq=False)
class Diffusion:
    """What `client.fem.solve` takes: see there."""

    mesh: Mesh
    conductivity: Values = 1.0
    source: Values | None = None
    cell_source: Values | None = None
    dirichlet: Dirichlet | None = None
    neumann: Neumann | None = None
    degree: int = 1
    error_bound: str = "fast"
    session: str = ""

    def request(self) -> pb.SolveRequest:
        return pb.SolveRequest(
            mesh=self.mesh.message(),
            element=element(self.degree),
            diffusion=self.message(),
            error_bound=self.error_bound,
            session=self.session or None,
        )

    def message(self) -> pb.Diffusion:
        """ValueError for what cannot be sent."""
        return pb.Diffusion(**{name: _encoded(name, array) for name, array in self.data().items()})

    def data(self) -> dict[str, Array]:
        """What is sent, by the names of the contract: numbers as (1,), functions at the places of their values."""
        mesh, degree = self.mesh, self.degree
        data = {"conductivity": one_or_many(self.conductivity, mesh.centroids)}
        if self.source is not None:
            data["source"] = one_or_many(self.source, mesh.points(degree))
        if self.cell_source is not None:
            data["cell_source"] = many(self.cell_source, mesh.centroids)
        if self.dirichlet is not None:
            where, values = self.dirichlet if isinstance(self.dirichlet, tuple) else (everywhere, self.dirichlet)
            points = points_of(mesh, where, degree, "dirichlet")
            data |= {"dirichlet_points": points, "dirichlet_values": many(values, mesh.points(degree)[points])}
        if self.neumann is not None:
            edges, flux = _neumann(mesh, *self.neumann)
            data |= {"neumann_edges": edges, "neumann_values": flux}
        return data

    def answer(self, response: pb.SolveResponse) -> Field:
        """Every array is empty after validate_only. Raises `MalformedReply`."""
        found = evidence.decode(response.evidence)
        if found.outcome is evidence.Outcome.VALIDATED:
            return Field(np.empty(0), np.empty((0, 2)), np.empty((0, 3), dtype=np.int64), np.empty(0), found)
        return Field(
            values=read(response.solution, "solution", 1),
            points=read(response.points, "points", 2),
            cells=read(response.cells, "cells", 2),
            cell_bound=read(response.cell_bound, "cell_bound", 1) if response.HasField("cell_bound") else np.empty(0),
            evidence=found,
        )


def _encoded(name: str, array: Array) -> common_pb2.Tensor:
    return encode(array, "int64" if name in ("dirichlet_points", "neumann_edges") else "float64")


def _neumann(mesh: Mesh, where: npt.ArrayLike | Predicate, values: Values) -> tuple[Array, Array]:
    edges = facets_of(mesh, where, "neumann")
    if callable(values):
        ends = mesh.nodes[edges]
        places = np.stack((ends[:, 0], ends[:, 1], ends.mean(axis=1)), axis=1)
        return edges, many(values, places.reshape(-1, 2)).reshape(-1, 3)
    flux = np.asarray(values, dtype=np.float64)
    return edges, flux if flux.ndim == 2 else np.broadcast_to(flux, len(edges)).reshape(-1, 1)
