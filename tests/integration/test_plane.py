"""The same calls on the other two ways to a replica: through Ray Serve's handle, and with TLS for other nodes."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tritonclient.grpc as triton

from cluster.certificates import Certificate
from cluster.dispatch import Endpoint, Table
from cluster.placement import Plane
from cluster.plane.client import ReplicaConnection
from faraday.client import DeadlineExceeded, InvalidRequest, unit_square
from models.catalog import CATALOG
from tests.support.installation import Installation, installation

pytestmark = pytest.mark.cluster

FEM = CATALOG["fem.diffusion"]


@pytest.fixture(scope="module", params=["handle", "tls"])
def faraday(request: pytest.FixtureRequest) -> Iterator[Installation]:
    with installation({"FARADAY_PLANE": request.param}) as running:
        yield running


def endpoint(faraday: Installation) -> Endpoint:
    (found,) = Table.read(faraday.state.table).models["fem.diffusion"]
    return found


def plane(faraday: Installation) -> Plane:
    return Plane(faraday.environment["FARADAY_PLANE"])


def test_many_calls_at_once_get_each_its_own_answer(faraday: Installation) -> None:
    with faraday.client() as client, ThreadPoolExecutor(16) as threads:

        def solve(scale: float) -> float:
            return float(client.fem.solve(unit_square(4), source=scale, dirichlet=0.0).values.max())

        answers = list(threads.map(solve, range(1, 33)))
    assert answers == pytest.approx([scale * answers[0] for scale in range(1, 33)])


def test_a_large_tensor_comes_back_as_it_was_and_wakes_its_model(faraday: Installation) -> None:
    data = np.arange(3 << 20, dtype=np.uint8)
    tensor = triton.InferInput("data", [data.size], "UINT8")
    tensor.set_data_from_numpy(data)
    with triton.InferenceServerClient(faraday.endpoint) as client:
        headers = {"authorization": f"Bearer {faraday.token()}"}
        answer = client.infer("identity", [tensor], headers=headers, client_timeout=60)
    assert np.array_equal(answer.as_numpy("data"), data)


def test_a_refusal_and_a_deadline_come_through_as_what_they_are(faraday: Installation) -> None:
    with faraday.client() as client:
        with pytest.raises(InvalidRequest) as refused:
            # Only the solver, on the replica, sees that these are no edges of the boundary.
            client.fem.solve(unit_square(2), source=1.0, dirichlet=0.0, neumann=(np.array([[0, 8]]), 1.0))
        assert refused.value.failure.reason == "NOT_BOUNDARY"
        began = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            client.fem.solve(unit_square(100), source=1.0, dirichlet=0.0, degree=2, timeout_s=0.2)
        assert time.monotonic() - began < 2.0


def test_the_table_says_how_a_replica_is_reached(faraday: Installation) -> None:
    at = endpoint(faraday)
    if plane(faraday) is Plane.HANDLE:
        assert at.replica == "fem.diffusion#handle"
        assert (at.host, at.port) == ("", 0)
    else:
        assert at.port > 0 and at.host


@pytest.mark.parametrize("faraday", ["tls"], indirect=True)
async def test_over_tls_a_replica_answers_whoever_has_the_clusters_certificate_and_nobody_else(
    faraday: Installation,
) -> None:
    at = endpoint(faraday)
    members = Certificate.read(faraday.state.certificate).client_context()
    connection = ReplicaConnection(FEM, at)
    await connection.connect("another node", members)  # so that it does not take the unix socket
    result, _ = await connection.infer(FEM.example(), time.monotonic() + 10.0)
    connection.close()
    assert type(result) is FEM.result
    strangers = ssl.create_default_context()
    strangers.check_hostname, strangers.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(at.host, at.port, ssl=strangers)
    async with asyncio.timeout(5.0):  # for whoever was let in there is nothing to read
        try:
            said = await reader.read(1)
        except (ssl.SSLError, ConnectionError):  # in TLS 1.3 the refusal comes with the first read
            said = b""
    assert said == b""
    writer.close()
