"""kill -9 of each process under load: no request of a retrying client is lost, and the installation heals."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from cluster.dispatch import Table
from faraday.client import unit_square
from tests.support.eventually import eventually
from tests.support.installation import Installation
from tests.support.load import load

pytestmark = pytest.mark.cluster

CLIENTS = 4
MESH = unit_square(2)


@contextmanager
def solving(faraday: Installation) -> Iterator[Callable[[], object]]:
    """Calls of our own client, which tries again where a server is unavailable."""
    with faraday.client() as client:
        yield lambda: client.fem.solve(MESH, source=1.0, dirichlet=0.0)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def replicas(faraday: Installation) -> set[str]:
    return {endpoint.replica for endpoint in Table.read(faraday.state.table).models["fem.diffusion"]}


def renewed(faraday: Installation, old: set[str]) -> bool:
    new = replicas(faraday)
    return bool(new and not new & old)


def restarted(faraday: Installation, child: str, before: int) -> bool:
    status = faraday.status()
    return bool(status["phase"] == "ready" and status["children"][child]["restarts"] > before)


def test_a_replica(faraday: Installation) -> None:
    old = replicas(faraday)
    (pid,) = faraday.named("ray::ServeReplica:fem.diffusion")
    with load(lambda: solving(faraday), CLIENTS) as under:
        kill(pid)
        eventually(lambda: renewed(faraday, old), 30.0, "there is no new replica")
        under.wait_for(10 * CLIENTS)
    assert under.failures == []


def test_a_router_worker(faraday: Installation) -> None:
    worker = faraday.status()["children"]["worker-0"]
    with load(lambda: solving(faraday), CLIENTS) as under:
        kill(worker["pid"])
        eventually(lambda: restarted(faraday, "worker-0", worker["restarts"]), 30.0, "it is not there again")
        under.wait_for(10 * CLIENTS)
    assert under.failures == []


def test_the_controller_whose_absence_no_request_notices(faraday: Installation) -> None:
    controller = faraday.status()["children"]["controller"]
    old = replicas(faraday)
    with load(lambda: solving(faraday), CLIENTS) as under:
        kill(controller["pid"])
        eventually(lambda: faraday.status()["phase"] != "ready", 5.0, "its end went unnoticed")
        under.wait_for(10 * CLIENTS)  # while it is gone
        assert faraday.status()["phase"] != "ready"
        eventually(lambda: restarted(faraday, "controller", controller["restarts"]), 60.0, "it is not there again")
        under.wait_for(10 * CLIENTS)
    assert under.failures == []
    assert replicas(faraday) == old


def test_the_global_control_store_which_starts_again_under_running_replicas(faraday: Installation) -> None:
    old = replicas(faraday)
    (gcs,) = faraday.named("gcs_server")
    (replica,) = faraday.named("ray::ServeReplica:fem.diffusion")
    with load(lambda: solving(faraday), CLIENTS) as under:
        kill(gcs)
        eventually(lambda: gcs not in faraday.named("gcs_server") != [], 30.0, "it is not there again")
        under.wait_for(10 * CLIENTS)
        assert faraday.named("ray::ServeReplica:fem.diffusion") == [replica]
        assert faraday.status()["phase"] == "ready"
        kill(replica)  # what is new must be known to the new store
        eventually(lambda: renewed(faraday, old), 60.0, "there is no new replica")
        under.wait_for(10 * CLIENTS)
    assert under.failures == []


def test_the_raylet_which_takes_the_replicas_along(faraday: Installation) -> None:
    (raylet,) = faraday.named("raylet ")
    before = faraday.status()["children"]["ray"]["restarts"]
    with load(lambda: solving(faraday), CLIENTS) as under:
        kill(raylet)
        eventually(lambda: restarted(faraday, "ray", before), 60.0, "the head is not there again")
        under.wait_for(10 * CLIENTS, timeout_s=60.0)
    assert under.failures == []


def test_after_all_that_it_is_ready_and_whole(faraday: Installation) -> None:
    eventually(lambda: faraday.status()["phase"] == "ready", 30.0)
    assert faraday.cli("status").code == 0
    assert faraday.cli("solve", "--divisions", "4").code == 0
