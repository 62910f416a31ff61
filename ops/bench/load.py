"""Load on one gRPC method: what is asked of a generator, and what it measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

METHOD = "/inference.GRPCInferenceService/ModelInfer"


@dataclass(frozen=True)
class Load:
    """The same message again and again: `streams` calls at once on each of `connections`, for `seconds`."""

    message: bytes
    reply_bytes: int  # no answer is shorter
    connections: int
    streams: int
    seconds: float

    @property
    def in_flight(self) -> int:
        return self.connections * self.streams


@dataclass(frozen=True)
class Address:
    port: int  # on loopback, in the clear
    token: str = ""  # bearer, where the server asks for one


@dataclass(frozen=True)
class Measured:
    calls: int  # that were answered
    per_second: float
    p50_ms: float
    p99_ms: float


class Generator(Protocol):
    """Puts load on a server and measures; raises BenchFailed where a call failed or an answer was too short."""

    @property
    def note(self) -> str: ...

    def run(self, address: Address, load: Load) -> Measured: ...


def measured(calls: int, seconds: float, latencies_ms: Sequence[float]) -> Measured:
    p50, p99 = np.percentile(np.asarray(latencies_ms), (50, 99))
    return Measured(calls, calls / seconds, float(p50), float(p99))
