"""Retries: on UNAVAILABLE only, with jitter, within the deadline, under one request id."""

import random
import uuid

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2

from faraday.client import (
    DeadlineExceeded,
    Failure,
    InvalidRequest,
    RateLimited,
    Retry,
    ServerError,
    Unavailable,
    unit_square,
)
from faraday.client.retry import attempts
from tests.unit.client.conftest import Serve
from tests.unit.client.scripted import FakeTime, answer, refuse

SHED = refuse(grpc.StatusCode.UNAVAILABLE, "shed", error_details_pb2.ErrorInfo(reason="OVERLOADED"))


def test_an_unavailable_server_is_asked_again_with_the_same_request_id(serve: Serve, fake_time: FakeTime) -> None:
    servicer, client = serve(SHED, SHED, answer)
    assert client.fem.solve(unit_square(1)).values.shape == (4,)
    ids = [request.options.request_id for request in servicer.requests]
    assert len(ids) == 3 and len(set(ids)) == 1
    assert uuid.UUID(ids[0]).version == 4
    assert len(fake_time.slept) == 2


def test_the_caller_s_own_request_id_is_kept(serve: Serve) -> None:
    servicer, client = serve()
    client.fem.solve(unit_square(1), request_id="1f0c7e0e-5d5c-4c0c-9d8e-0a1b2c3d4e5f")
    assert servicer.requests[0].options.request_id == "1f0c7e0e-5d5c-4c0c-9d8e-0a1b2c3d4e5f"


def test_two_requests_have_two_ids(serve: Serve) -> None:
    servicer, client = serve()
    client.fem.solve(unit_square(1))
    client.fem.solve(unit_square(1))
    assert len({request.options.request_id for request in servicer.requests}) == 2


def test_a_server_that_stays_away_is_given_up_after_the_last_attempt(serve: Serve, fake_time: FakeTime) -> None:
    servicer, client = serve(SHED)
    with pytest.raises(Unavailable, match="OVERLOADED: shed"):
        client.fem.solve(unit_square(1))
    assert len(servicer.requests) == Retry().attempt_count
    assert len(fake_time.slept) == Retry().attempt_count - 1


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, InvalidRequest),
        (grpc.StatusCode.INTERNAL, ServerError),
        (grpc.StatusCode.UNKNOWN, ServerError),
        (grpc.StatusCode.ABORTED, ServerError),
        (grpc.StatusCode.DEADLINE_EXCEEDED, DeadlineExceeded),
    ],
)
def test_nothing_else_is_asked_again(serve: Serve, code: grpc.StatusCode, error: type[Exception]) -> None:
    servicer, client = serve(refuse(code, "no"))
    with pytest.raises(error):
        client.fem.solve(unit_square(1))
    assert len(servicer.requests) == 1


def test_a_rate_limit_is_left_to_the_caller(serve: Serve) -> None:
    retry_info = error_details_pb2.RetryInfo(retry_delay=Duration(seconds=2))
    servicer, client = serve(refuse(grpc.StatusCode.RESOURCE_EXHAUSTED, "slow down", retry_info))
    with pytest.raises(RateLimited) as caught:
        client.fem.solve(unit_square(1))
    assert caught.value.failure.retry_after_s == 2.0
    assert len(servicer.requests) == 1


def test_the_server_s_delay_is_waited_for(serve: Serve, fake_time: FakeTime) -> None:
    retry_info = error_details_pb2.RetryInfo(retry_delay=Duration(seconds=1, nanos=500_000_000))
    _, client = serve(refuse(grpc.StatusCode.UNAVAILABLE, "shed", retry_info), answer)
    client.fem.solve(unit_square(1))
    assert 1.5 <= fake_time.slept[0] <= 1.6


def test_a_pause_beyond_the_deadline_is_not_begun(serve: Serve, fake_time: FakeTime) -> None:
    retry_info = error_details_pb2.RetryInfo(retry_delay=Duration(seconds=30))
    servicer, client = serve(refuse(grpc.StatusCode.UNAVAILABLE, "shed", retry_info), answer)
    with pytest.raises(Unavailable):
        client.fem.solve(unit_square(1), timeout_s=10)
    assert (len(servicer.requests), fake_time.slept) == (1, [])


def test_each_attempt_has_what_is_left_of_the_deadline(serve: Serve) -> None:
    retry_info = error_details_pb2.RetryInfo(retry_delay=Duration(seconds=4))
    servicer, client = serve(refuse(grpc.StatusCode.UNAVAILABLE, "shed", retry_info), answer)
    client.fem.solve(unit_square(1), timeout_s=10)
    assert 9 < servicer.remaining_s[0] <= 10 * 1.02  # gRPC rounds what it sends up, by about 1 %
    assert 4.9 < servicer.remaining_s[1] <= 6 * 1.02


def test_a_deadline_that_has_passed_is_an_error_at_once(serve: Serve) -> None:
    servicer, client = serve()
    with pytest.raises(DeadlineExceeded):
        client.fem.solve(unit_square(1), timeout_s=0)
    assert servicer.requests == []


def test_pauses_are_uniform_below_a_doubling_cap() -> None:
    retry = Retry(first_s=0.1, cap_s=0.5, rng=random.Random(1))
    for failed_count, limit_s in enumerate([0.1, 0.2, 0.4, 0.5, 0.5], start=1):
        drawn = [retry.pause_s(failed_count, None) for _ in range(400)]
        assert 0 <= min(drawn) < 0.05 * limit_s  # full jitter: (0.95)^400 < 2e-9 that none is so short
        assert 0.95 * limit_s < max(drawn) <= limit_s


def test_one_attempt_means_no_repeat(fake_time: FakeTime) -> None:
    def once(remaining_s: float) -> None:
        raise Unavailable(Failure("UNAVAILABLE", "away"))

    with pytest.raises(Unavailable):
        attempts(once, 10.0, Retry(attempt_count=1), fake_time.clock)
    assert fake_time.slept == []
