"""The rows of the served Predict, and that its message is the question that it says it is."""

from __future__ import annotations

import time

from models.operators.predict.task import SPEC
from ops.bench.operators.served import SIDE, message, rows
from router.codec.open_inference import InferCodec


def test_the_message_asks_for_one_function() -> None:
    question = InferCodec({SPEC.name: SPEC}, time.time).decode(message())
    assert question.task.values.shape == (1, SIDE * SIDE, 1)  # type: ignore[attr-defined]


def test_a_core_is_held_to_what_is_wanted_and_many_callers_to_one() -> None:
    core, together = rows({"32 callers": [200.0], "1 caller": [90.0]}, {"32 callers": [150.0], "1 caller": [60.0]})
    assert core.ok and core.ratio == 200 / 180
    assert not together.ok and together.ratio == 2.5
