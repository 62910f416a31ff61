"""A real gRPC server in this process that answers as a test scripts it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import grpc
import numpy as np
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc import status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from faraday.client import Clock
from faraday.client.tensors import encode
from faraday.v1 import common_pb2, finite_element_pb2, finite_element_pb2_grpc

Solve = Callable[[finite_element_pb2.SolveRequest, grpc.ServicerContext], finite_element_pb2.SolveResponse]


@dataclass
class FakeTime:
    """A clock that moves only when somebody sleeps."""

    now_s: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now_s, self.sleep)


@dataclass
class Scripted(finite_element_pb2_grpc.FiniteElementServiceServicer, health_pb2_grpc.HealthServicer):
    """Answers each call with the next step of the script, and the last one for ever."""

    script: list[Solve]
    requests: list[finite_element_pb2.SolveRequest] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    remaining_s: list[float] = field(default_factory=list)
    serving: bool = True

    def Solve(
        self, request: finite_element_pb2.SolveRequest, context: grpc.ServicerContext
    ) -> finite_element_pb2.SolveResponse:
        self.requests.append(request)
        self.headers.append(dict(context.invocation_metadata()))
        self.remaining_s.append(context.time_remaining())
        step = self.script[0] if len(self.script) == 1 else self.script.pop(0)
        return step(request, context)

    def Check(
        self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext
    ) -> health_pb2.HealthCheckResponse:
        if request.service not in ("", "faraday.v1.FiniteElementService"):
            context.abort(grpc.StatusCode.NOT_FOUND, "no such service")
        status = health_pb2.HealthCheckResponse
        return health_pb2.HealthCheckResponse(status=status.SERVING if self.serving else status.NOT_SERVING)


def answer(request: finite_element_pb2.SolveRequest, context: grpc.ServicerContext) -> finite_element_pb2.SolveResponse:
    """Two triangles with u = 0, 1, 2, 3 and all the evidence there is."""
    return finite_element_pb2.SolveResponse(
        solution=encode(np.arange(4.0)),
        points=encode(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])),
        cells=encode(np.array([[0, 1, 3], [0, 3, 2]])),
        cell_bound=encode(np.array([4e-6, 5e-6])),
        evidence=common_pb2.Evidence(
            trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
            model="fem.diffusion",
            model_version="1",
            outcome=common_pb2.OUTCOME_CONVERGED,
            method="sparse Cholesky",
            residual=3e-16,
            error_bound=common_pb2.ErrorBound(
                value=3e-3,
                relative=0.01,
                norm="energy",
                kind=common_pb2.BOUND_KIND_GUARANTEED,
                conditions="f is polynomial",
                source="Ern and Vohralík (2015), theorem 3.3",
            ),
            privacy=common_pb2.PrivacySpend(kind=common_pb2.PrivacySpend.KIND_NOT_PRIVATE),
            elapsed_s=0.0125,
        ),
    )


def refuse(code: grpc.StatusCode, message: str, *details: Message) -> Solve:
    """A step that answers with a google.rpc.Status."""

    def step(
        request: finite_element_pb2.SolveRequest, context: grpc.ServicerContext
    ) -> finite_element_pb2.SolveResponse:
        status = status_pb2.Status(code=code.value[0], message=message)
        for detail in details:
            packed = AnyMessage()
            packed.Pack(detail)
            status.details.append(packed)
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(code, message)
        raise AssertionError("abort raises")

    return step
