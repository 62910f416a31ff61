"""A method that counts in steps: the body is "steps", "steps refuse_at" or "steps refuse_at crash_at"."""

from __future__ import annotations

from models.base import Refusal
from models.schema import flatten
from router.call import Question, Reply
from router.errors import Malformed
from tests.support.counting import SPEC, CountingTask

METHOD = "/test.Counting/Count"


class CountingCodec:
    response_name = "test.Count"

    def decode(self, body: bytes) -> Question:
        if not body:
            raise Malformed("says nothing")
        steps, refuse_at, crash_at = (*map(int, body.split()), 0, 0)[:3]
        task = CountingTask(steps=steps, refuse_at=refuse_at, crash_at=crash_at)
        task.check()
        return Question(model=SPEC.name, task=task)

    def durable(self, body: bytes) -> bytes:
        return body

    def encode(self, reply: Reply, question: Question) -> bytes:
        assert reply.result is not None
        return str(int(flatten(reply.result)[1]["total"][0])).encode()

    def refusal(self, refusal: Refusal, question: Question) -> Refusal:
        return Refusal(refusal.reason, refusal.message, f"count.{refusal.field}", refusal.details)
