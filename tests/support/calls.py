"""Calls to a router over real gRPC, and their refusals taken apart."""

from __future__ import annotations

from typing import Any

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2, status_pb2
from tritonclient.grpc import service_pb2 as oip

from faraday.v1 import common_pb2, finite_element_pb2
from router.status import DETAILS_KEY
from tests.support.router import Router, connected

SOLVE = "/faraday.v1.FiniteElementService/Solve"
INFER = "/inference.GRPCInferenceService/ModelInfer"


def tensor(values: Any, dtype: str = "float64") -> common_pb2.Tensor:
    array = np.asarray(values, dtype)
    kind = {"float64": common_pb2.Tensor.D_TYPE_FLOAT64, "int64": common_pb2.Tensor.D_TYPE_INT64}[dtype]
    return common_pb2.Tensor(dtype=kind, shape=array.shape, data=array.tobytes())


def solve_request(count: int = 4, **options: Any) -> finite_element_pb2.SolveRequest:
    return finite_element_pb2.SolveRequest(
        mesh=finite_element_pb2.Mesh(unit_square=finite_element_pb2.UnitSquare(x_count=count, y_count=count)),
        diffusion=finite_element_pb2.Diffusion(
            conductivity=tensor([1.0]),
            source=tensor([1.0]),
            dirichlet_points=tensor(range(count + 1), "int64"),
            dirichlet_values=tensor(np.zeros(count + 1)),
        ),
        options=common_pb2.RequestOptions(**options),
    )


def echo_request(*x: float, **parameters: Any) -> oip.ModelInferRequest:
    data = np.array(x or (1.0,))
    request = oip.ModelInferRequest(model_name="echo")
    request.inputs.add(name="x", datatype="FP64", shape=data.shape)
    request.raw_input_contents.append(data.tobytes())
    for name, value in parameters.items():
        kind = {bool: "bool_param", int: "int64_param", float: "double_param", str: "string_param"}[type(value)]
        setattr(request.parameters[name.replace("__", ".")], kind, value)
    return request


class Refused:
    """A call's status, taken apart."""

    def __init__(self, error: grpc.RpcError) -> None:
        self.code: grpc.StatusCode = error.code()
        self.message: str = error.details()
        packed = next((value for key, value in error.trailing_metadata() or () if key == DETAILS_KEY), b"")
        status = status_pb2.Status.FromString(packed)
        self.kinds = [detail.type_url.rpartition(".")[2] for detail in status.details]
        assert self.kinds.count("ErrorInfo") == 1, (self.code, self.message)
        self.metadata = dict(_info(status).metadata)
        self.reason, self.field = reason_and_field(status)


def reason_and_field(status: status_pb2.Status) -> tuple[str, str]:
    """The field is empty where no one is at fault."""
    bad = error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(bad)
    return _info(status).reason, next((violation.field for violation in bad.field_violations), "")


def _info(status: status_pb2.Status) -> error_details_pb2.ErrorInfo:
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        detail.Unpack(info)
    return info


async def call(router: Router, method: str, body: bytes, metadata: Any = None, timeout_s: float | None = 10.0) -> bytes:
    async with connected(router) as channel:
        sent = router.metadata() if metadata is None else metadata
        reply: bytes = await channel.unary_unary(method)(body, metadata=sent, timeout=timeout_s)
        return reply


async def refused(router: Router, method: str, body: bytes, metadata: Any = None) -> Refused:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(router, method, body, metadata)
    return Refused(caught.value)


async def solved(router: Router, **options: Any) -> finite_element_pb2.SolveResponse:
    body = solve_request(**options).SerializeToString()
    return finite_element_pb2.SolveResponse.FromString(await call(router, SOLVE, body))


async def echoed(router: Router, request: oip.ModelInferRequest, **how: Any) -> oip.ModelInferResponse:
    return oip.ModelInferResponse.FromString(await call(router, INFER, request.SerializeToString(), **how))
