"""Requests and replies on one stream, both in the caller's own thread, with only so many requests unanswered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from typing import Any, TypeVar

from faraday.client.errors import MalformedReply

Request = TypeVar("Request")

# Twice what a server has under way on one stream, so that it never waits for the network.
WINDOW = 32


def exchange(begin: Callable[[Iterator[Request]], Any], requests: Iterable[Request], window: int) -> Iterator[Any]:
    """The reply to each request, in their order. `begin` makes the call of an iterator of requests.

    The next request is asked for once fewer than `window` are unanswered. What `requests` or the call raise passes
    through, and the call has ended when this has. Raises MalformedReply where replies are missing at the end.
    """
    outgoing: SimpleQueue[Request | None] = SimpleQueue()
    call = begin(iter(outgoing.get, None))
    unanswered = 0
    try:
        for request in requests:
            outgoing.put(request)
            unanswered += 1
            if unanswered == window:
                yield _next(call)
                unanswered -= 1
        outgoing.put(None)
        for _ in range(unanswered):
            yield _next(call)
    finally:
        outgoing.put(None)  # gRPC's thread waits for it
        call.cancel()


def _next(call: Iterator[Any]) -> Any:
    reply = next(call, None)
    if reply is None:
        raise MalformedReply("the stream ended before all requests were answered")
    return reply
