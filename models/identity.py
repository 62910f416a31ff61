"""The identity: returns the bytes that it is sent. It measures the path to a model and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Evidence, Result, Spec, Task, tensor


@dataclass(frozen=True, kw_only=True)
class IdentityTask(Task):
    data: Array = tensor("uint8", (-1,), "any bytes")

    def check(self) -> None:
        """Any bytes make sense."""


@dataclass(frozen=True, kw_only=True)
class IdentityResult(Result):
    data: Array = tensor("uint8", (-1,), "the bytes that were sent")


class Identity:
    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[IdentityTask]) -> Sequence[IdentityResult]:
        return [IdentityResult(data=task.data, evidence=_EVIDENCE) for task in tasks]


_EVIDENCE = Evidence(method="identity")

SPEC = Spec(
    name="identity",
    version="1",
    summary="Returns the bytes that it is sent; measures the path to a model.",
    task=IdentityTask,
    result=IdentityResult,
    factory="models.identity:Identity",
    example=lambda: IdentityTask(data=np.arange(16, dtype=np.uint8)),
    max_batch=256,
    quick=True,
    resources=ON_DEMAND,
)
