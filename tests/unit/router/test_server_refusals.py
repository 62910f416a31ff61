"""What the router refuses over real gRPC, and what it says then."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import grpc
import numpy as np
import pytest

from faraday.client import Client, errors
from faraday.client.structured import unit_square
from faraday.v1 import finite_element_pb2
from router.call import Caller
from router.edge import EdgeLimits
from router.gcra import RateLimit
from router.rate import RateOptions
from router.rpcs import Unary
from tests.support.calls import (
    INFER,
    SOLVE,
    Refused,
    call,
    echo_request,
    echoed,
    refused,
    solve_request,
    tensor,
)
from tests.support.echo import SPEC as ECHO
from tests.support.eventually import until
from tests.support.router import AUDITOR, Router, RouterOptions, connected, running


@pytest.fixture
async def router(tmp_path: Path) -> AsyncIterator[Router]:
    async with running(tmp_path) as started:
        yield started


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
