"""The whole router over real gRPC, as our own client and a raw one see it."""

from __future__ import annotations

import asyncio
import base64
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from tritonclient.grpc import service_pb2 as oip

from faraday.client import Client, errors
from faraday.client.evidence import BoundKind
from faraday.client.mesh import triangles
from faraday.client.structured import unit_square
from faraday.v1 import common_pb2, finite_element_pb2
from router.call import Caller
from router.edge import EdgeLimits
from router.gcra import RateLimit
from router.rate import RateOptions
from router.rpcs import Unary
from router.status import DETAILS_KEY
from tests.support.echo import SPEC as ECHO
from tests.support.eventually import until
from tests.support.hostile import enemy
from tests.support.router import AUDITOR, Router, RouterOptions, connected, running

SOLVE = "/faraday.v1.FiniteElementService/Solve"
INFER = "/inference.GRPCInferenceService/ModelInfer"


@pytest.fixture
async def router(tmp_path: Path) -> AsyncIterator[Router]:
    async with running(tmp_path) as started:
        yield started


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
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        self.kinds = [detail.type_url.rpartition(".")[2] for detail in status.details]
        for detail in status.details:
            detail.Unpack(info)
            detail.Unpack(bad)
        assert self.kinds.count("ErrorInfo") == 1, (self.code, self.message)
        self.reason, self.metadata = info.reason, dict(info.metadata)
        self.field = next((violation.field for violation in bad.field_violations), "")


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


# What goes well


async def test_our_own_client_gets_a_field_with_its_bound(router: Router) -> None:
    def ask() -> Any:
        with Client(router.target, token=router.token()) as client:
            assert client.health()
            return client.fem.solve(unit_square(8), source=1.0, dirichlet=0.0)

    field = await asyncio.to_thread(ask)
    assert field.values.shape == (81,)
    assert field.values.max() == pytest.approx(0.0737, rel=0.05)  # -Δu = 1 on the unit square: 0.07367
    assert field.evidence.error_bound.kind is BoundKind.GUARANTEED
    assert len(field.evidence.trace_id) == 32


async def test_a_mesh_of_ones_own_is_taken(router: Router) -> None:
    def ask() -> Any:
        with Client(router.target, token=router.token()) as client:
            mesh = triangles([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [[0, 1, 2]])
            return client.fem.solve(mesh, dirichlet=lambda x, y: x + 2 * y, degree=2)

    field = await asyncio.to_thread(ask)
    assert field.values == pytest.approx(field.points @ [1.0, 2.0])


async def test_an_api_key_is_as_good_as_a_token(router: Router) -> None:
    metadata = (("authorization", f"Bearer {router.api_key}"),)
    reply = await echoed(router, echo_request(2.0), metadata=metadata)
    assert np.frombuffer(reply.raw_output_contents[0]).tolist() == [2.0]


async def test_validate_only_checks_everything_and_computes_nothing(router: Router) -> None:
    response = await solved(router, validate_only=True)
    assert response.evidence.outcome == common_pb2.OUTCOME_VALIDATED
    assert response.solution.data == b""
    assert router.replicas["fem.diffusion"].queue.in_flight == 0
    assert router.statistics.of("fem.diffusion").succeeded == 0
    wrong = solve_request(validate_only=True)
    wrong.diffusion.conductivity.CopyFrom(tensor([-1.0]))
    assert (await refused(router, SOLVE, wrong.SerializeToString())).field == "diffusion.conductivity[0]"


async def test_a_repeat_gets_the_first_answer(router: Router) -> None:
    request_id = str(uuid.uuid4())
    first, second = [await solved(router, request_id=request_id) for _ in range(2)]
    assert [first.evidence.replayed, second.evidence.replayed] == [False, True]
    assert first.solution == second.solution
    assert first.evidence.trace_id != second.evidence.trace_id
    assert router.statistics.of("fem.diffusion").succeeded == 1
    other = solve_request(5, request_id=request_id).SerializeToString()
    assert (await refused(router, SOLVE, other)).reason == "REQUEST_ID_REUSED"


async def test_every_answer_is_counted(router: Router) -> None:
    await solved(router)
    await refused(router, SOLVE, b"\xff")
    counted = router.statistics.of("fem.diffusion")
    assert (counted.succeeded, counted.failed) == (1, 0)
    assert router.counted("faraday_model_inferences_total", model="fem.diffusion") == 1
    assert router.counted("faraday_router_rejections_total", reason="MALFORMED_REQUEST") == 1
    assert router.counted("faraday_router_calls_in_flight") == 0


async def test_the_trace_that_comes_along_is_continued(router: Router) -> None:
    trace_id, span_id = "a" * 32, "b" * 16
    metadata = (*router.metadata(), ("traceparent", f"00-{trace_id}-{span_id}-01"), ("tracestate", "x=1"))
    await echoed(router, echo_request(), metadata=metadata)
    (span,) = router.spans.recorded
    assert (span.trace_id, span.parent_id, span.state, span.name) == (trace_id, span_id, "x=1", INFER[1:])


# Who may call


def unsigned(router: Router) -> str:
    """The same claims under alg: none."""
    claims = router.token().split(".")[1]
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    return f"{header}.{claims}."


def forged(router: Router) -> str:
    """A claim is changed, the signature kept."""
    header, claims, signature = router.token().split(".")
    told = json.loads(base64.urlsafe_b64decode(claims + "=="))
    told["roles"] = ["admin"]
    return f"{header}.{base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b'=').decode()}.{signature}"


CREDENTIALS: dict[str, tuple[Callable[[Router], str | None], str]] = {
    "none": (lambda router: None, "CREDENTIAL_MISSING"),
    "no bearer": (lambda router: router.token(), "CREDENTIAL_INVALID"),
    "expired": (lambda router: f"Bearer {router.token(age_s=700.0)}", "CREDENTIAL_EXPIRED"),
    "alg none": (lambda router: f"Bearer {unsigned(router)}", "CREDENTIAL_INVALID"),
    "forged": (lambda router: f"Bearer {forged(router)}", "CREDENTIAL_INVALID"),
    "an unknown API key": (lambda router: f"Bearer {router.api_key[:-4]}AAAA", "CREDENTIAL_INVALID"),
}


@pytest.mark.parametrize(("credential", "reason"), CREDENTIALS.values(), ids=CREDENTIALS.keys())
async def test_a_bad_credential_is_refused_before_the_message_is_read(
    router: Router, credential: Callable[[Router], str | None], reason: str
) -> None:
    header = credential(router)
    metadata = () if header is None else (("authorization", header),)
    error = await refused(router, SOLVE, b"\xff not a message", metadata)
    assert (error.code, error.reason) == (grpc.StatusCode.UNAUTHENTICATED, reason)
    assert router.statistics.of("fem.diffusion").succeeded == 0


async def test_who_lacks_the_role_is_forbidden(router: Router) -> None:
    error = await refused(router, SOLVE, b"", router.metadata(AUDITOR))
    assert (error.code, error.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING")
    assert error.metadata == {"role": "analyst", "method": SOLVE}


async def test_failed_authentications_of_one_address_are_slowed_down(tmp_path: Path) -> None:
    options = RouterOptions(rate=RateOptions(failures=RateLimit(per_second=0.1, burst=2)))
    async with running(tmp_path, options) as router:
        reasons = [(await refused(router, SOLVE, b"", ())).reason for _ in range(3)]
        assert reasons == ["CREDENTIAL_MISSING"] * 2 + ["RATE_LIMITED"]
        await echoed(router, echo_request())  # a good credential behind the same address


async def test_over_the_rate_the_caller_is_told_when_to_come_back(tmp_path: Path) -> None:
    options = RouterOptions(rate=RateOptions(default=RateLimit(per_second=0.5, burst=2)))
    async with running(tmp_path, options) as router:
        await echoed(router, echo_request())
        await echoed(router, echo_request())
        error = await refused(router, INFER, echo_request().SerializeToString())
        assert (error.code, error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED")
        assert error.kinds == ["ErrorInfo", "RetryInfo"]

        def ask() -> None:
            with Client(router.target, token=router.token()) as client:
                client.fem.solve(unit_square(2), dirichlet=0.0)

        with pytest.raises(errors.RateLimited) as caught:
            await asyncio.to_thread(ask)
        assert caught.value.failure.retry_after_s is not None
        assert 0.0 < caught.value.failure.retry_after_s <= 2.0


# What is wrong with the request


def wrong(change: Callable[[finite_element_pb2.SolveRequest], object]) -> bytes:
    request = solve_request()
    change(request)
    return request.SerializeToString()


def with_neumann_edge(request: finite_element_pb2.SolveRequest) -> None:
    request.diffusion.neumann_edges.CopyFrom(tensor([[6, 7]], "int64"))
    request.diffusion.neumann_values.CopyFrom(tensor([[1.0]]))


BAD_SOLVES: dict[str, tuple[bytes, str, str]] = {
    "no message of ours": (b"\xff\xff\xff", "MALFORMED_REQUEST", ""),
    "no problem": (wrong(lambda r: r.ClearField("diffusion")), "MALFORMED_REQUEST", "problem"),
    "no mesh": (wrong(lambda r: r.ClearField("mesh")), "MESH_AMBIGUOUS", "mesh.unit_square"),
    "NaN": (wrong(lambda r: r.diffusion.source.CopyFrom(tensor([float("nan")]))), "NOT_FINITE", "diffusion.source[0]"),
    "infinity": (
        wrong(lambda r: r.diffusion.conductivity.CopyFrom(tensor([1.0, np.inf]))),
        "NOT_FINITE",
        "diffusion.conductivity[1]",
    ),
    "a wrong dtype": (
        wrong(lambda r: r.diffusion.source.CopyFrom(tensor([1], "int64"))),
        "WRONG_DTYPE",
        "diffusion.source",
    ),
    "no dtype": (wrong(lambda r: r.diffusion.source.ClearField("dtype")), "WRONG_DTYPE", "diffusion.source"),
    "a wrong shape": (
        wrong(lambda r: r.diffusion.dirichlet_values.CopyFrom(tensor(np.zeros(4)))),
        "WRONG_SHAPE",
        "diffusion.dirichlet_values",
    ),
    "fewer bytes than its shape": (
        wrong(lambda r: setattr(r.diffusion.source, "data", b"1234")),
        "WRONG_SHAPE",
        "diffusion.source",
    ),
    "a negative dimension": (
        wrong(lambda r: r.diffusion.source.shape.__setitem__(0, -1)),
        "WRONG_SHAPE",
        "diffusion.source",
    ),
    "more dimensions than an array has": (
        wrong(lambda r: r.diffusion.source.shape.extend([1] * 80)),
        "WRONG_SHAPE",
        "diffusion.source",
    ),
    "an unknown element": (wrong(lambda r: setattr(r, "element", 99)), "UNKNOWN_CHOICE", "element"),
    "a request_id that is none": (
        wrong(lambda r: setattr(r.options, "request_id", "seven")),
        "MALFORMED_REQUEST",
        "options.request_id",
    ),
    "a deadline in no year": (
        wrong(lambda r: setattr(r.options.deadline, "seconds", 1 << 60)),
        "MALFORMED_REQUEST",
        "options.deadline",
    ),
    "an edge that only the solver knows to be inside": (
        wrong(with_neumann_edge),
        "",
        "diffusion.neumann_edges[0]",
    ),
}


@pytest.mark.parametrize(("body", "reason", "field"), BAD_SOLVES.values(), ids=BAD_SOLVES.keys())
async def test_a_bad_request_is_refused_with_the_path_of_its_field(
    router: Router, body: bytes, reason: str, field: str
) -> None:
    error = await refused(router, SOLVE, body)
    assert error.code is grpc.StatusCode.INVALID_ARGUMENT
    assert error.kinds == ["ErrorInfo", "BadRequest"]
    assert error.field == field
    assert reason in (error.reason, "")


async def test_a_message_over_the_limit_is_refused_by_us_and_far_over_it_by_grpc(tmp_path: Path) -> None:
    async with running(tmp_path, RouterOptions(edge=EdgeLimits(message_bytes=10_000))) as router:
        error = await refused(router, INFER, echo_request(*[1.0] * 1500).SerializeToString())
        assert (error.code, error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "REQUEST_TOO_LARGE")
        assert error.metadata["limit_bytes"] == "10000"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(router, INFER, bytes(100_000))
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        await echoed(router, echo_request())


async def test_metadata_over_the_limit_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path, RouterOptions(edge=EdgeLimits(metadata_bytes=4_000))) as router:
        error = await refused(router, INFER, b"", (*router.metadata(), ("x-long", "y" * 5_000)))
        assert (error.code, error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "REQUEST_TOO_LARGE")
        with pytest.raises(grpc.aio.AioRpcError) as caught:  # beyond twice the limit gRPC does not let it in
            await call(router, INFER, b"", (*router.metadata(), ("x-long", "y" * 20_000)))
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        await echoed(router, echo_request())


async def test_a_body_that_does_not_come_ends_in_time_and_none_at_all_is_said(tmp_path: Path) -> None:
    options = RouterOptions(edge=EdgeLimits(body_timeout_s=0.05))
    async with running(tmp_path, options) as router, connected(router) as channel:
        silent = channel.stream_unary(INFER)(metadata=router.metadata())
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await silent
        error = Refused(caught.value)
        assert (error.code, error.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "BODY_TIMEOUT")
        empty = channel.stream_unary(INFER)(metadata=router.metadata())
        await empty.done_writing()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await empty
        assert Refused(caught.value).message == "the call ended without a message"


async def test_what_is_not_here_is_said_to_be_not_here(router: Router) -> None:
    error = await refused(router, "/faraday.v1.FiniteElementService/Nothing", b"")
    assert (error.code, error.reason) == (grpc.StatusCode.UNIMPLEMENTED, "UNKNOWN_METHOD")
    unknown = echo_request()
    unknown.model_name = "oracle"
    error = await refused(router, INFER, unknown.SerializeToString())
    assert (error.code, error.reason, error.metadata["model"]) == (
        grpc.StatusCode.NOT_FOUND,
        "UNKNOWN_MODEL",
        "oracle",
    )


async def test_a_model_that_is_switched_off_is_not_here_for_its_typed_method_either(tmp_path: Path) -> None:
    async with running(tmp_path, RouterOptions(specs={"echo": ECHO})) as router:
        error = await refused(router, SOLVE, solve_request().SerializeToString())
        assert (error.code, error.reason) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_MODEL")


# Time


async def test_a_call_that_arrives_without_time_starts_nothing(router: Router) -> None:
    async with enemy(router.port) as late:  # no client of good manners sends it
        await late.greet()
        stream = late.call(SOLVE, [*router.metadata(), ("grpc-timeout", "1n")])
        late.half_body(stream)
        assert await late.trailers(1, timeout_s=5.0) == 1
    assert router.statistics.of("fem.diffusion").failed == 0


async def test_a_deadline_that_has_passed_starts_nothing(router: Router) -> None:
    late = solve_request()
    late.options.deadline.FromSeconds(int(time.time()) - 60)
    error = await refused(router, SOLVE, late.SerializeToString())
    assert (error.code, error.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_PASSED")
    assert router.statistics.of("fem.diffusion").failed == 0


async def test_the_deadline_of_the_message_ends_the_wait_of_a_call_without_one(router: Router) -> None:
    request = echo_request(wait_s=0.5, timeout=30_000)  # microseconds
    started = time.monotonic()
    error = await refused(router, INFER, request.SerializeToString())
    assert error.reason == "DEADLINE_PASSED"
    assert time.monotonic() - started < 0.4


async def test_a_call_that_its_deadline_ends_is_counted_as_such(router: Router) -> None:
    request = echo_request(wait_s=0.3).SerializeToString()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(router, INFER, request, timeout_s=0.1)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await until(lambda: router.counted("faraday_router_calls_in_flight") == 0)
    codes = [span.attributes["rpc.response.status_code"] for span in router.spans.recorded if span.attributes]
    assert codes == ["DEADLINE_EXCEEDED"]


async def test_a_call_that_is_given_up_is_taken_off_the_replica(router: Router) -> None:
    router.echo.gate.clear()
    async with connected(router) as channel:
        infer = channel.unary_unary(INFER)
        calls = [infer(echo_request().SerializeToString(), metadata=router.metadata()) for _ in range(2)]
        await until(lambda: router.replicas["echo"].server.in_flight == 2)
        calls[1].cancel()
        await until(lambda: router.replicas["echo"].server.in_flight == 1)
        router.echo.gate.set()
        await calls[0]


async def test_the_default_time_ends_a_call_that_brings_none(tmp_path: Path) -> None:
    async with running(tmp_path, RouterOptions(edge=EdgeLimits(default_timeout_s=0.05))) as router:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(router, INFER, echo_request(wait_s=0.3).SerializeToString(), timeout_s=None)
        assert Refused(caught.value).reason == "DEADLINE_PASSED"


# What goes wrong inside


async def test_an_unknown_exception_shows_only_an_error_id(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(caller: Caller, body: bytes) -> bytes:
        raise RuntimeError("the password is swordfish")

    async with running(tmp_path, RouterOptions(extra=[Unary("/test.Service/Broken", None, broken)])) as router:
        error = await refused(router, "/test.Service/Broken", b"", ())
        assert (error.code, error.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
        assert "swordfish" not in repr(vars(error))
        (logged,) = [record for record in caplog.records if record.name == "router.edge"]
        assert getattr(logged, "error_id", "") == error.metadata["error_id"]
        assert "swordfish" in caplog.text


async def test_a_crash_of_the_model_says_nothing_of_itself(router: Router) -> None:
    error = await refused(router, INFER, echo_request(behaviour="crash").SerializeToString())
    assert error.code is grpc.StatusCode.INTERNAL
    assert "secret" not in repr(vars(error))
    assert router.statistics.of("echo").failed == 1


async def test_replicas_that_die_over_a_request_are_not_fed_to_it_again(router: Router) -> None:
    router.echo.gate.clear()
    asked = asyncio.create_task(refused(router, INFER, echo_request().SerializeToString()))
    server = router.replicas["echo"].server
    for _ in range(3):
        await until(lambda: server.in_flight)
        for connection in list(server._connections):
            connection.close()
        await until(lambda: not server.in_flight)
    error = await asked
    assert (error.code, error.reason) == (grpc.StatusCode.INTERNAL, "REPLICA_LOST")
    assert router.counted("faraday_router_retries_total", model="echo") == 2


async def test_without_a_replica_the_caller_is_told_to_come_back(router: Router) -> None:
    await router.replicas["echo"].close()
    error = await refused(router, INFER, echo_request(timeout=100_000).SerializeToString())
    assert (error.code, error.reason) == (grpc.StatusCode.UNAVAILABLE, "NO_REPLICA")
    assert error.kinds == ["ErrorInfo", "RetryInfo"]


# Health and reflection


def health_stub(channel: grpc.aio.Channel) -> Any:
    return health_pb2_grpc.HealthStub(channel)


async def test_health_is_for_anybody_and_knows_its_services(router: Router) -> None:
    async with connected(router) as channel:
        stub = health_stub(channel)
        for service in ("", "faraday.v1.FiniteElementService", "grpc.health.v1.Health"):
            reply = await stub.Check(health_pb2.HealthCheckRequest(service=service))
            assert reply.status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Check(health_pb2.HealthCheckRequest(service="nobody"))
        assert Refused(caught.value).reason == "UNKNOWN_SERVICE"
        async for reply in stub.Watch(health_pb2.HealthCheckRequest(service="nobody")):
            assert reply.status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
            break


async def test_who_watches_is_told_of_each_change(router: Router) -> None:
    async with connected(router) as channel:
        watch = health_stub(channel).Watch(health_pb2.HealthCheckRequest())
        seen = [(await watch.read()).status]
        for serving in (False, True):
            router.health.set_serving(serving)
            seen.append((await watch.read()).status)
        watch.cancel()
    kinds = health_pb2.HealthCheckResponse
    assert seen == [kinds.SERVING, kinds.NOT_SERVING, kinds.SERVING]


async def test_a_watch_without_a_message_is_malformed(router: Router) -> None:
    async with connected(router) as channel:
        watch = channel.stream_stream("/grpc.health.v1.Health/Watch")()
        await watch.done_writing()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await watch.read()
        assert Refused(caught.value).reason == "MALFORMED_REQUEST"


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_reflection_tells_the_services_and_their_files(router: Router, version: str) -> None:
    method = f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
    requests = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="faraday.v1.FiniteElementService"),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="nobody"),
    ]
    async with connected(router) as channel:
        stream = channel.stream_stream(method)(request.SerializeToString() for request in requests)
        replies = [reflection_pb2.ServerReflectionResponse.FromString(reply) async for reply in stream]
    names = [service.name for service in replies[0].list_services_response.service]
    assert {"faraday.v1.FiniteElementService", "inference.GRPCInferenceService", "grpc.health.v1.Health"} <= set(names)
    assert b"SolveRequest" in replies[1].file_descriptor_response.file_descriptor_proto[0]
    assert replies[2].error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


async def test_reflection_refuses_what_is_no_request(router: Router) -> None:
    async with connected(router) as channel:
        stream = channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")(iter([b"\xff"]))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stream.read()
        assert Refused(caught.value).reason == "MALFORMED_REQUEST"


# The end


async def test_a_drain_says_so_takes_nothing_new_and_finishes_what_is_in_flight(router: Router) -> None:
    router.echo.gate.clear()
    async with connected(router) as channel:
        watch = health_stub(channel).Watch(health_pb2.HealthCheckRequest())
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
        infer = channel.unary_unary(INFER)
        before = asyncio.ensure_future(infer(echo_request(5.0).SerializeToString(), metadata=router.metadata()))
        await until(lambda: router.replicas["echo"].server.in_flight)

        ready = "/inference.GRPCInferenceService/ServerReady"
        assert oip.ServerReadyResponse.FromString(await call(router, ready, b"", metadata=())).ready
        drained = asyncio.create_task(router.server.drain())
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert not oip.ServerReadyResponse.FromString(await channel.unary_unary(ready)(b"")).ready
        assert await watch.read() is grpc.aio.EOF
        assert await until_refused(router) is grpc.StatusCode.UNAVAILABLE
        assert not drained.done()

        router.echo.gate.set()
        reply = oip.ModelInferResponse.FromString(await before)
        assert np.frombuffer(reply.raw_output_contents[0]).tolist() == [5.0]
        async with asyncio.timeout(5.0):
            await drained


async def until_refused(router: Router) -> grpc.StatusCode:
    """Ask on new connections until one is not taken: what arrives in the first moments of a drain still is."""
    request = finite_element_pb2.SolveRequest().SerializeToString()
    while True:
        try:
            await call(router, SOLVE, request)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.INVALID_ARGUMENT:
                code: grpc.StatusCode = error.code()
                return code
        await asyncio.sleep(0.05)  # longer than the drain waits for one more


async def test_a_port_that_is_taken_is_an_os_error(router: Router) -> None:
    taken = replace(router.served, host="192.0.2.1", port=1)  # nobody's address: TEST-NET-1
    with pytest.raises((OSError, RuntimeError)):
        await router.server_on(taken).start()
