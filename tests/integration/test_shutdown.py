"""The end, asked for or not: what is in flight finishes, nothing stays behind, and the next start works."""

from __future__ import annotations

import os
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from faraday.client import Client, Field, NoLocalServer, Retry, Settings, Unavailable, unit_square
from tests.support.eventually import eventually
from tests.support.installation import FARADAY, Installation, short_folder

pytestmark = pytest.mark.cluster

ONCE = Settings(retry=Retry(attempt_count=1))
LONG = unit_square(160)  # some seconds of work in P2


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
def test_a_call_in_flight_is_answered_and_a_new_one_is_not_taken(
    faraday: Installation, end: Callable[[Installation], None]
) -> None:
    if not faraday.state.status.exists():
        faraday.up()
    family = faraday.family()
    endpoint, token = faraday.endpoint, faraday.token()
    with faraday.client(ONCE) as client, ThreadPoolExecutor(1) as thread:
        long: Future[Field] = thread.submit(client.fem.solve, LONG, source=1.0, dirichlet=0.0, degree=2)
        eventually(lambda: in_flight(faraday) >= 1, 10.0)
        end(faraday)
        assert long.result().values.max() == pytest.approx(0.0737, abs=1e-4)
        with Client(endpoint, token=token, settings=ONCE) as late, pytest.raises(Unavailable):
            late.fem.solve(unit_square(2), source=1.0, dirichlet=0.0)
    faraday.assert_gone(family)
    with pytest.raises(NoLocalServer):
        faraday.client()


def in_flight(faraday: Installation) -> float:
    with urllib.request.urlopen(faraday.status()["metrics"], timeout=10) as page:
        lines = page.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("faraday_router_calls_in_flight{"))
