"""What an RPC is to the router: its role, its shape and what answers it. A method that is not here does not exist."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from router.call import Caller, Role

Answer = Callable[[Caller, bytes], Awaitable[bytes]]
Messages = AsyncIterator[tuple[Caller, bytes]]  # each message of a stream is a call of its own, with its own deadline
StreamAnswer = Callable[[Messages], AsyncGenerator[bytes, None]]


@dataclass(frozen=True)
class Unary:
    """One message in, one out. `role` None: anybody may call it, also without a credential."""

    method: str  # "/package.Service/Method"
    role: Role | None
    answer: Answer


@dataclass(frozen=True)
class Stream:
    """Messages in, messages out."""

    method: str
    role: Role | None
    answer: StreamAnswer


Rpc = Unary | Stream
