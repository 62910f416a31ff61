"""faraday.v1.FiniteElementService: its methods, and who may call them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from functools import partial

from faraday.v1 import finite_element_pb2 as pb
from models.base import Refusal, Spec
from models.fem.own_mesh import OwnMesh
from router import status
from router.call import Caller, Role
from router.codec import common
from router.codec.contract import OperationCodec
from router.codec.finite_element.derivatives import DifferentiateCodec, EvaluateCodec
from router.codec.finite_element.estimates import EstimateCodec
from router.codec.finite_element.export import ExportCodec
from router.codec.finite_element.listing import described
from router.codec.finite_element.meshes import Kept
from router.codec.finite_element.optimize import OptimizeCodec
from router.codec.finite_element.pieces import PiecesCodec
from router.codec.finite_element.problems import PROBLEMS
from router.codec.finite_element.solve import SolveBatchCodec, SolveCodec, failed
from router.errors import Malformed, Rejection, UnknownMesh
from router.in_order import in_order
from router.mesh_files import MeshFiles
from router.mesh_uploads import MeshUploads
from router.operations.starting import Starter
from router.pipeline import Pipeline
from router.rpcs import Messages, Rpc, Stream, Unary

SERVICE = "faraday.v1.FiniteElementService"
_STREAM_WINDOW = 16  # requests of one stream that are under way at once; answers keep their order
_PAGE, _MAX_PAGE = 100, 1000


class FiniteElementService:
    def __init__(self, specs: Mapping[str, Spec], pipeline: Pipeline, meshes: MeshFiles, starter: Starter) -> None:
        """`specs` are the models that are served here."""
        self._specs = specs
        self._pipeline = pipeline
        self._meshes = MeshUploads(meshes, pipeline)
        self._starter = starter

    def rpcs(self) -> list[Rpc]:
        def unary(name: str, answer: Callable[[Caller, bytes], Awaitable[bytes]]) -> Rpc:
            return Unary(f"/{SERVICE}/{name}", Role.ANALYST, answer)

        return [
            unary("Solve", self._solve),
            Stream(f"/{SERVICE}/SolveBatch", Role.ANALYST, self._solve_batch),
            Stream(f"/{SERVICE}/SolveInPieces", Role.ANALYST, self._solve_in_pieces),
            unary("Differentiate", self._differentiate),
            unary("EvaluateFunctional", self._evaluate),
            unary("EstimateError", self._estimate),
            unary("CreateMesh", self._meshes.create),
            unary("GetMesh", self._meshes.get),
            unary("Export", self._export),
            unary("ListProblems", self._list_problems),
            unary("Optimize", self._optimize),
        ]

    async def _solve(self, caller: Caller, body: bytes) -> bytes:
        return await self._pipeline.answer(caller, body, SolveCodec(self._kept(caller)))

    def _solve_batch(self, messages: Messages) -> AsyncGenerator[bytes, None]:
        return in_order(messages, self._solve_one, _STREAM_WINDOW)

    async def _solve_one(self, message: tuple[Caller, bytes]) -> bytes:
        """A request that fails does not end the stream: its answer holds the status that Solve would have ended with.

        An error that the table of statuses does not know ends it, as it ends any call.
        """
        caller, body = message
        codec = SolveBatchCodec(self._kept(caller))
        try:
            return await self._pipeline.answer(caller, body, codec)
        except (Rejection, Refusal) as error:
            return failed(status.status_of(error, ""))

    async def _solve_in_pieces(self, messages: Messages) -> AsyncGenerator[bytes, None]:
        """One request, many messages. What is sent is a view of the result, which is held until the last is taken."""
        first = await anext(messages, None)
        if first is None:
            raise Malformed("the call ended without a message")
        caller, body = first
        codec = PiecesCodec(self._kept(caller))
        question, piece_bytes = codec.decode(body)
        try:
            reply = await self._pipeline.ask(caller, question, len(body) + question.expanded_bytes)
        except Refusal as refusal:
            raise codec.refusal(refusal, question) from None
        for message in codec.messages(reply, piece_bytes):
            yield message

    async def _differentiate(self, caller: Caller, body: bytes) -> bytes:
        return await self._pipeline.answer(caller, body, DifferentiateCodec(self._kept(caller)))

    async def _evaluate(self, caller: Caller, body: bytes) -> bytes:
        return await self._pipeline.answer(caller, body, EvaluateCodec(self._kept(caller)))

    async def _estimate(self, caller: Caller, body: bytes) -> bytes:
        return await self._pipeline.answer(caller, body, EstimateCodec(self._kept(caller)))

    async def _export(self, caller: Caller, body: bytes) -> bytes:
        return await self._pipeline.answer(caller, body, ExportCodec())

    async def _list_problems(self, caller: Caller, body: bytes) -> bytes:
        """A page begins behind the name that its token is."""
        request = common.parse(pb.ListProblemsRequest, body)
        if not 0 <= request.page_size <= _MAX_PAGE:
            raise Malformed(f"is not between 0 and {_MAX_PAGE}", "page_size")
        size = request.page_size or _PAGE
        names = sorted(name for name, row in PROBLEMS.items() if row.spec.name in self._specs)
        left = [name for name in names if name > request.page_token]
        return pb.ListProblemsResponse(
            problems=[described(PROBLEMS[name]) for name in left[:size]],
            next_page_token=left[size - 1] if len(left) > size else "",
        ).SerializeToString()

    async def _optimize(self, caller: Caller, body: bytes) -> bytes:
        return await self._starter.start(caller, body, OptimizeCodec(self._kept(caller)))

    def _kept(self, caller: Caller) -> Kept:
        return partial(self._meshes.kept, caller)


def operations() -> Mapping[str, OperationCodec]:
    """The methods that start operations, each with what takes one up again."""
    return {f"/{SERVICE}/Optimize": OptimizeCodec(_nothing_kept)}


def _nothing_kept(mesh_id: str) -> OwnMesh:
    raise UnknownMesh("an operation's request holds its mesh", {"mesh_id": mesh_id})
