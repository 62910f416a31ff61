"""Long-running operations as the client sees them, against a real router in this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import grpc
import numpy as np
import pytest
from google.longrunning import operations_pb2

from faraday.client import (
    Client,
    DeadlineExceeded,
    Diffusion,
    InvalidRequest,
    Inverse,
    MalformedReply,
    NotFound,
    OperationCancelled,
    OperationRunning,
    OperationState,
    Outcome,
    Settings,
    TooManyOperations,
    Unavailable,
    unit_square,
)
from faraday.client.connection import Ask, Connection
from faraday.client.operations import Calls, Operation
from faraday.client.progress import progress
from faraday.client.retry import Retry
from faraday.v1 import finite_element_pb2
from faraday.v1 import operations_pb2 as ours
from models.fem.inverse import InverseSolver
from models.fem.inverse_task import SPEC as INVERSE
from models.fem.inverse_task import InverseResult
from router.operations.contract import Limits
from tests.conformance.operations.examples import operation
from tests.support.counting import SPEC as COUNTING
from tests.support.counting import Counting
from tests.support.counting_codec import METHOD, CountingCodec
from tests.support.router import ADA, SPECS, Router, RouterOptions, running
from tests.unit.client.scripted import FakeTime

T = TypeVar("T")

# The example of the inverse model, in the client's words.
PRIOR = Diffusion(unit_square(4), source=1.0, dirichlet=(np.arange(5), 0.0))
EXAMPLE = Inverse(PRIOR, points=[12, 22], values=[0.2, 0.3], deviations=0.01, patches=np.repeat(np.arange(2), 16))


class House:
    """A router, the counting model behind it, and calls by a client on a thread of its own."""

    def __init__(self, router: Router, model: Counting) -> None:
        self.router = router
        self.model = model

    async def use(self, with_client: Callable[[Client], T]) -> T:
        def run() -> T:
            with Client(self.router.target, token=self.router.token(ADA)) as client:
                return with_client(client)

        return await asyncio.to_thread(run)

    async def count(self, steps: int = 4) -> str:
        now = time.time()
        made = operation(steps, method=METHOD, created=now, expires=now + 60.0)
        started, _ = await self.router.operations.create(made, str(steps).encode())
        self.router.runner.look()
        return f"operations/{started.id}"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    model = Counting()
    options = RouterOptions(
        specs={**SPECS, COUNTING.name: COUNTING},
        models={COUNTING.name: model},
        operation_codecs={METHOD: CountingCodec(), **RouterOptions().operation_codecs},
        operation_limits=Limits(unfinished=1),
    )
    async with running(tmp_path, options) as router:
        yield House(router, model)
        model.permit(1000)


async def test_an_inverse_problem_is_solved_with_its_progress_told(house: House) -> None:
    def solve(client: Client) -> None:
        started = client.fem.optimize(EXAMPLE)
        told = list(started.watch())
        assert told[-1].state is OperationState.SUCCEEDED
        assert told[-1].step_count >= 2
        assert told[-1].fraction is None
        assert str(told[-1]).startswith("succeeded  fem.diffusion.inverse  step ")
        found = started.result()
        (wanted,) = InverseSolver("cpu").run([INVERSE.example()])  # type: ignore[list-item]  # an InverseTask
        assert isinstance(wanted, InverseResult)
        np.testing.assert_array_equal(found.conductivity, wanted.conductivity)
        np.testing.assert_array_equal(found.values, wanted.u)
        np.testing.assert_array_equal(found.residuals, wanted.residuals)
        np.testing.assert_array_equal(found.objective, wanted.objective)
        assert found.evidence.outcome is Outcome.CONVERGED
        again = client.operations.get(started.name).result()
        assert isinstance(again, finite_element_pb2.OptimizeResponse)
        assert [each.name for each in client.operations.list()] == [started.name]
        started.delete()
        with pytest.raises(NotFound):
            started.progress()

    await house.use(solve)


async def test_the_same_problem_in_one_call_gives_the_same(house: House) -> None:
    def solve(client: Client) -> None:
        at_once = client.fem.answer(EXAMPLE)
        np.testing.assert_array_equal(at_once.conductivity, client.fem.optimize(EXAMPLE).result().conductivity)

    await house.use(solve)


async def test_what_is_not_said_is_left_to_the_server_and_the_rest_is_sent(house: House) -> None:
    def check(client: Client) -> None:
        validated = client.fem.optimize(EXAMPLE, Ask(validate_only=True))
        assert validated.result().evidence.outcome is Outcome.VALIDATED
        assert validated.result().conductivity.size == 0
        wrong = Inverse(PRIOR, points=[12], values=[0.2], deviations=[0.01], tolerance=7.0, steps=3, roughness=0.0)
        with pytest.raises(InvalidRequest) as caught:
            client.fem.optimize(wrong)
        assert caught.value.failure.violations[0].field == "diffusion_inverse.tolerance"

    await house.use(check)


async def test_an_operation_is_followed_waited_for_and_cancelled(house: House) -> None:
    name = await house.count(1000)

    def follow(client: Client) -> None:
        found = client.operations.get(name)
        assert found.latest.model == "counting"
        with pytest.raises(DeadlineExceeded, match="it goes on"):
            found.result(timeout_s=0.05)
        with pytest.raises(OperationRunning):
            found.delete()
        with pytest.raises(TooManyOperations):
            client.fem.optimize(EXAMPLE)
        house.model.permit(1)
        for told in found.watch():
            if told.step_count == 1:
                break
        assert (told.fraction, told.message, told.scalars) == (0.001, "at 1", {"total": 1.0})
        assert "step 1 (0%)  at 1" in str(found)
        assert [each.name for each in client.operations.list(done=False)] == [name]
        assert list(client.operations.list(done=True)) == []
        found.cancel()
        with pytest.raises(OperationCancelled):
            found.result()
        assert found.progress().state is OperationState.CANCELLED
        assert found.latest.ended is not None

    await house.use(follow)


async def test_a_response_of_an_unknown_type_is_said_to_be_so(house: House) -> None:
    name = await house.count(2)
    house.model.permit(2)

    def ask(client: Client) -> None:
        with pytest.raises(MalformedReply, match=r"test\.Count"):
            client.operations.get(name).result(timeout_s=5.0)

    await house.use(ask)


class Lost(grpc.RpcError):  # type: ignore[misc]  # grpc ships no types
    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNAVAILABLE

    def details(self) -> str:
        return "gone"

    def trailing_metadata(self) -> tuple[()]:
        return ()


class Watched(Calls):
    """Its watch is lost as often as its script says: each part is what comes before the next loss."""

    def __init__(self, connection: Connection, *script: list[int]) -> None:
        super().__init__(connection)
        parts = list(script)

        def watch(request: object, **how: object) -> Iterator[ours.WatchOperationResponse]:
            for step in parts.pop(0) if parts else []:
                message = operations_pb2.Operation(name="operations/1", done=step == 9)
                message.metadata.Pack(ours.OperationMetadata(step_count=step))
                yield ours.WatchOperationResponse(operation=message)
            raise Lost

        self._ours.WatchOperation = watch


def watched(time: FakeTime, *script: list[int]) -> list[int]:
    settings = Settings(retry=Retry(attempt_count=3), clock=time.clock)
    connection = Connection("127.0.0.1:1", None, None, settings)
    begun = operations_pb2.Operation(name="operations/1")
    try:
        return [each.step_count for each in Operation(Watched(connection, *script), begun, lambda any: any).watch()]
    finally:
        connection.channel.close()


def test_a_watch_that_is_lost_is_taken_up_again() -> None:
    time = FakeTime()
    assert watched(time, [1], [], [1, 2], [9]) == [1, 1, 2, 9]
    assert len(time.slept) == 3


def test_a_watch_that_is_lost_again_and_again_is_given_up() -> None:
    with pytest.raises(Unavailable):
        watched(FakeTime(), [1], [], [])


def test_an_operation_that_breaks_the_contract_is_said_to_do_so() -> None:
    with pytest.raises(MalformedReply, match="metadata"):
        progress(operations_pb2.Operation(name="operations/1"))
    connection = Connection("127.0.0.1:1", None, None, Settings())
    ended = Operation(Calls(connection), operations_pb2.Operation(name="operations/1", done=True), lambda any: any)
    with pytest.raises(MalformedReply, match="without a response"):
        ended.result()
    connection.channel.close()
    with pytest.raises(MalformedReply, match="conductivity, objective"):
        EXAMPLE.answer(finite_element_pb2.SolveResponse())
