"""Load on your own cluster by locust: FiniteElementService.Solve and ModelInfer, as its users call them.

README.md beside this says how to run it. Without -t it ends by itself after a minute.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc.experimental.gevent
import numpy as np
from locust import User, constant, events, task  # type: ignore[import-not-found]  # no dependency of ours
from tritonclient.grpc import InferenceServerClient, InferInput
from tritonclient.utils import InferenceServerException

from faraday.client import Client, FaradayError, unit_square
from faraday.client.local import LocalServer, find, state_dir

grpc.experimental.gevent.init_gevent()  # else one call would stop all other users of this process

DEFAULT_RUN_TIME_S = 60
CALL_TIMEOUT_S = 30.0
TENSOR_BYTES = 1024
DIVISIONS = 16


@events.init.add_listener  # type: ignore[untyped-decorator]
def bound_in_time(environment: Any, **_: Any) -> None:
    """A run that was given no end gets one."""
    options = environment.parsed_options
    if options is not None and not options.run_time:
        options.run_time = DEFAULT_RUN_TIME_S


class Caller(User):  # type: ignore[misc]
    """A user with calls of its own, one at a time, without a pause."""

    abstract = True
    wait_time = constant(0)

    def on_start(self) -> None:
        self.server: LocalServer = find(state_dir())

    @contextmanager
    def measured(self, service: str, method: str) -> Iterator[None]:
        """Tell locust how long the call took, and how it failed where it did."""
        start = time.perf_counter()
        failure: Exception | None = None
        try:
            yield
        except (FaradayError, InferenceServerException) as error:
            failure = error
        self.environment.events.request.fire(
            request_type=service,
            name=method,
            response_time=(time.perf_counter() - start) * 1e3,
            response_length=0,
            exception=failure,
        )


class Solver(Caller):
    def on_start(self) -> None:
        super().on_start()
        self.client = Client.local()
        self.mesh = unit_square(DIVISIONS)

    def on_stop(self) -> None:
        self.client.close()

    @task  # type: ignore[untyped-decorator]
    def solve(self) -> None:
        with self.measured("FiniteElementService", "Solve"):
            self.client.fem.solve(self.mesh, source=1.0, dirichlet=0.0)


class Inferrer(Caller):
    def on_start(self) -> None:
        super().on_start()
        ca_file = self.server.ca_file
        self.triton = InferenceServerClient(
            self.server.endpoint, ssl=ca_file is not None, root_certificates=None if ca_file is None else str(ca_file)
        )
        self.headers = {"authorization": f"Bearer {self.server.token_file.read_text().strip()}"}
        self.tensor = InferInput("data", [TENSOR_BYTES], "UINT8")
        self.tensor.set_data_from_numpy(np.arange(TENSOR_BYTES, dtype=np.uint64).astype(np.uint8))

    def on_stop(self) -> None:
        self.triton.close()

    @task  # type: ignore[untyped-decorator]
    def infer(self) -> None:
        with self.measured("GRPCInferenceService", "ModelInfer"):
            self.triton.infer("identity", [self.tensor], headers=self.headers, client_timeout=CALL_TIMEOUT_S)
