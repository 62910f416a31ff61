"""The error table: every rejection has its row, and nothing else says anything of itself."""

from __future__ import annotations

import math
import pickle
from typing import Any, cast

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status
from hypothesis import given
from hypothesis import strategies as st

from models.base import Refusal
from router import errors, status


def leaves(kind: type[Exception]) -> list[type[Exception]]:
    below = [leaf for child in kind.__subclasses__() for leaf in leaves(child)]
    return below or [kind]


def example(kind: type[Exception]) -> Exception:
    if issubclass(kind, errors.Unauthenticated):
        return kind("CREDENTIAL_EXPIRED", "the token has expired")
    if issubclass(kind, errors.Malformed):
        return kind("no such unit", "task.length", {"unit": "mile"})
    if issubclass(kind, errors.Passing):
        return kind("busy", 1.5, {"model": "fem.diffusion"})
    return kind("no", {"model": "fem.diffusion"})


REJECTIONS = [kind for kind in leaves(errors.Rejection) if kind.__module__ == "router.errors"]

# What clients rely on; the table may grow, and these stay.
CODES: dict[type[Exception], grpc.StatusCode] = {
    errors.Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    errors.Forbidden: grpc.StatusCode.PERMISSION_DENIED,
    errors.Malformed: grpc.StatusCode.INVALID_ARGUMENT,
    errors.TooLarge: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.BodyTimeout: grpc.StatusCode.DEADLINE_EXCEEDED,
    errors.UnknownModel: grpc.StatusCode.NOT_FOUND,
    errors.RequestIdReused: grpc.StatusCode.ALREADY_EXISTS,
    errors.RateLimited: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.Overloaded: grpc.StatusCode.UNAVAILABLE,
    errors.NoReplica: grpc.StatusCode.UNAVAILABLE,
    errors.UpstreamFailed: grpc.StatusCode.UNAVAILABLE,
    errors.ReplicaLost: grpc.StatusCode.INTERNAL,
    errors.DeadlinePassed: grpc.StatusCode.DEADLINE_EXCEEDED,
}


def unpacked(found: status_pb2.Status, kind: type[Message]) -> list[Any]:
    messages = []
    for detail in found.details:
        message = kind()
        if detail.Unpack(message):
            messages.append(message)
    return messages


def info(found: status_pb2.Status) -> Any:
    (only,) = unpacked(found, error_details_pb2.ErrorInfo)
    return only


@pytest.mark.parametrize("kind", REJECTIONS)
def test_every_rejection_has_a_row_of_its_own_and_one_error_info(kind: type[Exception]) -> None:
    error = example(kind)
    assert kind in status.TABLE
    assert status.known(error)
    found = status.status_of(error, "unused")
    assert info(found).domain == "faraday.v1"
    assert info(found).reason == cast(errors.Rejection, error).reason
    assert dict(info(found).metadata) == cast(errors.Rejection, error).details
    assert found.message == str(error)


@pytest.mark.parametrize("kind", CODES)
def test_the_codes_that_clients_rely_on_stay(kind: type[Exception]) -> None:
    assert status.grpc_code(status.status_of(example(kind), "")) is CODES[kind]


@pytest.mark.parametrize("kind", REJECTIONS)
def test_every_rejection_that_passes_says_when_and_no_other_does(kind: type[Exception]) -> None:
    retries = unpacked(status.status_of(example(kind), ""), error_details_pb2.RetryInfo)
    assert [retry.retry_delay.ToMilliseconds() for retry in retries] == [1500] * issubclass(kind, errors.Passing)


@pytest.mark.parametrize("kind", REJECTIONS)
def test_every_rejection_pickles(kind: type[Exception]) -> None:
    again = pickle.loads(pickle.dumps(example(kind)))
    assert status.status_of(again, "") == status.status_of(example(kind), "")


@pytest.mark.parametrize("error", [Refusal("NOT_FINITE", "is not finite", "k[3]"), errors.Malformed("is bad", "k[3]")])
def test_bad_input_names_the_field(error: Exception) -> None:
    found = status.status_of(error, "")
    (request,) = unpacked(found, error_details_pb2.BadRequest)
    assert found.code == code_pb2.INVALID_ARGUMENT
    assert [violation.field for violation in request.field_violations] == ["k[3]"]


def test_a_kind_of_refusal_that_a_model_adds_is_a_refusal() -> None:
    class TooFine(Refusal):
        pass

    assert info(status.status_of(TooFine("TOO_FINE", "too many cells"), "")).reason == "TOO_FINE"


@pytest.mark.parametrize("error", [ValueError("secret text"), KeyError("secret"), errors.Rejection("secret")])
def test_an_unknown_exception_shows_only_its_error_id(error: Exception) -> None:
    found = status.status_of(error, "a1b2c3")
    assert not status.known(error)
    assert status.grpc_code(found) is grpc.StatusCode.INTERNAL
    assert dict(info(found).metadata) == {"error_id": "a1b2c3"}
    assert "a1b2c3" in found.message
    shown = found.SerializeToString()
    assert b"secret" not in shown
    assert type(error).__name__.encode() not in shown


@pytest.mark.parametrize(("asked", "told_ms"), [(0.0001, 1), (-1.0, 0), (math.nan, 0), (math.inf, 3_600_000)])
def test_a_retry_delay_is_rounded_up_and_within_an_hour(asked: float, told_ms: int) -> None:
    (retry,) = unpacked(status.status_of(errors.Overloaded("busy", asked), ""), error_details_pb2.RetryInfo)
    assert retry.retry_delay.ToMilliseconds() == told_ms


def test_equal_errors_are_equal_bytes_and_details_have_one_order() -> None:
    one = status.status_of(errors.Overloaded("busy", 1.0, {"a": "1", "b": "2"}), "")
    other = status.status_of(errors.Overloaded("busy", 1.0, {"b": "2", "a": "1"}), "")
    assert one.SerializeToString() == other.SerializeToString()
    assert [detail.TypeName() for detail in one.details] == ["google.rpc.ErrorInfo", "google.rpc.RetryInfo"]


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=2000), st.text(max_size=400))
def test_any_text_becomes_a_bounded_status_that_serialises(message: str, field: str) -> None:
    found = status.status_of(errors.Malformed(message, field, {message: field}), "")
    assert len(found.message.encode()) <= status.MAX_MESSAGE_BYTES
    assert found.message.isprintable()
    assert status_pb2.Status.FromString(found.SerializeToString()) == found


def test_metadata_that_is_too_long_loses_its_last_keys() -> None:
    found = status.status_of(errors.TooLarge("long", {f"key{n:02}": "x" * 300 for n in range(20)}), "")
    assert sorted(info(found).metadata) == [f"key{n:02}" for n in range(5)]
    assert info(found).metadata["key00"].endswith("…")


async def answered_with(error: Exception) -> Any:
    """The error that a client of a real server gets."""

    async def refuse(request: bytes, context: Any) -> bytes:
        await status.abort(context, status.status_of(error, "a1b2c3"))

    handler = grpc.unary_unary_rpc_method_handler(refuse)
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("t.T", {"M": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary("/t.T/M")(b"", timeout=10.0)
    await server.stop(None)
    return caught.value


async def test_a_client_reads_the_whole_status() -> None:
    error = Refusal("NOT_FINITE", "ε is not finite\r\nx-evil: 1", "options.ε", {"index": "3"})
    call = await answered_with(error)
    assert rpc_status.from_call(call) == status.status_of(error, "")
    assert call.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert call.details() == "ε is not finite  x-evil: 1"


async def test_the_longest_status_passes_a_clients_default_limit_of_metadata() -> None:
    error = errors.Malformed("ε" * 5000, "λ" * 5000, {f"key{n}": "δ" * 1000 for n in range(50)})
    call = await answered_with(error)
    assert call.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert rpc_status.from_call(call) == status.status_of(error, "")
