"""A small stepped model: adds up numbers, one at each step, as slowly as its gate opens."""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np

from models.base import (
    Array,
    Evidence,
    Progress,
    Refusal,
    Resources,
    Result,
    Spec,
    State,
    Step,
    SteppedModel,
    Task,
    scalar,
    tensor,
)


@dataclass(frozen=True, kw_only=True)
class CountingTask(Task):
    steps: int = scalar(3, "how many steps it takes")
    refuse_at: int = scalar(0, "the step that refuses; 0: none")
    crash_at: int = scalar(0, "the step that crashes; 0: none")

    def check(self) -> None:
        if self.steps < 1:
            raise Refusal("OUT_OF_RANGE", f"is {self.steps}; send 1 or more", "steps", {"value": str(self.steps)})


@dataclass(frozen=True, kw_only=True)
class CountingResult(Result):
    total: Array = tensor("int64", (1,), "1 + 2 + … + steps")


@dataclass
class Counting(SteppedModel[CountingTask, CountingResult]):
    """Each step takes one `permit`; `started` are the steps that the runs began at, `closed` how many were cut off."""

    permits: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    started: list[int] = field(default_factory=list)
    closed: int = 0

    def steps(self, task: CountingTask, state: State | None) -> Generator[Step, None, CountingResult]:
        done, total = (0, 0) if state is None else (int(state["done"][0]), int(state["total"][0]))
        self.started.append(done)
        try:
            while done < task.steps:
                if not self.permits.acquire(timeout=10.0):
                    raise TimeoutError("nobody let it take a step")
                done += 1
                if done == task.refuse_at:
                    raise Refusal("UNPLEASANT", "is not to my taste", "steps")
                if done == task.crash_at:
                    raise ZeroDivisionError("the secret of the model")
                total += done
                progress = Progress(done, done / task.steps, f"at {total}", {"total": float(total)})
                yield Step(progress, {"done": np.array([done]), "total": np.array([total])})
        except GeneratorExit:
            self.closed += 1
            raise
        return CountingResult(total=np.array([total]), evidence=Evidence(method="counting"))

    def permit(self, steps: int) -> None:
        self.permits.release(steps)


def open_counting(device: str = "cpu") -> Counting:
    return Counting(permits=threading.Semaphore(1_000_000))


SPEC = Spec(
    name="counting",
    version="1",
    summary="Adds up numbers, one at each step.",
    task=CountingTask,
    result=CountingResult,
    factory="tests.support.counting:open_counting",
    example=CountingTask,
    max_batch=1,
    resources=Resources(min_replicas=0),
    stepped=True,
)
