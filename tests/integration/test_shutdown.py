"""The end, asked for or not: what is in flight finishes, nothing stays behind, and the next start works."""

from __future__ import annotations

import os
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from faraday.client import Client, NoLocalServer, Retry, Settings, Unavailable, unit_square
from tests.support.eventually import eventually
from tests.support.installation import FARADAY, Installation, short_folder

pytestmark = pytest.mark.cluster

ONCE = Settings(retry=Retry(attempt_count=1))
CALLS = 150  # at once, with the bound that takes long: more work than the command takes to reach the supervisor
# Small answers: gRPC closes a connection with its last answer written, and the end of a large one may then fall to a
# TCP reset (2 of 40 at 8 MiB, by a bare grpc.aio server too). A client that tries again asks the next router.
MESH = unit_square(40)


@pytest.fixture(scope="module")
def faraday() -> Iterator[Installation]:
    """Down at first."""
    made = Installation(short_folder(), {})
    yield made
    made.remove()


def by_command(faraday: Installation) -> None:
    subprocess.run([FARADAY, "down"], env=faraday.environment, check=True, capture_output=True, timeout=60)


def by_signal(faraday: Installation) -> None:
    os.kill(faraday.supervisor, signal.SIGTERM)
    eventually(lambda: not faraday.state.run.exists(), 60.0, "it does not end")


def test_a_killed_supervisor_leaves_no_orphans_and_the_next_start_works(faraday: Installation) -> None:
    faraday.up()
    family = faraday.family()
    os.kill(faraday.supervisor, signal.SIGKILL)
    eventually(lambda: not any(process.runs() for process in family), 30.0, "orphans are left")
    assert "nothing runs" in faraday.cli("status").err
    with pytest.raises(NoLocalServer):
        faraday.client()
    faraday.up()
    assert faraday.cli("solve", "--divisions", "4").code == 0


@pytest.mark.parametrize("end", [by_command, by_signal])
def test_calls_in_flight_are_answered_and_new_ones_are_not_taken(
    faraday: Installation, end: Callable[[Installation], None]
) -> None:
    if not faraday.state.status.exists():
        faraday.up()
    family = faraday.family()
    endpoint, token = faraday.endpoint, faraday.token()
    with faraday.client(ONCE) as client, ThreadPoolExecutor(CALLS) as threads:
        solve = partial(client.fem.solve, MESH, source=1.0, dirichlet=0.0, error_bound="sharp")
        calls = [threads.submit(solve) for _ in range(CALLS)]
        eventually(lambda: answered(calls) + in_flight(faraday) >= CALLS, 10.0, "not all calls arrive")
        assert answered(calls) < CALLS / 2, "few are in flight any more"
        end(faraday)
        answers = {float(call.result().values.max()) for call in calls}
        assert len(answers) == 1
        with Client(endpoint, token=token, settings=ONCE) as late, pytest.raises(Unavailable):
            late.fem.solve(unit_square(2), source=1.0, dirichlet=0.0)
    faraday.assert_gone(family)
    with pytest.raises(NoLocalServer):
        faraday.client()


def answered(calls: Sequence[Future[Any]]) -> int:
    return sum(call.done() for call in calls)


def in_flight(faraday: Installation) -> float:
    with urllib.request.urlopen(faraday.status()["metrics"], timeout=10) as page:
        lines = page.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("faraday_router_calls_in_flight{"))
