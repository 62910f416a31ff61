"""A long-running operation on a real installation, whose router worker and whose replica are killed on the way."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable

import numpy as np
import pytest

from faraday.client import Diffusion, Inverse, Operation, OperationState, unit_square
from faraday.client.inverse import Identified
from faraday.client.progress import Progress
from router.operations.contract import Limits, Viewer
from router.operations.sqlite import open_operations
from router.operations.store import OperationStore
from tests.support.eventually import eventually
from tests.support.installation import Installation

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def hard(count: int) -> Inverse:
    """A hundred steps: of a twentieth of a second each on 96² squares, of five times that on 192²."""
    measured = np.arange(count + 1, (count + 1) ** 2, 41)
    x, y = measured % (count + 1) / count, measured // (count + 1) / count
    return Inverse(
        Diffusion(unit_square(count), source=1.0, dirichlet=(np.arange(count + 1), 0.0)),
        points=measured,
        values=y * (2 - y) / 2 * (1 + 0.3 * np.sin(5 * x)),
        deviations=1e-4,
        tolerance=1e-12,
        steps=100,
    )


def holder(faraday: Installation, operation: Operation[Identified]) -> int:
    """The index of the worker that runs it, from the file that all workers share."""

    async def read() -> str:
        store = OperationStore(await open_operations(faraday.state.operations), Limits())
        try:
            found, _ = await store.get(Viewer("local", None), operation.name.removeprefix("operations/"))
        finally:
            await store.close()
        return found.holder

    return int(asyncio.run(read()).split("-")[-2])


def kill_once(operation: Operation[Identified], pid: Callable[[], int], ready: Callable[[Progress], bool]) -> int:
    """Kill a process as soon as the operation is `ready`; how many steps were done."""
    for told in operation.watch():
        assert told.state is OperationState.RUNNING or not told.step_count, told
        if ready(told):
            os.kill(pid(), signal.SIGKILL)
            return told.step_count
    raise AssertionError("it ended before")


def test_an_operation_outlives_its_worker_and_its_replica(faraday: Installation) -> None:
    def replica() -> int:
        (pid,) = faraday.named("ray::ServeReplica:fem.diffusion.inverse")
        return pid

    def worker() -> int:
        return int(faraday.status()["children"][f"worker-{holder(faraday, operation)}"]["pid"])

    with faraday.client() as client:
        operation = client.fem.optimize(hard(96))
        first = kill_once(operation, worker, lambda told: told.step_count > 0)
        kill_once(operation, replica, lambda told: told.attempt_count == 2 and told.step_count > first)
        found = operation.result(timeout_s=120.0)
        told = operation.progress()
        again = client.operations.get(operation.name)
        assert again.latest.state is OperationState.SUCCEEDED
    assert (told.attempt_count, told.step_count) == (2, 100)
    assert len(found.objective) == 101  # its history is whole: no step is missing, none is there twice
    assert (np.diff(found.objective) <= 0).all()
    shown = faraday.cli("operations", "show", operation.name)
    assert "taken up 2 times" in shown.out
    eventually(lambda: faraday.status()["phase"] == "ready", 30.0)


def test_an_operation_is_cancelled_between_its_steps(faraday: Installation) -> None:
    with faraday.client() as client:
        operation = client.fem.optimize(hard(192))  # far longer than the command line takes to start
        for told in operation.watch():
            if told.step_count:
                break
        cancelled = faraday.cli("operations", "cancel", operation.name)
        assert cancelled.code == 0
        eventually(lambda: operation.progress().state is OperationState.CANCELLED, 15.0)
        assert operation.latest.step_count < 100
        listed = faraday.cli("operations", "list", "--done")
        assert operation.name in listed.out
