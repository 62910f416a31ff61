"""Long-running operations: what has been started, how far it is, what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from google.longrunning import operations_pb2, operations_pb2_grpc
from google.protobuf.duration_pb2 import Duration

from faraday.client.connection import Connection
from faraday.client.errors import DeadlineExceeded, Failure, MalformedReply, Unavailable, from_status
from faraday.client.progress import Progress, progress
from faraday.v1 import common_pb2, finite_element_pb2, neural_operator_pb2
from faraday.v1 import operations_pb2 as ours
from faraday.v1 import operations_pb2_grpc as ours_grpc

Answer = TypeVar("Answer")

_SERVICE = "google.longrunning.Operations"
_OUR_SERVICE = "faraday.v1.OperationService"
_RESPONSES = (
    finite_element_pb2.OptimizeResponse,
    neural_operator_pb2.TrainResponse,
    neural_operator_pb2.LearnResponse,
)
_WAIT_S = 20.0  # one call of many, so that a router which restarts is no more than a retry
_CALL_S = 10.0


class Operation(Generic[Answer]):
    """One operation. It goes on whether or not anybody holds this object."""

    def __init__(self, calls: Calls, message: Any, read: Callable[[Any], Answer]) -> None:
        """`message` is a google.longrunning.Operation, and `read` makes the result of its response."""
        self._calls = calls
        self._latest = message
        self._read = read

    @property
    def name(self) -> str:
        """ "operations/" and a UUID: `client.operations.get` finds it again, from any process."""
        return str(self._latest.name)

    @property
    def latest(self) -> Progress:
        """As it was when this object last heard of it."""
        return progress(self._latest)

    def progress(self) -> Progress:
        """As it is now."""
        self._latest = self._calls.get(self.name)
        return self.latest

    def watch(self) -> Iterator[Progress]:
        """As it is now, and again whenever it has changed, until it has ended."""
        for message in self._calls.watch(self.name):
            self._latest = message
            yield self.latest

    def result(self, timeout_s: float | None = None) -> Answer:
        """Wait for the end, for ever where `timeout_s` is None. Raises what the operation failed with,
        `OperationCancelled`, or `DeadlineExceeded` where it goes on after the timeout."""
        self._latest = self._calls.wait(self._latest, timeout_s)
        if self._latest.HasField("error"):
            raise from_status(self._latest.error)
        if not self._latest.HasField("response"):
            raise MalformedReply(f"{self.name} has ended without a response and without an error")
        return self._read(self._latest.response)

    def cancel(self) -> None:
        """Ask it to stop at its next step. One that has ended stays as it is."""
        self._calls.cancel(self.name)

    def delete(self) -> None:
        """Forget it with its response. Raises `OperationRunning` where it has not ended."""
        self._calls.delete(self.name)

    def __str__(self) -> str:
        return f"{self.name}  {self.latest}"


class Operations:
    """`client.operations`: those that this principal has started. Every method raises `FaradayError`."""

    def __init__(self, connection: Connection) -> None:
        self._calls = Calls(connection)

    def get(self, name: str) -> Operation[Any]:
        """By its name; its result is the response's message."""
        return Operation(self._calls, self._calls.get(name), _message)

    def list(self, done: bool | None = None) -> Iterator[Operation[Any]]:
        """Newest first, fetched page by page; `done`: only those that have ended, or have not."""
        for message in self._calls.list(done):
            yield Operation(self._calls, message, _message)


class Calls:
    """The calls about operations, each made again where the server is unavailable: they may all be repeated."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._stub = operations_pb2_grpc.OperationsStub(connection.channel)
        self._ours = ours_grpc.OperationServiceStub(connection.channel)

    def get(self, name: str) -> Any:
        return self._call("GetOperation", operations_pb2.GetOperationRequest(name=name))

    def list(self, done: bool | None) -> Iterator[Any]:
        token = ""
        while True:
            chosen = "" if done is None else f"done = {str(done).lower()}"
            request = operations_pb2.ListOperationsRequest(name="operations", filter=chosen, page_token=token)
            page = self._call("ListOperations", request)
            yield from page.operations
            token = page.next_page_token
            if not token:
                return

    def wait(self, latest: Any, timeout_s: float | None) -> Any:
        """The operation at its end. Raises `DeadlineExceeded`."""
        clock = self._connection.clock
        deadline = None if timeout_s is None else clock.now() + timeout_s
        while not latest.done:
            left_s = _WAIT_S if deadline is None else min(_WAIT_S, deadline - clock.now())
            if left_s <= 0:
                message = f"{latest.name} has not ended yet; it goes on"
                raise DeadlineExceeded(Failure("DEADLINE_EXCEEDED", message))
            request = operations_pb2.WaitOperationRequest(name=latest.name)
            request.timeout.CopyFrom(Duration(nanos=int(left_s % 1 * 1e9), seconds=int(left_s)))
            latest = self._call("WaitOperation", request, left_s + _CALL_S)
        return latest

    def watch(self, name: str) -> Iterator[Any]:
        """Every message until the end; taken up again where the stream was lost."""
        request = ours.WatchOperationRequest(options=common_pb2.RequestOptions(), name=name)
        failed_count = 0
        while True:
            try:
                for told in self._connection.follow(_OUR_SERVICE, "WatchOperation", self._ours.WatchOperation, request):
                    failed_count = 0
                    yield told.operation
                    if told.operation.done:
                        return
                raise MalformedReply(f"the watch of {name} ended before the operation")
            except Unavailable as error:
                failed_count += 1
                if not self._connection.pause(failed_count, error):
                    raise

    def cancel(self, name: str) -> None:
        self._call("CancelOperation", operations_pb2.CancelOperationRequest(name=name))

    def delete(self, name: str) -> None:
        self._call("DeleteOperation", operations_pb2.DeleteOperationRequest(name=name))

    def _call(self, method: str, request: Any, timeout_s: float | None = None) -> Any:
        return self._connection.repeat(_SERVICE, method, getattr(self._stub, method), request, timeout_s)


def _message(response: Any) -> Any:
    """The message in an Any, of those that operations answer with. Raises `MalformedReply`."""
    for kind in _RESPONSES:
        found = kind()
        if response.Unpack(found):
            return found
    raise MalformedReply(f"a response of type {response.type_url} is unknown here; a newer client may read it")
