"""The one table from google.rpc.Status to HTTP: a status, headers, and a JSON body with reason and places.

Codes are mapped as googleapis' `code.proto` says, with rows of our own: 422 for INVALID_ARGUMENT, whose body has a
`detail` as pydantic's errors are, because Tesseract's clients make a ValidationError of it; 404 for UNIMPLEMENTED,
which is what a Tesseract without an endpoint answers; 413 and 431 for what is too large, which no wait makes
smaller, and 406 where no format is left.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from google.rpc import code_pb2, error_details_pb2, status_pb2
from starlette.responses import Response

from router.errors import Malformed, TooLarge

STATUS: Mapping[int, int] = {
    code_pb2.CANCELLED: 499,
    code_pb2.UNKNOWN: 500,
    code_pb2.INVALID_ARGUMENT: 422,
    code_pb2.DEADLINE_EXCEEDED: 504,
    code_pb2.NOT_FOUND: 404,
    code_pb2.ALREADY_EXISTS: 409,
    code_pb2.PERMISSION_DENIED: 403,
    code_pb2.UNAUTHENTICATED: 401,
    code_pb2.RESOURCE_EXHAUSTED: 429,
    code_pb2.FAILED_PRECONDITION: 400,
    code_pb2.ABORTED: 409,
    code_pb2.OUT_OF_RANGE: 400,
    code_pb2.UNIMPLEMENTED: 404,
    code_pb2.INTERNAL: 500,
    code_pb2.UNAVAILABLE: 503,
    code_pb2.DATA_LOSS: 500,
}
BY_REASON: Mapping[str, int] = {"REQUEST_TOO_LARGE": 413, "NOT_ACCEPTABLE": 406, "HEADERS_TOO_LARGE": 431}
_PLACE = re.compile(r"(\w+)\[([^\[\]]*)\](?:\[([^\[\]]*)\])?$")


class NotAcceptable(Malformed):
    """The Accept header leaves no format that we write."""

    reason = "NOT_ACCEPTABLE"


class HeadersTooLarge(TooLarge):
    """Of the call: a body may be large, headers need not be."""

    reason = "HEADERS_TOO_LARGE"


def response(status: status_pb2.Status, spellings: Mapping[str, str], http: int | None = None) -> Response:
    """`spellings` are places in the call for inputs of the model that was asked; `http` stands over the table."""
    info, retry, bad = _details(status)
    code = http or BY_REASON.get(info.reason) or STATUS.get(status.code, 500)
    violations = [(_spelt(each.field, spellings), each.description) for each in bad.field_violations]
    error: dict[str, Any] = {
        "code": code_pb2.Code.Name(status.code),
        "reason": info.reason,
        "message": status.message,
        "domain": info.domain,
        "metadata": dict(info.metadata),
        "field_violations": [{"field": field, "description": text} for field, text in violations],
    }
    body: dict[str, Any] = {"error": error}
    if code == 422:
        places = violations or [("", status.message)]
        body["detail"] = [{"type": info.reason.lower(), "loc": _loc(place), "msg": text} for place, text in places]
    headers = {}
    if retry is not None:
        error["retry_after_s"] = retry
        headers["retry-after"] = str(max(1, round(retry + 0.5)))
    if code == 401:
        headers["www-authenticate"] = 'Bearer realm="faraday"'
    return Response(msgspec.json.encode(body), code, headers, "application/json")


def _details(
    status: status_pb2.Status,
) -> tuple[error_details_pb2.ErrorInfo, float | None, error_details_pb2.BadRequest]:
    info, retry = error_details_pb2.ErrorInfo(reason=code_pb2.Code.Name(status.code)), error_details_pb2.RetryInfo()
    bad = error_details_pb2.BadRequest()
    retried = False
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
        retried |= detail.Unpack(retry)
    return info, retry.retry_delay.ToTimedelta().total_seconds() if retried else None, bad


def _spelt(field: str, spellings: Mapping[str, str]) -> str:
    found = _PLACE.match(field)
    if found is None or found[2] not in spellings:
        return field
    return spellings[found[2]] + ("" if found[3] is None else f"[{found[3]}]")


def _loc(place: str) -> list[str | int]:
    """As pydantic tells it: body, inputs, name, index. What is a parameter to the router is an input to the caller."""
    found = _PLACE.match(place)
    if found is None:
        return ["body", place] if place else ["body"]
    part = "inputs" if found[1] == "parameters" else found[1]
    index = [int(number) for number in found[3].split(", ") if number.isdecimal()] if found[3] else []
    return ["body", part, found[2], *index]
