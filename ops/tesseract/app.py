"""The gateway as an ASGI application: /tesseract/<model>/<endpoint>, and nothing that the router does not allow."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any, TypeVar, cast

import grpc
import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from models.base import Refusal, Spec
from ops.tesseract import answers, body, call, infer, openapi, refusals
from ops.tesseract.accept import negotiated
from ops.tesseract.answers import Asked
from ops.tesseract.arrays import Format
from ops.tesseract.call import Call, Failed
from ops.tesseract.derivatives import DERIVATIVES
from ops.tesseract.options import Options
from ops.tesseract.room import Room, Share
from ops.tesseract.secure_headers import SecureHeaders
from router.errors import OperationCancelled, Rejection, UnknownMethod, UnknownModel
from router.status import status_of

log = logging.getLogger(__name__)
PREFIX = "/tesseract"
_LARGE = 1 << 18  # bytes of JSON that take a millisecond or so: more are read and written beside the event loop
Answered = Callable[[Request, Call, Spec, Share], Awaitable[Response]]


def application(options: Options, specs: Mapping[str, Spec], channel: Callable[[], grpc.aio.Channel]) -> ASGIApp:
    """`specs` are what may be served behind; whether a model is, the router knows. `channel` is opened on the loop."""
    gateway = Gateway(options, specs)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            opened = [await stack.enter_async_context(channel()) for _ in range(options.channels)]
            gateway.channels = itertools.cycle(opened)
            yield

    app = Starlette(
        routes=gateway.routes(),
        exception_handlers={HTTPException: _not_routed, Exception: _unforeseen},
        lifespan=lifespan,
    )
    return SecureHeaders(app, over_tls=options.certificate_file is not None)


class Gateway:
    channels: Iterator[grpc.aio.Channel]  # without end, from the application's start

    def __init__(self, options: Options, specs: Mapping[str, Spec]) -> None:
        self._options = options
        self._specs = specs
        self._room = Room(options.max_held_bytes)

    def routes(self) -> list[Route]:
        def route(endpoint: str, verb: str, rpc: str, answered: Answered) -> Route:
            async def handle(request: Request) -> Response:
                return await self._handle(request, rpc, answered)

            return Route(f"{PREFIX}/{{model}}/{endpoint}", handle, methods=[verb], name=endpoint)

        return [
            route("apply", "POST", infer.INFER, self._apply),
            route(openapi.VJP, "POST", infer.INFER, self._vjp),
            route(openapi.JVP, "POST", infer.INFER, self._jvp),
            route("abstract_eval", "POST", infer.METADATA, self._abstract_eval),
            route("health", "GET", infer.READY, self._health),
            route("openapi.json", "GET", infer.METADATA, self._openapi),
        ]

    async def _handle(self, request: Request, rpc: str, answered: Answered) -> Response:
        row = DERIVATIVES.get(request.path_params["model"])
        spellings = {} if row is None else row.spellings
        try:
            _check_headers(request, self._options.max_header_bytes)
            opened = Call(next(self.channels), rpc, call.metadata(request), self._options.timeout_s)
            try:
                return await self._answered(request, opened, answered)
            finally:
                await opened.close()
        except Failed as failed:
            return refusals.response(failed.status, spellings)
        except (Rejection, Refusal) as error:
            return refusals.response(status_of(error, ""), spellings)

    async def _answered(self, request: Request, opened: Call, answered: Answered) -> Response:
        """What is wrong with the call itself is said only to whom the router lets in."""
        try:
            spec = self._specs.get(name := request.path_params["model"])
            if spec is None:
                raise UnknownModel(f"there is no model {name[:80]!r} here", {"model": name[:80]})
            with self._room.share() as share:
                return await answered(request, opened, spec, share)
        except (Rejection, Refusal):
            await opened.check()
            raise

    async def _apply(self, request: Request, opened: Call, spec: Spec, share: Share) -> Response:
        return await self._asked(request, opened, share, lambda said, run: answers.apply(spec, said, run))

    async def _vjp(self, request: Request, opened: Call, spec: Spec, share: Share) -> Response:
        row = DERIVATIVES.get(spec.name)
        if row is None:
            raise _no_endpoint(spec, openapi.VJP)
        return await self._asked(request, opened, share, lambda said, run: answers.vjp(spec, row, said, run))

    async def _jvp(self, request: Request, opened: Call, spec: Spec, share: Share) -> Response:
        row = DERIVATIVES.get(spec.name)
        if row is None or not row.pushed:
            raise _no_endpoint(spec, openapi.JVP)
        return await self._asked(request, opened, share, lambda said, run: answers.jvp(spec, row, said, run))

    async def _asked(
        self, request: Request, opened: Call, share: Share, ask: Callable[[bytes, str], Asked]
    ) -> Response:
        form = negotiated(request.headers.get("accept", ""))
        if form is None:
            formats = ", ".join(each.media_type for each in Format)
            raise refusals.NotAcceptable(
                f"takes none of the formats that there are: {formats}", "accept", {"known": formats}
            )
        said = await body.read(request, opened, self._options.max_body_bytes, share)
        asked = await _off_loop(
            len(said), lambda: ask(said, answers.request_id(request.query_params.get("run_id", "")))
        )
        reply = await _unless_gone(request, opened, asked.message)

        def written() -> tuple[bytes, str]:
            answer = infer.answer(reply)
            evidence = answers.evidence(answer)
            return msgspec.json.encode(asked.answered(answer, form)), evidence

        content, evidence = await _off_loop(len(reply), written)
        return Response(content, headers={"faraday-evidence": evidence}, media_type=form.media_type)

    async def _abstract_eval(self, request: Request, opened: Call, spec: Spec, share: Share) -> Response:
        said = await body.read(request, opened, self._options.max_body_bytes, share)
        found = answers.abstract_eval(spec, said)
        await opened.finish(infer.about(spec.name))
        return _json(found)

    async def _openapi(self, request: Request, opened: Call, spec: Spec, share: Share) -> Response:
        await opened.finish(infer.about(spec.name))
        return _json(openapi.document(spec, DERIVATIVES.get(spec.name)))

    async def _health(self, request: Request, opened: Call, spec: Spec, share: Share) -> Response:
        ready = infer.is_ready(await opened.finish(infer.about(spec.name)))
        return _json({"status": "ok"}) if ready else _json({"status": "not ready"}, 503)


async def _unless_gone(request: Request, opened: Call, message: bytes) -> bytes:
    """The router's reply; where the caller hangs up before it comes, the router's work ends, too."""
    reply = asyncio.ensure_future(opened.finish(message))
    gone = asyncio.ensure_future(request.receive())  # after the body there is nothing to receive but the end
    try:
        await asyncio.wait((reply, gone), return_when=asyncio.FIRST_COMPLETED)
        if not reply.done():
            raise OperationCancelled("the caller has gone")
        return reply.result()
    finally:
        gone.cancel()
        reply.cancel()


T = TypeVar("T")


async def _off_loop(size: int, work: Callable[[], T]) -> T:
    return await asyncio.to_thread(work) if size > _LARGE else work()


def _check_headers(request: Request, limit: int) -> None:
    """h11's own limit is for headers that come in parts: what one read brings whole passes it."""
    size = sum(len(name) + len(value) for name, value in request.headers.raw)
    if size > limit:
        raise refusals.HeadersTooLarge(f"the headers have {size} bytes", {"limit_bytes": str(limit)})


def _json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def _no_endpoint(spec: Spec, endpoint: str) -> UnknownMethod:
    return UnknownMethod(f"{spec.name} has no {endpoint}", {"method": endpoint, "model": spec.name})


async def _not_routed(request: Request, error: Exception) -> Response:
    path = request.url.path[:200]
    status = status_of(UnknownMethod(f"there is no {request.method} {path}", {"method": path}), "")
    response = refusals.response(status, {}, cast(HTTPException, error).status_code)
    response.headers.update(cast(HTTPException, error).headers or {})
    return response


async def _unforeseen(request: Request, error: Exception) -> Response:
    """The one answer to what nobody thought of. Starlette raises the error again, for the log."""
    error_id = uuid.uuid4().hex
    log.error("error_id %s: %s", error_id, type(error).__name__)
    return refusals.response(status_of(error, error_id), {})
