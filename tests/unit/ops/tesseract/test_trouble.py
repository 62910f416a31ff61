"""The gateway where something goes wrong beyond the request: callers that hang up or dawdle, what fails."""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cluster.certificates import issue
from models.base import Spec
from ops.tesseract.options import Options
from router.edge import EdgeLimits
from router.gcra import RateLimit
from router.rate import RateOptions
from tests.support.echo import SPEC as ECHO
from tests.support.eventually import eventually
from tests.support.router import Router, RouterOptions
from tests.support.serving import serving
from tests.support.tesseract import gateway, post

SPECS = {"echo": ECHO}
BODY = b'{"inputs": {"x": [1.0]}}'


@pytest.fixture(scope="module")
def router(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    options = RouterOptions(specs=SPECS, edge=EdgeLimits(body_timeout_s=1.0))
    with serving(tmp_path_factory.mktemp("router"), options) as made:
        yield made


@pytest.fixture(scope="module")
def url(router: Router) -> Iterator[str]:
    with gateway(Options(router.target, port=0, timeout_s=2.0), SPECS) as address:
        yield address


def head(router: Router, length: int) -> bytes:
    lines = ("POST /tesseract/echo/apply HTTP/1.1", "host: x", f"authorization: Bearer {router.token()}")
    return "\r\n".join((*lines, f"content-length: {length}", "", "")).encode()


def connected(url: str) -> socket.socket:
    host, _, port = url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), 10)


def test_where_the_caller_hangs_up_the_work_ends(router: Router) -> None:
    """Long before its deadline, and before the gate of the model opens by itself after ten seconds."""
    router.echo.gate.clear()
    try:
        with gateway(Options(router.target, port=0, timeout_s=60.0), SPECS) as address:
            with connected(address) as connection:
                connection.sendall(head(router, len(BODY)) + BODY)
                eventually(lambda: router.counted("faraday_router_calls_in_flight") == 1, 5.0)
            eventually(lambda: router.counted("faraday_router_calls_in_flight") == 0, 5.0)
    finally:
        router.echo.gate.set()


def test_a_body_that_does_not_come_ends_as_over_grpc(router: Router, url: str) -> None:
    with connected(url) as connection:
        connection.sendall(head(router, 100) + b'{"inputs":')
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 504")
    assert b"BODY_TIMEOUT" in answer


def test_what_takes_too_long_has_a_deadline(router: Router, url: str) -> None:
    body = json.dumps({"inputs": {"x": [1.0], "wait_s": 2.5}})
    answered = post(f"{url}/tesseract/echo/apply", body, router.token())
    assert (answered.status_code, answered.json()["error"]["code"]) == (504, "DEADLINE_EXCEEDED")


def test_a_model_that_fails_tells_nothing_of_itself(router: Router, url: str) -> None:
    body = json.dumps({"inputs": {"x": [1.0], "behaviour": "crash"}})
    answered = post(f"{url}/tesseract/echo/apply", body, router.token())
    assert (answered.status_code, answered.json()["error"]["reason"]) == (500, "INTERNAL")
    assert answered.json()["error"]["metadata"].keys() == {"error_id"}
    assert "secret" not in answered.text


def test_a_model_s_refusal_is_the_caller_s_to_mend(router: Router, url: str) -> None:
    body = json.dumps({"inputs": {"x": [1.0, 2.0], "behaviour": "refuse"}})
    answered = post(f"{url}/tesseract/echo/apply", body, router.token())
    assert (answered.status_code, answered.json()["error"]["reason"]) == (422, "UNPLEASANT")
    assert answered.json()["detail"][0]["loc"] == ["body", "inputs", "x", 0]


def test_scalars_come_back_as_they_are(router: Router, url: str) -> None:
    numbers = [float(n) for n in range(100_000)]  # much enough to be read and written beside the loop
    body = json.dumps({"inputs": {"x": numbers, "tag": 7, "loud": True}})
    told = post(f"{url}/tesseract/echo/apply", body, router.token(), accept="application/json").json()
    assert told["tag"] == 7
    assert told["y"]["data"]["buffer"] == [2.0 * number for number in numbers]


def test_over_the_rate_the_caller_is_told_when_to_come_back(tmp_path: Path) -> None:
    rate = RateOptions(default=RateLimit(per_second=0.5, burst=1))
    with (
        serving(tmp_path, RouterOptions(specs=SPECS, rate=rate)) as router,
        gateway(Options(router.target, port=0), SPECS) as address,
    ):
        first, second = (post(f"{address}/tesseract/echo/apply", BODY, router.token()) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 429)
    assert second.json()["error"]["reason"] == "RATE_LIMITED"
    assert 0.0 < second.json()["error"]["retry_after_s"] <= int(second.headers["retry-after"]) <= 3


def test_bodies_beyond_all_room_are_told_to_come_back(router: Router) -> None:
    with gateway(Options(router.target, port=0, max_held_bytes=len(BODY)), SPECS) as address:
        for body, status in ((BODY, 200), (BODY + b" ", 503), (BODY, 200)):
            answered = post(f"{address}/tesseract/echo/apply", body, router.token())
            assert answered.status_code == status
            assert ("retry-after" in answered.headers) == (status == 503)


class Broken(dict[str, Spec]):
    """A catalogue that cannot be read."""

    def get(self, key: str, default: Any = None) -> Any:
        raise ZeroDivisionError("the secret of the gateway")


def test_what_nobody_thought_of_has_a_number_and_no_words(
    router: Router, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), gateway(Options(router.target, port=0), Broken()) as address:
        answered = post(f"{address}/tesseract/echo/apply", "{}", router.token())
    error = answered.json()["error"]
    assert (answered.status_code, error["reason"]) == (500, "INTERNAL")
    assert "secret" not in answered.text
    assert error["metadata"]["error_id"] in caplog.text
    assert answered.headers["x-content-type-options"] == "nosniff"


def test_over_https_browsers_are_told_to_stay_there(router: Router, tmp_path: Path) -> None:
    made = issue(datetime.now(UTC))
    made.write(tmp_path / "pem")
    options = Options(router.target, port=0, certificate_file=tmp_path / "pem", key_file=tmp_path / "pem")
    context = made.client_context()
    context.check_hostname = False  # this certificate bears the name of a replica
    with gateway(options, SPECS) as address:
        connection = http.client.HTTPSConnection(address.removeprefix("https://"), timeout=10, context=context)
        with contextlib.closing(connection):
            connection.request("GET", "/")
            assert connection.getresponse().headers["strict-transport-security"] == "max-age=31536000"
