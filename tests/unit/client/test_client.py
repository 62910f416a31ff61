"""The client as a whole: identity, health, trace context, TLS rules, threads."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from faraday.client import Client, NotFound, PlaintextToken, Tls, Unavailable, unit_square
from faraday.client.connection import is_local
from tests.unit.client.conftest import Serve, StartServer
from tests.unit.client.scripted import answer

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_the_token_goes_as_a_bearer(serve: Serve) -> None:
    servicer, client = serve()
    client.fem.solve(unit_square(1))
    assert servicer.headers[0]["authorization"] == "Bearer t0ken"


def test_a_token_that_is_a_function_is_asked_each_time(server: StartServer) -> None:
    servicer, target = server()
    tokens = iter(["first", "second"])
    with Client(target, token=lambda: next(tokens)) as client:
        client.fem.solve(unit_square(1))
        client.fem.solve(unit_square(1))
    assert [headers["authorization"] for headers in servicer.headers] == ["Bearer first", "Bearer second"]


def test_without_a_token_nothing_is_claimed(server: StartServer) -> None:
    servicer, target = server()
    with Client(target) as client:
        client.fem.solve(unit_square(1))
    assert "authorization" not in servicer.headers[0]


@pytest.mark.parametrize(
    ("target", "local"),
    [
        ("localhost:50051", True),
        ("127.0.0.1:50051", True),
        ("127.8.9.1:1", True),
        ("[::1]:50051", True),
        ("dns:///localhost:50051", True),
        ("ipv4:127.0.0.1:1", True),
        ("ipv6:[::1]:1", True),
        ("unix:/run/faraday.sock", True),
        ("unix-abstract:faraday", True),
        ("localhost", True),
        ("faraday.example.org:443", False),
        ("10.0.0.7:50051", False),
        ("localhost.example.org:443", False),
        ("dns:///127.0.0.1.example.org:443", False),
    ],
)
def test_only_this_machine_is_local(target: str, local: bool) -> None:
    assert is_local(target) is local


def test_a_token_is_never_sent_in_the_clear_to_another_machine() -> None:
    with pytest.raises(PlaintextToken, match="tls="):
        Client("faraday.example.org:443", token="t0ken")
    Client("faraday.example.org:443", token="t0ken", tls=Tls()).close()


def test_health_says_whether_the_server_takes_requests(serve: Serve) -> None:
    servicer, client = serve()
    assert client.health() is True
    assert client.health("faraday.v1.FiniteElementService") is True
    servicer.serving = False
    assert client.health() is False
    with pytest.raises(NotFound):
        client.health("no.such.Service")


def test_health_is_asked_once(server: StartServer) -> None:
    with Client("127.0.0.1:1") as client, pytest.raises(Unavailable):
        client.health()


def test_a_closed_client_says_so(serve: Serve) -> None:
    _, client = serve()
    with client:
        client.fem.solve(unit_square(1))
    with pytest.raises(ValueError, match="closed"):
        client.fem.solve(unit_square(1))


def test_a_client_serves_many_threads(serve: Serve) -> None:
    def echo(request, context):  # type: ignore[no-untyped-def]
        reply = answer(request, context)
        reply.evidence.trace_id = request.options.request_id
        return reply

    servicer, client = serve(echo)
    ids = [f"request-{i}" for i in range(64)]
    with ThreadPoolExecutor(16) as pool:
        fields = list(pool.map(lambda name: client.fem.solve(unit_square(2), request_id=name), ids))
    assert [field.evidence.trace_id for field in fields] == ids
    assert len(servicer.requests) == 64
    assert all(np.array_equal(field.values, np.arange(4.0)) for field in fields)


def test_the_caller_s_traceparent_is_sent(serve: Serve) -> None:
    servicer, client = serve()
    client.fem.solve(unit_square(1), traceparent=PARENT)
    assert servicer.headers[0]["traceparent"] == PARENT


def test_without_a_trace_no_context_is_sent(serve: Serve) -> None:
    servicer, client = serve()
    client.fem.solve(unit_square(1))
    assert "traceparent" not in servicer.headers[0]


def test_the_present_trace_continues_in_the_call(serve: Serve) -> None:
    trace = pytest.importorskip("opentelemetry.trace")
    servicer, client = serve()
    context = trace.SpanContext(
        trace_id=0x4BF92F3577B34DA6A3CE929D0E0E4736,
        span_id=0x00F067AA0BA902B7,
        is_remote=True,
        trace_flags=trace.TraceFlags(1),
    )
    with trace.use_span(trace.NonRecordingSpan(context)):
        client.fem.solve(unit_square(1))
    assert servicer.headers[0]["traceparent"].startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")


def test_the_client_works_where_opentelemetry_is_not_installed(server: StartServer) -> None:
    servicer, target = server()
    code = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from faraday.client import Client, unit_square\n"
        f"with Client({target!r}) as client: client.fem.solve(unit_square(1))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert "traceparent" not in servicer.headers[0]


def test_importing_the_client_imports_nothing_of_the_server() -> None:
    code = (
        "import sys, faraday.client\n"
        "ours = {'models', 'cluster', 'router', 'ops', 'ray', 'torch', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(str(ours) if ours else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_missing_certificate_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Client("localhost:1", tls=Tls(ca_file=tmp_path / "absent.pem"))


def test_a_big_field_passes(serve: Serve) -> None:
    servicer, client = serve()
    client.fem.solve(unit_square(700), source=np.zeros(701 * 701))  # 3.9 MB: near gRPC's own limit of 4 MiB
    assert len(servicer.requests[0].diffusion.source.data) == 8 * 701 * 701
