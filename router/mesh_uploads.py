"""CreateMesh and GetMesh of FiniteElementService: meshes that a tenant sends once and then names."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import Protocol

from faraday.v1 import finite_element_pb2 as pb
from models.base import Refusal
from models.fem.own_mesh import OwnMesh
from router.call import Caller, Question, Reply
from router.codec import common
from router.codec.finite_element import making, uploads
from router.codec.finite_element.problems import MAKINGS, Making
from router.errors import Overloaded
from router.mesh_files import MeshFiles, mesh_id_of

# Of one worker: a mesh of a million triangles takes a second of its core to check, and calls go on beside it.
_AT_ONCE = 1
_PLACES = 8
_RETRY_S = 1.0


class Models(Protocol):
    """What asks a model: the pipeline."""

    async def ask(self, caller: Caller, question: Question, size_bytes: int) -> Reply: ...


class MeshUploads:
    """On the event loop of one router worker; what takes long runs beside it, or on a replica."""

    def __init__(self, files: MeshFiles, models: Models) -> None:
        self._files = files
        self._models = models
        self._thread = ThreadPoolExecutor(_AT_ONCE, "meshes")
        self._places = BoundedSemaphore(_PLACES)

    async def create(self, caller: Caller, body: bytes) -> bytes:
        request = common.parse(pb.CreateMeshRequest, body)
        row = MAKINGS.get(request.WhichOneof("source") or "")
        if row is not None:
            return (await self._made(caller, request, row, len(body))).SerializeToString()
        tenant = None if request.options.validate_only else caller.principal.tenant
        try:
            stored = await self._stored(tenant, uploads.mesh_of(request))
        except Refusal as refusal:
            raise uploads.in_request(refusal) from None
        return pb.CreateMeshResponse(mesh=stored).SerializeToString()

    async def get(self, caller: Caller, body: bytes) -> bytes:
        request = common.parse(pb.GetMeshRequest, body)
        kept = self._files.get(caller.principal.tenant, request.mesh_id, "mesh_id")
        return pb.GetMeshResponse(
            mesh=uploads.stored(request.mesh_id, kept.mesh, kept.size_bytes),
            cells=uploads.content(kept.mesh) if request.include_content else None,
        ).SerializeToString()

    def kept(self, caller: Caller, mesh_id: str) -> OwnMesh:
        """What `Mesh.mesh_id` of a request names. Raises Malformed or UnknownMesh."""
        return self._files.get(caller.principal.tenant, mesh_id, "mesh.mesh_id").mesh

    async def _made(
        self, caller: Caller, request: pb.CreateMeshRequest, row: Making, size_bytes: int
    ) -> pb.CreateMeshResponse:
        """Of a file or a refinement, by the row's model."""

        def kept(mesh_id: str) -> OwnMesh:
            return self._files.get(caller.principal.tenant, mesh_id, f"{row.name}.mesh.mesh_id").mesh

        question = making.question(request, row, kept)
        try:
            reply = await self._models.ask(caller, question, size_bytes + question.expanded_bytes)
        except Refusal as refusal:
            raise making.in_request(refusal, request, row) from None
        if reply.result is None:
            return making.response(reply, None)
        try:
            stored = await self._stored(caller.principal.tenant, making.mesh_of(reply.result))
        except Refusal as refusal:
            raise making.of_made(refusal, row) from None
        return making.response(reply, stored)

    async def _stored(self, tenant: str | None, mesh: OwnMesh) -> pb.StoredMesh:
        """Kept for the tenant, if for any. Raises `Refusal` with the mesh's own fields, TooLarge, Overloaded."""
        size_bytes = self._files.check_room(mesh)
        return uploads.stored(await self._in_turn(tenant, mesh), mesh, size_bytes)

    async def _in_turn(self, tenant: str | None, mesh: OwnMesh) -> str:
        """A caller that goes away leaves its place only when its mesh is done with, so that places limit memory."""
        if not self._places.acquire(blocking=False):
            raise Overloaded("other meshes are being checked; send this one again soon", _RETRY_S)
        checking = self._thread.submit(self._checked, tenant, mesh)
        checking.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(checking)

    def _checked(self, tenant: str | None, mesh: OwnMesh) -> str:
        """Its id, once it is kept for the tenant, if for any. Raises `Refusal`."""
        mesh.check_geometry()
        if tenant is None:
            return mesh_id_of(mesh)
        return self._files.put(tenant, mesh)
