"""The nouns of the one path: who asks, what is asked, what is answered.

What is made for every call is a frozen struct of msgspec: to make one takes a tenth of what a frozen dataclass takes.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import msgspec

from models.base import Evidence, Result, Task


class Role(enum.Enum):
    """What a principal may do. Every RPC names the role that it needs, in `router.rpcs`."""

    ANALYST = "analyst"  # asks models
    DATA_OWNER = "data_owner"  # sets budgets on the data it owns
    OPERATOR = "operator"  # runs the system
    AUDITOR = "auditor"  # reads what has happened
    ADMIN = "admin"  # all of these


@dataclass(frozen=True)
class Principal:
    """Who asks. `subject` is unique within `tenant`."""

    subject: str
    tenant: str
    roles: frozenset[Role]

    @property
    def name(self) -> str:
        return f"{self.tenant}/{self.subject}"

    def may(self, role: Role) -> bool:
        return role in self.roles or Role.ADMIN in self.roles


class TraceContext(msgspec.Struct, frozen=True):
    """W3C trace context: ids in lower-case hexadecimal."""

    trace_id: str  # 32 digits
    span_id: str  # 16 digits: the span that the next one is a child of
    sampled: bool
    state: str = ""

    def header(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


class Caller(msgspec.Struct, frozen=True):
    """Who calls which method, how long they wait, and the trace it is part of: all that is known before the message."""

    method: str  # "/faraday.v1.FiniteElementService/Solve"
    principal: Principal
    deadline: float  # monotonic seconds
    trace: TraceContext
    arrived: float  # monotonic seconds


class Question(msgspec.Struct, frozen=True):
    """A decoded request: which model is asked what, and how."""

    model: str
    task: Task
    request_id: str = ""
    deadline: float | None = None  # Unix seconds, where the message itself names one
    validate_only: bool = False
    # What its codec wants to know again: of OIP the caller's id and the outputs it wants, else the kind of mesh.
    echo: tuple[str, tuple[str, ...]] = ("", ())
    forward: bytes = b""  # the request, where it may go to an external server as it is
    expanded_bytes: int = 0  # what the task holds beyond the request: a mesh that the request only names


class Spend(msgspec.Struct, frozen=True):
    """What an answer that touched private records costs: (ε, δ) by itself, and what its dataset's account has left."""

    dataset: str
    epsilon: float
    delta: float
    unit: str
    adjacency: str
    epsilon_left: float
    charged: bool  # False where it was only asked for


class Reply(msgspec.Struct, frozen=True):
    """The answer to a question; `result` is None after validate_only, and where `forwarded` is the answer."""

    model: str
    model_version: str
    result: Result | None
    evidence: Evidence
    trace_id: str
    elapsed_s: float
    replayed: bool = False
    forwarded: bytes = b""  # an external server's reply, as it came
    spend: Spend | None = None  # None: no private record was touched
