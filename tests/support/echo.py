"""A small model that does as it is told: answers, waits, refuses, crashes, or answers what it does not declare."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from models.base import Array, Evidence, Refusal, Resources, Result, Spec, Task, scalar, tensor

BEHAVIOURS = ("answer", "refuse", "crash", "undeclared")


@dataclass(frozen=True, kw_only=True)
class EchoTask(Task):
    x: Array = tensor("float64", ("n",), "numbers to send back")
    weights: Array | None = tensor("float32", ("n", 2), "not looked at", optional=True)
    behaviour: str = scalar("answer", "what the model does", choices=BEHAVIOURS)
    wait_s: float = scalar(0.0, "how long it takes for it")
    tag: int = scalar(0, "comes back")
    loud: bool = scalar(False, "doubles the numbers")

    def check(self) -> None:
        if self.wait_s < 0.0:
            raise Refusal("OUT_OF_RANGE", "is negative", "wait_s")


@dataclass(frozen=True, kw_only=True)
class EchoResult(Result):
    y: Array = tensor("float64", ("n",), "the numbers")
    size: Array = tensor("int64", (1,), "how many")
    tag: int = scalar(0, "as in the task")


@dataclass
class Echo:
    """`gate` holds every batch until it is set; `batches` are the tags that ran together."""

    gate: threading.Event = field(default_factory=threading.Event)
    batches: list[list[int]] = field(default_factory=list)

    def run(self, tasks: Sequence[EchoTask]) -> Sequence[EchoResult | Refusal]:
        self.batches.append([task.tag for task in tasks])
        if not self.gate.wait(10.0):
            raise TimeoutError("nobody opened the gate")
        time.sleep(max(task.wait_s for task in tasks))
        if any(task.behaviour == "crash" for task in tasks):
            raise ZeroDivisionError("the secret of the model")
        return [_answer(task) for task in tasks]


def open_echo(device: str = "cpu") -> Echo:
    echo = Echo()
    echo.gate.set()
    return echo


def _answer(task: EchoTask) -> EchoResult | Refusal:
    if task.behaviour == "refuse":
        return Refusal("UNPLEASANT", "is not to my taste", "x[0]", {"got": str(task.x[0])})
    y = task.x.astype("complex128") if task.behaviour == "undeclared" else task.x * (2.0 if task.loud else 1.0)
    evidence = Evidence(method="echo", residual=0.0)
    return EchoResult(y=y, size=np.array([len(task.x)]), tag=task.tag, evidence=evidence)


def task(*x: float, behaviour: str = "answer", wait_s: float = 0.0, tag: int = 0) -> EchoTask:
    return EchoTask(x=np.array(x or (1.0,)), behaviour=behaviour, wait_s=wait_s, tag=tag)


SPEC = Spec(
    name="echo",
    version="3",
    summary="Sends back what it is sent.",
    task=EchoTask,
    result=EchoResult,
    factory="tests.support.echo:open_echo",
    example=task,
    max_batch=8,
    resources=Resources(min_replicas=0),
)
