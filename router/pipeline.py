"""The one path of an inference: decode → admit → run → encode. Who calls is known when it begins.

Any exception is a row of `router.status`.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec.structs import replace

from cluster.dispatch import Dispatcher, NoReplicaInTime, ReplicasLost, TaskExpired, Timing
from models import schema
from models.base import Evidence, Refusal, Result, Spec
from router.admission import Admission
from router.artefact_access import ArtefactAccess
from router.call import Caller, Question, Reply
from router.codec.contract import Codec
from router.errors import DeadlinePassed, NoReplica, NoReplicaLeft, ReplicaLost, UnknownModel
from router.metrics import RouterMetrics
from router.private_answers import PrivateAnswers
from router.replay import Replays
from router.statistics import Statistics

_WAKING_RETRY_S = 2.0  # what a replica takes to start on a warm node


class Forwarder(Protocol):
    """Of a model that an external server answers: it takes requests as they came."""

    async def forward(self, body: bytes, caller: Caller) -> tuple[bytes, Timing]: ...


class Pipeline:
    """Lives on the event loop of one router worker."""

    def __init__(
        self,
        specs: Mapping[str, Spec],
        dispatchers: Mapping[str, Dispatcher],
        admission: Admission,
        replays: Replays[Reply],
        statistics: Statistics,
        metrics: RouterMetrics,
        forwarders: Mapping[str, Forwarder],
        private: PrivateAnswers,
        access: ArtefactAccess,
        unix_time: Callable[[], float] = time.time,
    ) -> None:
        self._specs = specs
        self._dispatchers = dispatchers
        self._admission = admission
        self._replays = replays
        self._statistics = statistics
        self._metrics = metrics
        self._forwarders = forwarders
        self._private = private
        self._access = access
        self._unix_time = unix_time

    async def answer(self, caller: Caller, body: bytes, codec: Codec) -> bytes:
        question = codec.decode(body)
        caller = self._hurried(caller, question)
        spec = self._specs.get(question.model)
        size_bytes = len(body) + question.expanded_bytes
        try:
            if spec is not None and spec.private is not None:
                return await self._private.answer(
                    caller,
                    question,
                    body,
                    codec,
                    spec,
                    lambda: self._ask_once(caller, replace(question, forward=b""), size_bytes),
                )
            reply = await self._ask(caller, question, body, size_bytes)
        except Refusal as refusal:
            raise codec.refusal(refusal, question) from None
        return codec.encode(reply, question)

    async def ask(self, caller: Caller, question: Question, size_bytes: int) -> Reply:
        """What a model says, for a method that makes something of it and that may be repeated without effect.

        Never of a model that reads private records. Raises the model's `Refusal` as it is.
        """
        spec = self._specs.get(question.model)
        assert spec is None or spec.private is None, question.model
        return await self._ask_once(self._hurried(caller, question), question, size_bytes)

    def _hurried(self, caller: Caller, question: Question) -> Caller:
        """The caller, with the deadline of the message where that comes first."""
        if question.deadline is None:
            return caller
        within = time.monotonic() + question.deadline - self._unix_time()
        return replace(caller, deadline=min(caller.deadline, within))

    async def _ask(self, caller: Caller, question: Question, body: bytes, size_bytes: int) -> Reply:
        """Answer a question; `body` is what it was decoded from. A repeat of a request_id gets the first answer."""
        if not question.request_id or question.validate_only:
            return await self._ask_once(caller, question, size_bytes)
        # The same bytes may be a message of another method, which has another answer.
        digest = hashlib.blake2b(body, digest_size=32, key=caller.method.encode()[:64]).digest()
        reply, replayed = await self._replays.once(
            caller.principal,
            question.request_id,
            digest,
            lambda: self._ask_once(caller, question, size_bytes),
            time.monotonic(),
        )
        return replace(reply, replayed=replayed, trace_id=caller.trace.trace_id)

    async def _ask_once(self, caller: Caller, question: Question, size_bytes: int) -> Reply:
        model = question.model
        dispatcher = self._dispatchers.get(model)
        if dispatcher is None:
            raise UnknownModel(f"{model} is not served here", {"model": model})
        named = self._specs[model].artefacts
        if named is not None:
            self._access.check(caller.principal, named(question.task))
        now = time.monotonic()
        with self._admission.admit(model, size_bytes, caller.deadline, now, dispatcher.replica_count):
            if question.validate_only:
                return self._reply(caller, model, None)
            answered = False
            try:
                reply, timing = await self._run(dispatcher, caller, question)
                answered = True
            finally:
                if not answered:
                    self._statistics.failed(model, time.monotonic() - now)
        self._count(model, timing, time.monotonic() - now)
        return reply

    async def _run(self, dispatcher: Dispatcher, caller: Caller, question: Question) -> tuple[Reply, Timing]:
        model = question.model
        forwarder = self._forwarders.get(model) if question.forward else None
        trace = caller.trace
        traceparent = trace.header() if trace.sampled else ""
        details = {"model": model}
        try:
            if forwarder is not None:
                forwarded, timing = await forwarder.forward(question.forward, caller)
                return replace(self._reply(caller, model, None), forwarded=forwarded), timing
            result, timing = await dispatcher.infer(question.task, caller.deadline, traceparent, trace.state)
            return self._reply(caller, model, result), timing
        except NoReplicaInTime as none:
            message = f"no replica of {model} is up; one is being started"
            kind = NoReplicaLeft if none.asked_before else NoReplica
            raise kind(message, _WAKING_RETRY_S, details) from None
        except ReplicasLost:
            message = f"replicas of {model} died one after another over this request; it may be the cause"
            raise ReplicaLost(message, details) from None
        except TaskExpired:
            raise DeadlinePassed(f"{model} did not answer before the deadline", details) from None

    def _count(self, model: str, timing: Timing, seconds: float) -> None:
        self._metrics.observe_answer(model, timing.queue_s, timing.run_s, timing.batch_size)
        self._statistics.answered(model, seconds, timing.queue_s, timing.run_s, timing.batch_size, self._unix_time())

    def _reply(self, caller: Caller, model: str, result: Result | None) -> Reply:
        return Reply(
            model=model,
            model_version=self._specs[model].version,
            result=result,
            evidence=Evidence() if result is None else result.evidence,
            trace_id=caller.trace.trace_id,
            elapsed_s=time.monotonic() - caller.arrived,
        )


def size_of(reply: Reply) -> int:
    """What a stored reply holds on to, in bytes."""
    if reply.result is None:
        return len(reply.forwarded)
    return sum(array.nbytes for array in schema.flatten(reply.result)[1].values())
