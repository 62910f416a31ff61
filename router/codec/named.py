"""A request whose fields bear the names of a task's, and a response whose fields bear those of its result."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

from models import schema
from models.base import Refusal, Result, Spec
from router.call import Question, Reply
from router.codec import common
from router.codec.layout import Layout


class NamedCodec:
    """Both messages also have `options` and `evidence`. What a message has no field for stays the task's default, or is
    left to whoever makes more of the response: `PredictCodec`."""

    def __init__(self, spec: Spec, request: type[Message], response: type[Message]) -> None:
        self._spec = spec
        self._request = request
        self._response = response
        names = {field.name for field in request.DESCRIPTOR.fields}
        declared = (*schema.tensors(spec.task), *schema.scalars(spec.task))
        self._layout = Layout({}, own=tuple(name for name in declared if name in names))

    @property
    def response_name(self) -> str:
        return self._response.DESCRIPTOR.full_name

    def decode(self, body: bytes) -> Question:
        return self.question(common.parse(self._request, body))

    def question(self, request: Any) -> Question:
        scalars, arrays = self._layout.values(request)
        task = schema.parse(self._spec.task, scalars, arrays)
        task.check()
        return common.asked(self._spec, task, request.options)

    def durable(self, body: bytes) -> bytes:
        """A request holds all that it needs: artefacts are kept for as long as the installation is."""
        return body

    def encode(self, reply: Reply, question: Question) -> bytes:
        encoded: bytes = self.response(reply).SerializeToString()
        return encoded

    def response(self, reply: Reply) -> Any:
        response: Any = self._response(evidence=common.evidence_of(reply))
        if reply.result is not None:
            _write(response, reply.result)
        return response

    def replayed(self, answer: bytes, question: Question) -> bytes:
        mark: bytes = self._response(evidence=common.REPLAYED).SerializeToString()
        return answer + mark

    def refusal(self, refusal: Refusal, question: Question) -> Refusal:
        return refusal


def _write(response: Any, result: Result) -> None:
    scalars, arrays = schema.flatten(result)
    fields = response.DESCRIPTOR.fields_by_name
    for name, value in scalars.items():
        if name in fields:
            setattr(response, name, value)
    for name, array in arrays.items():
        if name not in fields:
            continue
        if fields[name].type == fields[name].TYPE_BYTES:
            setattr(response, name, array.tobytes())
        else:
            getattr(response, name).CopyFrom(common.tensor_of(array))
