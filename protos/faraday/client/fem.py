"""Finite elements: boundary value problems in; fields, derivatives and their evidence out."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy.typing as npt
from google.protobuf.any_pb2 import Any as AnyMessage

from faraday.client import derivative as derivatives
from faraday.client import made_mesh
from faraday.client.connection import Ask, Connection, Request
from faraday.client.derivative import Derivative, Functional, Value
from faraday.client.diffusion import Diffusion, Dirichlet, Neumann
from faraday.client.elasticity import Displacement, Elasticity, Vector, Where
from faraday.client.error_shares import ErrorShares, error_shares
from faraday.client.errors import CallFailed, MalformedReply, NotFound, from_status
from faraday.client.export import FORMATS, Drawn, export_request, format_of
from faraday.client.field import Field
from faraday.client.listing import ProblemKind, problem_kind
from faraday.client.mesh import Mesh
from faraday.client.operations import Calls, Operation
from faraday.client.pieces import assembled
from faraday.client.posed import Datum, Posed
from faraday.client.problem import Domain, Problem, element
from faraday.client.solution import Solution
from faraday.client.tensors import encode
from faraday.client.values import Values
from faraday.v1 import finite_element_pb2 as pb
from faraday.v1 import finite_element_pb2_grpc

Answer = TypeVar("Answer")
Reply = TypeVar("Reply")

_SERVICE = "faraday.v1.FiniteElementService"


class FiniteElements:
    """`client.fem`. Every method raises `ValueError` for what cannot be sent and `FaradayError` for the rest: see
    `faraday.client.errors`.

    `request_id` names a request, so that a repeat returns the first answer; a new UUID by default. `validate_only`
    checks everything and computes nothing.
    """

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
        error_bound: str = "fast",
        session: str = "",
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

        `error_bound`: "fast"; "sharp", in several times the time of solving; or "none".

        `session`, a random UUID of yours, lets solves share meshes and factorisations: one with the same mesh and
        conductivity as an earlier one factorises nothing. Keep it to yourself. Derivatives keep their own.
        """
        problem = Diffusion(mesh, conductivity, source, cell_source, dirichlet, neumann, degree, error_bound, session)
        return self.answer(problem, Ask(timeout_s, request_id, validate_only, traceparent))

    def elasticity(
        self,
        mesh: Mesh,
        *,
        young_modulus: Values,
        poisson_ratio: Values,
        fixed: Sequence[tuple[Where, Displacement]],
        body_force: Vector | None = None,
        tractions: Sequence[tuple[Where, Vector]] = (),
        expansion: Values | None = None,
        temperature: Values | None = None,
        cell_temperature: Values | None = None,
        plane: str = "strain",
        degree: int = 2,
        timeout_s: float | None = None,
        request_id: str | None = None,
        validate_only: bool = False,
        traceparent: str | None = None,
    ) -> Solution:
        """Solve −div σ(u) = f for small strains of an isotropic body; units are yours, if only they fit.

        - `young_modulus` > 0, `poisson_ratio` in (−1, 0.5), `expansion`, `cell_temperature`: one, or one for each cell.
          `temperature`: one, or one for each node.
        - `fixed`: `(where, displacement)` with point numbers or a predicate of the boundary points; a displacement is
          one number for all components, or a component for each axis, None where it is free.
        - `body_force`: a vector, one for each point, or a function that returns a component for each axis.
        - `tractions`: `(where, t)` with facets by their nodes or a predicate of the centroids of the boundary's
          facets, and t like a body force, linear on each facet.
        - `plane`: "strain" or "stress", for triangles.

        The solution's outputs are `stress` (xx, yy, zz, yz, xz, xy of each cell), `strain_energy`, `reaction`,
        `imbalance` and `cell_estimate`.
        """
        problem = Elasticity(
            mesh,
            young_modulus,
            poisson_ratio,
            fixed,
            body_force,
            tractions,
            expansion,
            temperature,
            cell_temperature,
            plane,
            degree,
        )
        return self.answer(problem, Ask(timeout_s, request_id, validate_only, traceparent))

    def ask(
        self,
        problem: str,
        domain: Domain,
        *,
        degree: int | None = None,
        timeout_s: float | None = None,
        request_id: str | None = None,
        validate_only: bool = False,
        traceparent: str | None = None,
        **data: Datum,
    ) -> Solution:
        """Solve any problem that the server lists, its data by their names there: see `problems` and `Posed`.

        `client.fem.ask("heat", Shape("square", (32, 32)), conductivity=1, capacity=1, conditions={"left": "u = 1"})`
        """
        posed = Posed(problem, domain, data, degree)
        return self.answer(posed, Ask(timeout_s, request_id, validate_only, traceparent))

    def answer(self, problem: Problem[Answer], ask: Ask = Ask()) -> Answer:  # noqa: B008 a frozen value
        """The answer to a problem that is a value: a `Diffusion`, an `Elasticity`, a `Posed`."""
        request = problem.request()
        return problem.answer(self._call("Solve", self._stub.Solve, request, problem.mesh, ask))

    def optimize(self, problem: Problem[Answer], ask: Ask = Ask()) -> Operation[Answer]:  # noqa: B008 a frozen value
        """Solve a problem that takes many steps, such as `Inverse`, as a long-running operation: returns at once.

        A repeat with the same `request_id` returns the operation that the first call has started.
        """

        def rpc(request: pb.SolveRequest, **how: object) -> object:
            return self._stub.Optimize(pb.OptimizeRequest(request=request), **how)

        def read(response: AnyMessage) -> Answer:
            found = pb.OptimizeResponse()
            if not response.Unpack(found):
                raise MalformedReply(f"the operation has a response of type {response.type_url}")
            return problem.answer(found.response)

        message = self._call("Optimize", rpc, problem.request(), problem.mesh, ask)
        return Operation(Calls(self._connection), message, read)

    def solve_batch(
        self, problems: Iterable[Problem[Answer]], *, timeout_s: float | None = None
    ) -> Iterator[Answer | CallFailed]:
        """Solve many problems on one stream: yields an answer for each, in their order, while later ones are solved.

        A problem that fails yields its error, and the others are answered all the same. The stream's own end, by its
        deadline or by the loss of its server, is raised, and nothing is sent again: ask for what is left.
        """
        asked: deque[Problem[Answer]] = deque()

        def requests() -> Iterator[pb.SolveBatchRequest]:
            for problem in problems:
                request = problem.request()
                request.options.request_id = str(uuid.uuid4())
                asked.append(problem)
                yield pb.SolveBatchRequest(request=request)

        for each in self._connection.stream(_SERVICE, "SolveBatch", self._stub.SolveBatch, requests(), timeout_s):
            problem = asked.popleft()
            yield from_status(each.error) if each.HasField("error") else problem.answer(each.response)

    def answer_in_pieces(
        self, problem: Problem[Answer], *, piece_bytes: int | None = None, timeout_s: float | None = None
    ) -> Answer:
        """The answer to a problem as `answer` gives it, however large: its arrays come in messages of `piece_bytes`.

        For time series and fields beyond the size of one message. Nothing is sent again: where the stream breaks off
        it is raised.
        """
        request = pb.SolveInPiecesRequest(request=problem.request(), piece_bytes=piece_bytes)
        within = self._connection.timeout_s if timeout_s is None else timeout_s
        parts = self._connection.follow(_SERVICE, "SolveInPieces", self._stub.SolveInPieces, request, within)
        return problem.answer(assembled(parts))

    def differentiate(
        self,
        problem: Problem[Any],
        functional: Functional = Functional(),  # noqa: B008 a frozen value
        *,
        tangent: Mapping[str, npt.ArrayLike] | None = None,
        by_nodes: bool = False,
        session: str = "",
        timeout_s: float | None = None,
        request_id: str | None = None,
        validate_only: bool = False,
    ) -> Derivative:
        """The derivatives of J(u) by all data of a problem, and of u along a `tangent`: changes of the data by name.

        Of a `Diffusion`, or of a `Posed` problem whose `gradients` `problems` lists; the latter has tangents of its
        coefficients, and a flow its cotangents, among its own data. `tangent` and `session` are of a `Diffusion`.
        `by_nodes` asks for the derivative by the places of the nodes of its own mesh, too: `gradients["nodes"]`.

        `session`, a random UUID of yours, lets calls share meshes and factorisations: a second call with the same mesh
        and conductivity costs two triangular solves. Keep it to yourself.
        """
        request = derivatives.asked(pb.DifferentiateRequest, problem, functional, session)
        if by_nodes:
            request.by_nodes = True
        if tangent is not None:
            request.diffusion_tangent.CopyFrom(derivatives.tangent_message(tangent))
        ask = Ask(timeout_s, request_id, validate_only)
        reply = self._call("Differentiate", self._stub.Differentiate, request, problem.mesh, ask)
        return derivatives.derivative(reply)

    def evaluate(
        self,
        problem: Problem[Any],
        functional: Functional,
        *,
        session: str = "",
        timeout_s: float | None = None,
        request_id: str | None = None,
        validate_only: bool = False,
    ) -> Value:
        """J(u), without its derivatives."""
        request = derivatives.asked(pb.EvaluateFunctionalRequest, problem, functional, session)
        ask = Ask(timeout_s, request_id, validate_only)
        return derivatives.value(
            self._call("EvaluateFunctional", self._stub.EvaluateFunctional, request, problem.mesh, ask)
        )

    def estimate_error(
        self,
        problem: Diffusion,
        values: npt.ArrayLike,
        *,
        bound: str = "fast",
        timeout_s: float | None = None,
        request_id: str | None = None,
        validate_only: bool = False,
    ) -> ErrorShares:
        """A guaranteed bound on the energy error of a field (points,) with the problem's Dirichlet values, whoever made
        it. `bound`: "fast" is within a tenth of the sharpest, "sharp" takes ten times as long."""
        request = pb.EstimateErrorRequest(
            mesh=problem.mesh.message(),
            element=element(problem.degree),
            diffusion=problem.message(),
            field=encode(values, "float64"),
            bound=bound,
        )
        ask = Ask(timeout_s, request_id, validate_only)
        return error_shares(self._call("EstimateError", self._stub.EstimateError, request, problem.mesh, ask))

    def upload(self, mesh: Mesh, *, timeout_s: float | None = None) -> Mesh:
        """The same mesh, which from now on is named and not sent. The server may forget it; then it is sent again."""
        request = pb.CreateMeshRequest(cells=mesh.content())
        reply = self._connection.call(_SERVICE, "CreateMesh", self._stub.CreateMesh, request, Ask(timeout_s))
        return replace(mesh, mesh_id=reply.mesh.mesh_id)

    def read_mesh(self, path: Path | str, *, file_format: str | None = None, timeout_s: float | None = None) -> Mesh:
        """A mesh from a file: "gmsh", "vtk", "vtu" or "abaqus", by default as its name ends: .msh, .vtk, .vtu or .inp.
        The server keeps it. First-order cells of one kind; physical groups and element sets name boundaries and
        subdomains."""
        path = Path(path)
        kind = file_format or format_of(path, made_mesh.FORMATS)
        request = pb.CreateMeshRequest(file=pb.MeshFile(content=path.read_bytes(), file_format=kind))
        made = self._connection.call(_SERVICE, "CreateMesh", self._stub.CreateMesh, request, Ask(timeout_s))
        return made_mesh.of_file(made, self._content(made, timeout_s))

    def refine(
        self,
        domain: Domain,
        times: int = 0,
        *,
        marked: npt.ArrayLike | None = None,
        timeout_s: float | None = None,
    ) -> Mesh:
        """The mesh of a domain, every cell divided so many `times`, then the `marked` ones once more; of a `Shape`, 0
        times, the cells that the server solves on. The server keeps it."""
        refined = pb.RefinedMesh(mesh=domain.message(), refinements=times)
        if marked is not None:
            refined.marked.CopyFrom(encode(marked, "int64"))
        request = pb.CreateMeshRequest(refined=refined)
        made = self._call("CreateMesh", self._stub.CreateMesh, request, domain, Ask(timeout_s))
        return made_mesh.of_refinement(made, self._content(made, timeout_s))

    def export(
        self,
        field: Drawn,
        path: Path | str,
        *,
        values: npt.ArrayLike | None = None,
        times: npt.ArrayLike | None = None,
        cell_values: npt.ArrayLike | None = None,
        name: str = "u",
        cell_name: str = "error",
        timeout_s: float | None = None,
    ) -> Path:
        """Write a field to a file and return its path: .vtu or .xdmf for ParaView, .png for a picture in the plane.

        `values` are the field's own by default; others are one number or vector for each point or each node. A series
        has its `times`, and goes to .xdmf, or its last one to .png. `cell_values`, one for each cell, are drawn
        beside them: `np.sqrt(field.cell_bound)` is the map of the error.
        """
        path = Path(path)
        request = export_request(field, format_of(path, FORMATS), name, values, times, cell_values, cell_name)
        reply = self._connection.call(_SERVICE, "Export", self._stub.Export, request, Ask(timeout_s))
        path.write_bytes(reply.content)
        return path

    def problems(self, *, timeout_s: float | None = None) -> list[ProblemKind]:
        """What this server solves: the fields of each problem and of its answer."""
        found: list[ProblemKind] = []
        token = ""
        while True:
            request = pb.ListProblemsRequest(page_token=token)
            page = self._connection.call(_SERVICE, "ListProblems", self._stub.ListProblems, request, Ask(timeout_s))
            found += map(problem_kind, page.problems)
            token = page.next_page_token
            if not token:
                return found

    def _content(self, made: pb.CreateMeshResponse, timeout_s: float | None) -> pb.Cells:
        request = pb.GetMeshRequest(mesh_id=made.mesh.mesh_id, include_content=True)
        rpc: Callable[..., pb.GetMeshResponse] = self._stub.GetMesh
        return self._connection.call(_SERVICE, "GetMesh", rpc, request, Ask(timeout_s)).cells

    def _call(
        self,
        method: str,
        rpc: Callable[..., Reply],
        request: Request,
        domain: Domain,
        ask: Ask,
    ) -> Reply:
        """The reply; a mesh that the server has forgotten is sent again first."""
        try:
            return self._connection.call(_SERVICE, method, rpc, request, ask)
        except NotFound as error:
            if error.failure.reason != "UNKNOWN_MESH":
                raise
        again = pb.CreateMeshRequest(cells=domain.content())
        self._connection.call(_SERVICE, "CreateMesh", self._stub.CreateMesh, again, Ask(ask.timeout_s))
        return self._connection.call(_SERVICE, method, rpc, request, ask)
