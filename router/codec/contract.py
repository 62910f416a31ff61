"""What a codec of an inference method is: bytes to a question, a reply to bytes."""

from __future__ import annotations

from typing import Protocol

from models.base import Refusal
from router.call import Question, Reply


class Codec(Protocol):
    def decode(self, body: bytes) -> Question:
        """Raises `router.errors.Malformed`, `router.errors.UnknownModel` or `models.base.Refusal`."""
        ...

    def encode(self, reply: Reply, question: Question) -> bytes: ...

    def replayed(self, answer: bytes, question: Question) -> bytes:
        """An encoded answer, marked as that of an earlier request: in protobuf what comes later counts."""
        ...

    def refusal(self, refusal: Refusal, question: Question) -> Refusal:
        """A refusal by the model, with its field spelt as the request spells it."""
        ...


class OperationCodec(Protocol):
    """Of a method that starts an operation: as `Codec`, where `encode` gives the operation's response."""

    def decode(self, body: bytes) -> Question: ...

    def encode(self, reply: Reply, question: Question) -> bytes: ...

    def refusal(self, refusal: Refusal, question: Question) -> Refusal: ...

    @property
    def response_name(self) -> str:
        """The full name of the response's message."""
        ...

    def durable(self, body: bytes) -> bytes:
        """The same request with all that it names elsewhere: what another worker, much later, can go on from."""
        ...
