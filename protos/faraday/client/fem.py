"""Finite elements: one boundary value problem in, one field with its error bound out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from faraday.client import evidence
from faraday.client.connection import Ask, Connection
from faraday.client.errors import MalformedReply
from faraday.client.field import Field
from faraday.client.mesh import Mesh, Predicate
from faraday.client.tensors import Array, decode, encode
from faraday.v1 import common_pb2, finite_element_pb2, finite_element_pb2_grpc

Values = (
    float | npt.ArrayLike | Callable[[Array, Array], npt.ArrayLike]
)  # a callable takes coordinates x (n,) and y (n,)
Dirichlet = Values | tuple[npt.ArrayLike | Predicate, Values]
Neumann = tuple[npt.ArrayLike | Predicate, Values]

_SERVICE = "faraday.v1.FiniteElementService"


class FiniteElements:
    """`client.fem`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._stub = finite_element_pb2_grpc.FiniteElementServiceStub(connection.channel)

    def solve(
        self,
        mesh: Mesh,
        *,
        conductivity: Values = 1.0,
        source: Values | None = None,
        cell_source: Values | None = None,
        dirichlet: Dirichlet | None = None,
        neumann: Neumann | None = None,
        degree: int = 1,
        timeout_s: float | None = None,
        request_id: str | None = None,
        validate_only: bool = False,
        traceparent: str | None = None,
    ) -> Field:
        """Solve −∇·(k ∇u) = f, u = g at the Dirichlet points, k ∂u/∂n = q on the Neumann edges, no flux elsewhere.

        Each value is a number, an array, or a function of the coordinates:

        - `conductivity` k > 0: one, or one for each cell; a function is taken at the centroids.
        - `source` f: one, or one for each point, interpolated by the element; `cell_source`, added: one for each cell.
        - `dirichlet` g: values on the whole boundary, or `(where, values)` with point numbers or a predicate of the
          boundary points, e.g. `(lambda x, y: x == 0, 0.0)`.
        - `neumann`: `(where, q)` with node pairs (n, 2) or a predicate of the midpoints of the boundary's edges. The
          flux q into the domain is (n,), (n, 2) if linear, (n, 3) if quadratic; a function gives a quadratic one.

        `request_id` names the request, so that a repeat returns the first answer; a new UUID by default.
        `validate_only` checks everything and computes nothing. Raises `ValueError` for what cannot
        be sent and `FaradayError` for the rest: see `faraday.client.errors`.
        """
        if degree not in (1, 2):
            raise ValueError(f"degree is {degree}; choose 1 or 2")
        request = finite_element_pb2.SolveRequest(
            mesh=_mesh(mesh),
            element=finite_element_pb2.ELEMENT_P2 if degree == 2 else finite_element_pb2.ELEMENT_P1,
            diffusion=finite_element_pb2.Diffusion(conductivity=encode(_one_or_many(conductivity, mesh.centroids))),
        )
        problem = request.diffusion
        if source is not None:
            problem.source.CopyFrom(encode(_one_or_many(source, mesh.points(degree))))
        if cell_source is not None:
            problem.cell_source.CopyFrom(encode(_many(cell_source, mesh.centroids)))
        if dirichlet is not None:
            points, given = _dirichlet(mesh, dirichlet, degree)
            problem.dirichlet_points.CopyFrom(encode(points, "int64"))
            problem.dirichlet_values.CopyFrom(encode(given))
        if neumann is not None:
            edges, flux = _neumann(mesh, *neumann)
            problem.neumann_edges.CopyFrom(encode(edges, "int64"))
            problem.neumann_values.CopyFrom(encode(flux))
        ask = Ask(timeout_s, request_id, validate_only, traceparent)
        return _field(self._connection.call(_SERVICE, "Solve", self._stub.Solve, request, ask), validate_only)


def _mesh(mesh: Mesh) -> finite_element_pb2.Mesh:
    if mesh.divisions is not None:
        x_count, y_count = mesh.divisions
        return finite_element_pb2.Mesh(unit_square=finite_element_pb2.UnitSquare(x_count=x_count, y_count=y_count))
    own = finite_element_pb2.Triangles(nodes=encode(mesh.nodes), cells=encode(mesh.cells))
    return finite_element_pb2.Mesh(triangles=own)


def _dirichlet(mesh: Mesh, given: Dirichlet, degree: int) -> tuple[Array, Array]:
    where, values = given if isinstance(given, tuple) else (_everywhere, given)
    points = mesh.boundary(degree, where) if callable(where) else np.asarray(where)
    if points.size == 0:
        raise ValueError("dirichlet holds at no point of the boundary; widen its predicate, or leave it out")
    return points, _many(values, mesh.points(degree)[points])


def _neumann(mesh: Mesh, where: npt.ArrayLike | Predicate, values: Values) -> tuple[Array, Array]:
    edges = mesh.boundary_edges(where) if callable(where) else np.asarray(where)
    if edges.size == 0:
        raise ValueError("neumann holds on no edge of the boundary; widen its predicate, or leave it out")
    if callable(values):
        ends = mesh.nodes[edges]
        places = np.stack((ends[:, 0], ends[:, 1], ends.mean(axis=1)), axis=1)
        return edges, _many(values, places.reshape(-1, 2)).reshape(-1, 3)
    flux = np.asarray(values, dtype=np.float64)
    return edges, flux if flux.ndim == 2 else np.broadcast_to(flux, len(edges)).reshape(-1, 1)


def _everywhere(x: Array, y: Array) -> Array:
    return np.ones(len(x), dtype=bool)


def _one_or_many(values: Values, places: Array) -> Array:
    """(1,) for a number, else (places,)."""
    if callable(values):
        return _many(values, places)
    return np.atleast_1d(np.asarray(values, dtype=np.float64))


def _many(values: Values, places: Array) -> Array:
    """(places,)"""
    made = values(places[:, 0], places[:, 1]) if callable(values) else values
    return np.broadcast_to(np.asarray(made, dtype=np.float64), len(places))


def _field(reply: finite_element_pb2.SolveResponse, validate_only: bool) -> Field:
    if validate_only:
        nothing = np.empty(0)
        cells = np.empty((0, 3), dtype=np.int64)
        return Field(nothing, np.empty((0, 2)), cells, nothing, evidence.decode(reply.evidence))
    return Field(
        values=_array(reply.solution, "solution", 1),
        points=_array(reply.points, "points", 2),
        cells=_array(reply.cells, "cells", 2),
        cell_bound=_array(reply.cell_bound, "cell_bound", 1),
        evidence=evidence.decode(reply.evidence),
    )


def _array(tensor: common_pb2.Tensor, name: str, rank: int) -> Array:
    array = decode(tensor)
    if array.ndim != rank:
        raise MalformedReply(f"{name} has shape {array.shape}; {rank} dimensions were promised")
    return array
