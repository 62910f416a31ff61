"""Every status of the server has its typed error, with all that the server said."""

import pickle

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2

from faraday.client import errors, unit_square
from faraday.client.errors import CallFailed, Failure, FaradayError, InvalidRequest, Violation
from tests.unit.client.conftest import Serve
from tests.unit.client.scripted import refuse

Code = grpc.StatusCode


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (Code.INVALID_ARGUMENT, "WRONG_SHAPE", errors.InvalidRequest),
        (Code.UNAUTHENTICATED, "CREDENTIAL_EXPIRED", errors.Unauthenticated),
        (Code.PERMISSION_DENIED, "ROLE_MISSING", errors.Forbidden),
        (Code.NOT_FOUND, "UNKNOWN_MODEL", errors.NotFound),
        (Code.ALREADY_EXISTS, "REQUEST_ID_REUSED", errors.RequestIdReused),
        (Code.INVALID_ARGUMENT, "REQUEST_ID_REUSED", errors.RequestIdReused),
        (Code.RESOURCE_EXHAUSTED, "REQUEST_TOO_LARGE", errors.TooLarge),
        (Code.DEADLINE_EXCEEDED, "DEADLINE_PASSED", errors.DeadlineExceeded),
        (Code.INTERNAL, "INTERNAL", errors.ServerError),
        (Code.UNIMPLEMENTED, "", errors.ServerError),
    ],
)
def test_each_status_has_its_error(serve: Serve, code: Code, reason: str, expected: type[CallFailed]) -> None:
    _, client = serve(refuse(code, "no", error_details_pb2.ErrorInfo(reason=reason, domain="faraday")))
    with pytest.raises(CallFailed) as caught:
        client.fem.solve(unit_square(1))
    assert type(caught.value) is expected
    assert (caught.value.failure.code, caught.value.failure.reason) == (code.name, reason)


def test_an_error_carries_all_that_the_server_said(serve: Serve) -> None:
    info = error_details_pb2.ErrorInfo(reason="WRONG_SHAPE", domain="faraday", metadata={"got": "(3)", "want": "(8)"})
    violation = error_details_pb2.BadRequest.FieldViolation(
        field="diffusion.conductivity", description="has shape (3); send (8)", reason="WRONG_SHAPE"
    )
    bad = error_details_pb2.BadRequest(field_violations=[violation])
    _, client = serve(refuse(Code.INVALID_ARGUMENT, "the request is wrong", info, bad))
    with pytest.raises(InvalidRequest) as caught:
        client.fem.solve(unit_square(1), request_id="r1")
    assert caught.value.failure == Failure(
        code="INVALID_ARGUMENT",
        message="the request is wrong",
        reason="WRONG_SHAPE",
        domain="faraday",
        metadata={"got": "(3)", "want": "(8)"},
        violations=(Violation("diffusion.conductivity", "has shape (3); send (8)", "WRONG_SHAPE"),),
        request_id="r1",
    )
    assert str(caught.value) == (
        "WRONG_SHAPE: the request is wrong; diffusion.conductivity: has shape (3); send (8) (request r1)"
    )


def test_a_message_that_is_the_violation_is_told_once_and_with_its_field(serve: Serve) -> None:
    violation = error_details_pb2.BadRequest.FieldViolation(field="conductivity[3]", description="is -1; send k > 0")
    info = error_details_pb2.ErrorInfo(reason="NOT_POSITIVE", domain="faraday.v1")
    bad = error_details_pb2.BadRequest(field_violations=[violation])
    _, client = serve(refuse(Code.INVALID_ARGUMENT, "is -1; send k > 0", info, bad))
    with pytest.raises(InvalidRequest) as caught:
        client.fem.solve(unit_square(1), request_id="r1")
    assert str(caught.value) == "NOT_POSITIVE: conductivity[3]: is -1; send k > 0 (request r1)"


def test_a_failure_of_the_server_shows_its_error_id(serve: Serve) -> None:
    info = error_details_pb2.ErrorInfo(reason="INTERNAL", metadata={"error_id": "e-17"})
    _, client = serve(refuse(Code.INTERNAL, "the server failed", info))
    with pytest.raises(errors.ServerError, match="error e-17") as caught:
        client.fem.solve(unit_square(1))
    assert caught.value.failure.error_id == "e-17"


def test_a_status_without_details_still_has_code_and_message(serve: Serve) -> None:
    def step(request: object, context: grpc.ServicerContext) -> None:
        context.abort(Code.PERMISSION_DENIED, "a proxy says no")

    _, client = serve(step)
    with pytest.raises(errors.Forbidden, match="PERMISSION_DENIED: a proxy says no"):
        client.fem.solve(unit_square(1))


def test_details_that_do_not_parse_do_not_hide_the_error(serve: Serve) -> None:
    def step(request: object, context: grpc.ServicerContext) -> None:
        context.set_trailing_metadata((("grpc-status-details-bin", b"\xff\xff\xff"),))
        context.abort(Code.NOT_FOUND, "no such model")

    _, client = serve(step)
    with pytest.raises(errors.NotFound, match="no such model"):
        client.fem.solve(unit_square(1))


def test_an_exception_in_a_servicer_is_a_server_error(serve: Serve) -> None:
    def step(request: object, context: grpc.ServicerContext) -> None:
        raise RuntimeError("a defect")

    _, client = serve(step)
    with pytest.raises(errors.ServerError):
        client.fem.solve(unit_square(1))


def test_a_server_that_is_not_there_is_unavailable(serve: Serve) -> None:
    from faraday.client import Client, Retry, Settings

    with (
        Client("127.0.0.1:1", settings=Settings(retry=Retry(attempt_count=2, first_s=0.01))) as client,
        pytest.raises(errors.Unavailable),
    ):
        client.fem.solve(unit_square(1), timeout_s=5)


def every_error(root: type[FaradayError]) -> list[type[FaradayError]]:
    return [root, *(found for child in root.__subclasses__() for found in every_error(child))]


@pytest.mark.parametrize("kind", every_error(FaradayError))
def test_every_error_pickles(kind: type[FaradayError]) -> None:
    failure = Failure(
        "UNAVAILABLE", "away", "OVERLOADED", "faraday", {"error_id": "e"}, (Violation("f", "d"),), 1.5, "r"
    )
    error = kind(failure) if issubclass(kind, CallFailed) else kind("told")
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), back.args, str(back)) == (kind, error.args, str(error))


@pytest.mark.parametrize("kind", every_error(FaradayError))
def test_every_error_is_in_the_tree_of_the_docstring(kind: type[FaradayError]) -> None:
    assert f" {kind.__name__} " in f" {errors.__doc__} ".replace("\n", " ")


def test_a_retry_delay_is_read_in_seconds(serve: Serve) -> None:
    retry_info = error_details_pb2.RetryInfo(retry_delay=Duration(nanos=250_000_000))
    _, client = serve(refuse(Code.RESOURCE_EXHAUSTED, "slow down", retry_info))
    with pytest.raises(errors.RateLimited) as caught:
        client.fem.solve(unit_square(1))
    assert caught.value.failure.retry_after_s == 0.25
