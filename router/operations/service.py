"""google.longrunning.Operations, and faraday.v1.OperationService beside it: looking after operations."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable

from google.longrunning import operations_pb2
from google.protobuf.empty_pb2 import Empty

from faraday.v1 import operations_pb2 as pb
from router.call import Caller, Role
from router.codec import common
from router.codec import operations as messages
from router.errors import Malformed, ShuttingDown
from router.operations.contract import Viewer
from router.operations.store import OperationStore
from router.rpcs import Messages, Rpc, Stream, Unary

LONG_RUNNING = "google.longrunning.Operations"
SERVICE = "faraday.v1.OperationService"

_LOOK_S = 0.2  # between two looks at an operation that somebody follows
_BACK_S = 0.1  # another worker takes whoever comes back at once
_MARGIN_S = 0.25  # who waits is answered so long before its own deadline
_PAGE, _MAX_PAGE = 100, 1000
_NEWEST = 1 << 62


class OperationService:
    """`serving` is False once this worker ends: who follows an operation is sent to another."""

    def __init__(
        self,
        store: OperationStore,
        serving: Callable[[], bool],
        unix_time: Callable[[], float] = time.time,
        look_s: float = _LOOK_S,
    ) -> None:
        self._store = store
        self._serving = serving
        self._unix_time = unix_time
        self._look_s = look_s

    def rpcs(self) -> list[Rpc]:
        def unary(name: str, answer: Callable[[Caller, bytes], Awaitable[bytes]]) -> Rpc:
            return Unary(f"/{LONG_RUNNING}/{name}", Role.ANALYST, answer)

        return [
            unary("GetOperation", self._get),
            unary("ListOperations", self._list),
            unary("WaitOperation", self._wait),
            unary("CancelOperation", self._cancel),
            unary("DeleteOperation", self._delete),
            Stream(f"/{SERVICE}/WatchOperation", Role.ANALYST, self._watch),
        ]

    async def _get(self, caller: Caller, body: bytes) -> bytes:
        request = common.parse(operations_pb2.GetOperationRequest, body)
        found = await self._store.get(_viewer(caller), messages.id_of(request.name))
        return messages.encoded(messages.message(*found))

    async def _list(self, caller: Caller, body: bytes) -> bytes:
        """Without responses: GetOperation has them."""
        request = common.parse(operations_pb2.ListOperationsRequest, body)
        if request.name not in ("", "operations"):
            raise Malformed('is not "operations"', "name")
        if not 0 <= request.page_size <= _MAX_PAGE:
            raise Malformed(f"is not between 0 and {_MAX_PAGE}", "page_size")
        if request.page_token and not (request.page_token.isascii() and request.page_token.isdigit()):
            raise Malformed("is not a token that ListOperations gave", "page_token")
        size = request.page_size or _PAGE
        before = min(_NEWEST, int(request.page_token or _NEWEST))
        page = await self._store.page(_viewer(caller), before, size, messages.ended_of(request.filter))
        listed = operations_pb2.ListOperationsResponse(
            operations=[messages.message(operation, b"") for operation in page],
            next_page_token=str(page[-1].number) if len(page) == size else "",
        )
        return messages.encoded(listed)

    async def _wait(self, caller: Caller, body: bytes) -> bytes:
        """Until the end, or the request's timeout, or shortly before the call's own deadline."""
        request = common.parse(operations_pb2.WaitOperationRequest, body)
        viewer, id = _viewer(caller), messages.id_of(request.name)
        until = caller.deadline - _MARGIN_S
        if request.HasField("timeout"):
            until = min(until, time.monotonic() + request.timeout.ToMilliseconds() / 1e3)
        while True:
            operation, outcome = await self._store.get(viewer, id)
            left_s = until - time.monotonic()
            if operation.state.is_end or left_s <= 0 or not self._serving():
                return messages.encoded(messages.message(operation, outcome))
            await asyncio.sleep(min(self._look_s, left_s))

    async def _cancel(self, caller: Caller, body: bytes) -> bytes:
        request = common.parse(operations_pb2.CancelOperationRequest, body)
        await self._store.cancel(_viewer(caller), messages.id_of(request.name), self._unix_time())
        return Empty().SerializeToString()

    async def _delete(self, caller: Caller, body: bytes) -> bytes:
        request = common.parse(operations_pb2.DeleteOperationRequest, body)
        await self._store.delete(_viewer(caller), messages.id_of(request.name))
        return Empty().SerializeToString()

    async def _watch(self, calls: Messages) -> AsyncGenerator[bytes, None]:
        first = await anext(calls, None)
        if first is None:
            raise Malformed("the call ended without a message")
        caller, body = first
        viewer, id = _viewer(caller), messages.id_of(common.parse(pb.WatchOperationRequest, body).name)
        told = -1
        while True:
            operation, outcome = await self._store.get(viewer, id)
            if operation.revision != told:
                told = operation.revision
                response = pb.WatchOperationResponse(operation=messages.message(operation, outcome))
                yield messages.encoded(response)
            if operation.state.is_end:
                return
            if not self._serving():
                raise ShuttingDown("this router stops; watch again", _BACK_S)
            await asyncio.sleep(self._look_s)


def _viewer(caller: Caller) -> Viewer:
    """An admin sees the operations of the whole tenant."""
    principal = caller.principal
    return Viewer(principal.tenant, None if Role.ADMIN in principal.roles else principal.subject)
