"""CreateMesh and GetMesh of FiniteElementService: meshes that a tenant sends once and then names."""

from __future__ import annotations

import asyncio

from faraday.v1 import finite_element_pb2 as pb
from models.base import Refusal
from models.fem.own_mesh import OwnMesh
from router.call import Caller
from router.codec import common
from router.codec.finite_element import uploads
from router.errors import Overloaded
from router.mesh_files import KeptMesh, MeshFiles, mesh_id_of

# Of one worker: a mesh of a million triangles takes a second of its core to check, and calls go on beside it.
_AT_ONCE = 1
_WAITING = 8
_RETRY_S = 1.0


class MeshUploads:
    """On the event loop of one router worker; what takes long runs beside it."""

    def __init__(self, files: MeshFiles) -> None:
        self._files = files
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0

    async def create(self, caller: Caller, body: bytes) -> bytes:
        request = common.parse(pb.CreateMeshRequest, body)
        mesh = uploads.mesh_of(request)
        size_bytes = self._files.check_room(mesh.nodes, mesh.cells)
        tenant = None if request.options.validate_only else caller.principal.tenant
        mesh_id = await self._in_turn(tenant, mesh)
        return pb.CreateMeshResponse(mesh=uploads.stored(mesh_id, mesh, size_bytes)).SerializeToString()

    async def get(self, caller: Caller, body: bytes) -> bytes:
        request = common.parse(pb.GetMeshRequest, body)
        kept = self._files.get(caller.principal.tenant, request.mesh_id, "mesh_id")
        mesh = OwnMesh(nodes=kept.nodes, cells=kept.cells)
        return pb.GetMeshResponse(
            mesh=uploads.stored(request.mesh_id, mesh, kept.size_bytes),
            cells=uploads.content(kept.nodes, kept.cells) if request.include_content else None,
        ).SerializeToString()

    def kept(self, caller: Caller, mesh_id: str) -> KeptMesh:
        """What `Mesh.mesh_id` of a request names. Raises Malformed or UnknownMesh."""
        return self._files.get(caller.principal.tenant, mesh_id, "mesh.mesh_id")

    async def _in_turn(self, tenant: str | None, mesh: OwnMesh) -> str:
        if self._waiting >= _WAITING:
            raise Overloaded("other meshes are being checked; send this one again soon", _RETRY_S)
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(self._checked, tenant, mesh)
        finally:
            self._waiting -= 1

    def _checked(self, tenant: str | None, mesh: OwnMesh) -> str:
        """Its id, once it is kept for the tenant, if for any. Raises `Refusal` with the request's paths."""
        try:
            mesh.check_geometry()
        except Refusal as refusal:
            raise uploads.in_request(refusal) from None
        if tenant is None:
            return mesh_id_of(mesh.nodes, mesh.cells)
        return self._files.put(tenant, mesh.nodes, mesh.cells)
