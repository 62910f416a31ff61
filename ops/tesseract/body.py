"""The body of an HTTP request: within a limit, while the router's call lives, and as the JSON of an endpoint."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request

from ops.tesseract.call import Call
from ops.tesseract.room import Share
from router.errors import Malformed, TooLarge


class Apply(msgspec.Struct, forbid_unknown_fields=True):
    inputs: dict[str, Any]


class Vjp(msgspec.Struct, forbid_unknown_fields=True):
    inputs: dict[str, Any]
    vjp_inputs: list[str]
    vjp_outputs: list[str]
    cotangent_vector: dict[str, Any]


class Jvp(msgspec.Struct, forbid_unknown_fields=True):
    inputs: dict[str, Any]
    jvp_inputs: list[str]
    jvp_outputs: list[str]
    tangent_vector: dict[str, Any]


B = TypeVar("B", Apply, Vjp, Jvp)


async def read(request: Request, call: Call, limit: int, share: Share) -> bytes:
    """Raises `TooLarge`, `Overloaded`, and what the call raises where it ends before the body: refused, or too late."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:18]) > limit:
        raise _too_large(limit)
    reading = asyncio.ensure_future(_all(request, limit, share))
    try:
        await asyncio.wait((reading, call.ended), return_when=asyncio.FIRST_COMPLETED)
        return reading.result() if reading.done() else await call.ended
    finally:
        reading.cancel()


def parsed(kind: type[B], body: bytes) -> B:
    """Raises `Malformed`."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise Malformed(f"is not what this endpoint takes: {error}") from None
    except UnicodeDecodeError:
        raise Malformed("is not UTF-8") from None
    except RecursionError:
        raise Malformed("is nested too deep") from None


async def _all(request: Request, limit: int, share: Share) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        share.take(len(part))
        parts.append(part)
    return b"".join(parts)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body has more than {limit} bytes", {"limit_bytes": str(limit)})
