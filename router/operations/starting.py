"""How an operation begins: decoded and checked like any call, then kept durably, and only then acknowledged."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Mapping

from models.base import Evidence, Refusal, Spec
from router.artefact_access import ArtefactAccess
from router.call import Caller, Question, Reply
from router.codec import operations as messages
from router.codec.contract import OperationCodec
from router.errors import DeadlinePassed, UnknownModel
from router.operations.contract import Operation, Viewer
from router.operations.store import OperationStore
from router.replay import checked_request_id


class Starter:
    """`started` is called when there is something new to run."""

    def __init__(
        self,
        specs: Mapping[str, Spec],
        store: OperationStore,
        started: Callable[[], None],
        longest_s: float,
        access: ArtefactAccess,
        unix_time: Callable[[], float] = time.time,
        new_id: Callable[[], uuid.UUID] = uuid.uuid4,
    ) -> None:
        """`specs` are those that are served here; `longest_s` is how long an operation may take at most."""
        self._specs = specs
        self._store = store
        self._started = started
        self._longest_s = longest_s
        self._access = access
        self._unix_time = unix_time
        self._new_id = new_id

    async def start(self, caller: Caller, body: bytes, codec: OperationCodec) -> bytes:
        """A google.longrunning.Operation."""
        question = codec.decode(body)
        spec = self._stepped(question)
        if spec.artefacts is not None:
            self._access.check(caller.principal, spec.artefacts(question.task))
        operation = self._operation(caller, body, question)
        if question.validate_only:
            return _validated(caller, question, spec, codec)
        kept, is_new = await self._store.create(operation, codec.durable(body))
        if is_new:
            self._started()
            return messages.encoded(messages.message(kept, b""))
        owner = Viewer(kept.tenant, kept.subject)
        viewed, outcome = await self._store.get(owner, kept.id)
        return messages.encoded(messages.message(viewed, outcome))

    def _stepped(self, question: Question) -> Spec:
        spec = self._specs.get(question.model)
        if spec is None:
            raise UnknownModel(f"{question.model} is not served here", {"model": question.model})
        if not spec.stepped:
            message = f"{question.model} answers in one step; ask it by an ordinary call"
            raise Refusal("NOT_STEPPED", message, "problem", {"model": question.model})
        return spec

    def _operation(self, caller: Caller, body: bytes, question: Question) -> Operation:
        now = self._unix_time()
        latest = now + self._longest_s
        expires = latest if question.deadline is None else min(latest, question.deadline)
        if expires <= now:
            raise DeadlinePassed("the operation's deadline has passed already", {"model": question.model})
        return Operation(
            id=str(self._new_id()),
            tenant=caller.principal.tenant,
            subject=caller.principal.subject,
            method=caller.method,
            model=question.model,
            created=now,
            expires=expires,
            request_id=checked_request_id(question.request_id) if question.request_id else "",
            request_hash=hashlib.blake2b(caller.method.encode() + body, digest_size=32).digest(),
            trace=caller.trace.header(),
            trace_state=caller.trace.state,
        )


def _validated(caller: Caller, question: Question, spec: Spec, codec: OperationCodec) -> bytes:
    """An operation without a name, whose response has no result: nothing was started."""
    reply = Reply(
        model=spec.name,
        model_version=spec.version,
        result=None,
        evidence=Evidence(),
        trace_id=caller.trace.trace_id,
        elapsed_s=time.monotonic() - caller.arrived,
    )
    response = messages.response(codec.response_name, codec.encode(reply, question))
    return messages.encoded(messages.unnamed(response))
