"""Who is let in: a call that cannot be answered in time is refused before it costs anything.

How long an answer takes is learnt from this worker's own answers, see `router.service_time`. Other workers' calls on
the same replicas make those slower, which is what this worker has to know of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

import msgspec

from router.errors import DeadlinePassed, Overloaded, TooLarge
from router.service_time import ServiceTime


@dataclass(frozen=True)
class AdmissionLimits:
    """Of one router worker."""

    calls_per_model: int = 1024  # 16 full batches of 64: more would wait for seconds at any useful rate
    bytes_per_model: int = 256 << 20  # so that one model's large tensors leave room for the others
    bytes_in_all: int = 512 << 20  # half of the gigabyte that a worker is given; answers need the other half
    newest_weight: float = 0.1  # of an answer in the estimate: a change is believed after some twenty
    min_retry_s: float = 0.05  # below, a client's retry costs more than it gains
    max_retry_s: float = 10.0  # by then there may be more replicas


class Load(msgspec.Struct, frozen=True):
    """What one model has in flight in this worker, and what is known of its speed."""

    calls: int = 0
    size_bytes: int = 0
    service: ServiceTime | None = None


class Admission:
    """The calls in flight. `clock` is the monotonic clock, in seconds; deadlines are on it too."""

    def __init__(self, limits: AdmissionLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._loads: dict[str, Load] = {}
        self._bytes_in_all = 0

    def load(self, model: str) -> Load:
        return self._loads.get(model, Load())

    def admit(self, model: str, size_bytes: int, deadline: float, now: float, replicas: int) -> Permit:
        """A permit, to be used in a `with` at once; `replicas` is how many serve the model now, 0 while it wakes.

        Raises DeadlinePassed, TooLarge or Overloaded, and then nothing is counted.
        """
        if now >= deadline:
            raise DeadlinePassed("the deadline has passed already")
        load = self.load(model)
        x = _calls_per_replica(load.calls + 1, replicas)
        self._check_room(model, load, size_bytes)
        self._check_wait(model, load, deadline - now, x)
        self._count(model, load, 1, size_bytes)
        return Permit(self, model, size_bytes, now, x)

    def release(self, permit: Permit, answered: bool) -> None:
        """The permit's call is over. By the permit only."""
        load = self._loads[permit.model]
        learnt = Load(load.calls, load.size_bytes, self._learnt(load.service, permit, answered))
        self._count(permit.model, learnt, -1, -permit.size_bytes)

    def _check_room(self, model: str, load: Load, size_bytes: int) -> None:
        limits = self._limits
        if size_bytes > min(limits.bytes_per_model, limits.bytes_in_all):
            raise TooLarge(f"{size_bytes} bytes never fit", {"size_bytes": str(size_bytes)})
        full = (
            load.calls >= limits.calls_per_model
            or load.size_bytes + size_bytes > limits.bytes_per_model
            or self._bytes_in_all + size_bytes > limits.bytes_in_all
        )
        if full:
            one_s = 0.0 if load.service is None else load.service.expect(1.0)
            raise self._overloaded(model, "has no room for another call", one_s)

    def _check_wait(self, model: str, load: Load, left_s: float, x: float | None) -> None:
        """With nothing in flight anybody is let in: it is how a model that was slow is found to be quick again."""
        if load.calls == 0 or load.service is None or x is None:
            return
        answer_s = load.service.expect(x)
        if answer_s > left_s:
            raise self._overloaded(model, "cannot answer before the deadline", answer_s - left_s)

    def _overloaded(self, model: str, why: str, retry_after_s: float) -> Overloaded:
        retry_after_s = min(max(retry_after_s, self._limits.min_retry_s), self._limits.max_retry_s)
        details = {"model": model, "retry_after_s": f"{retry_after_s:.2f}"}
        return Overloaded(f"{model} {why}; ask again in {retry_after_s:.2f} s", retry_after_s, details)

    def _learnt(self, known: ServiceTime | None, permit: Permit, answered: bool) -> ServiceTime | None:
        """What is known after this call.

        One that failed or was given up took at least so long: it can make the estimate longer and never shorter, or
        quick failures would open the door. A start from zero replicas says nothing of the service.
        """
        if permit.x is None:
            return known
        latency_s = self._clock() - permit.since
        if not answered and (known is None or latency_s <= known.expect(permit.x)):
            return known
        if known is None:
            return ServiceTime(permit.x, latency_s)
        return known.after(permit.x, latency_s, self._limits.newest_weight)

    def _count(self, model: str, load: Load, calls: int, size_bytes: int) -> None:
        self._loads[model] = Load(load.calls + calls, load.size_bytes + size_bytes, load.service)
        self._bytes_in_all += size_bytes


class Permit:
    """The place of one call; given back when the `with` ends, however it ends."""

    def __init__(self, admission: Admission, model: str, size_bytes: int, since: float, x: float | None) -> None:
        self.model = model
        self.size_bytes = size_bytes
        self.since = since
        self.x = x  # calls per replica when it came, itself included; None where no replica was there
        self._admission: Admission | None = admission

    def __enter__(self) -> Permit:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._admission is not None:
            self._admission.release(self, answered=kind is None)
            self._admission = None


def _calls_per_replica(calls: int, replicas: int) -> float | None:
    """At least 1: with a replica to spare nobody waits for another's call."""
    return max(1.0, calls / replicas) if replicas > 0 else None
