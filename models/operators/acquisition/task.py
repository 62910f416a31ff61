"""Choose what to label next: the task, its result, and its line in the catalogue. Light: no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from models.artefacts import Named, check_name
from models.base import ON_DEMAND, Array, Refusal, Result, Spec, Task, scalar, tensor
from models.operators.acquisition.names import STRATEGIES
from models.operators.points.lattice import check_lattice

MOST_VALUES = 1 << 24  # of the pool: 64 MiB, what a message holds


@dataclass(frozen=True, kw_only=True)
class AcquireTask(Task):
    operator: str = scalar("faraday/darcy", "which operator is to learn, owner/name")
    version: int = scalar(0, "which of its versions; 0: the stable one")
    strategy: str = scalar("lcmd", "how it is chosen", choices=tuple(STRATEGIES))
    budget: int = scalar(16, "how many functions, 1 at least")
    seed: int = scalar(0, "of what is drawn")
    values: Array = tensor("float32", ("pool", "points", "channels"), "the functions to choose from, at the points")
    labelled: Array | None = tensor(
        "float32", ("labelled", "points", "channels"), "functions whose answers are known already", optional=True
    )
    positions: Array | None = tensor(
        "float32", ("points", "axes"), "the points; the nodes of `grid` over the unit box where absent", optional=True
    )
    grid: Array | None = tensor(
        "int64", ("axes",), "nodes along each axis, first coordinate slowest; scattered points if absent", optional=True
    )

    @property
    def affinity(self) -> str:
        return f"{self.operator}@{self.version}"

    def check(self) -> None:
        check_name(self.operator, "operator")
        pool, points, channels = self.values.shape
        if self.version < 0:
            raise _out_of_range("version", self.version, "0 or the number of a version")
        if pool * points * channels == 0 or self.values.size > MOST_VALUES:
            message = f"has shape {self.values.shape}; send one function at least, at most {MOST_VALUES} values"
            raise Refusal("WRONG_SIZE", message, "values", {"limit": str(MOST_VALUES)})
        if not 1 <= self.budget <= pool:
            raise _out_of_range("budget", self.budget, f"1 to {pool}, as many as there are")
        if self.grid is None and self.positions is None:
            raise Refusal("MISSING_TENSOR", "there is neither a grid nor positions; send one", "grid")
        if self.grid is not None and (not 1 <= len(self.grid) <= 3 or self.grid.min() < 2):
            raise Refusal("OUT_OF_RANGE", "has not 2 nodes or more along each of 1 to 3 axes", "grid")
        if self.grid is not None and prod(self.grid.tolist()) != points:
            raise Refusal("WRONG_SIZE", f"has {points} points, and the grid has others", "values")
        if self.grid is not None and self.positions is not None:
            check_lattice(self.positions, self.grid)


def _out_of_range(field: str, value: float, wanted: str) -> Refusal:
    return Refusal("OUT_OF_RANGE", f"is {value:g}; send {wanted}", field, {"value": f"{value:g}"})


@dataclass(frozen=True, kw_only=True)
class AcquireResult(Result):
    chosen: Array = tensor("int64", ("budget",), "places in the pool, the most wanted first")
    version: int = scalar(0, "the version that was asked")


def named(task: AcquireTask) -> Named:
    return Named(reads=((task.operator, task.version),))


def _example() -> AcquireTask:
    axis = np.linspace(0.0, 1.0, 22)
    waves = [np.sin(k * axis)[:, None] + np.cos(5 * axis)[None, :] for k in range(3, 9)]
    values = np.where(np.stack(waves) >= 0, 12.0, 3.0).astype(np.float32)
    return AcquireTask(values=values.reshape(6, -1, 1), grid=np.array([22, 22]), budget=2)


SPEC = Spec(
    name="operators.acquire",
    version="1",
    summary="Which functions of a pool a published operator would learn most from: BALD, BADGE, LCMD, residuals.",
    task=AcquireTask,
    result=AcquireResult,
    factory="models.operators.acquisition.acquire:Acquirer",
    example=_example,
    max_batch=1,
    resources=ON_DEMAND,
    artefacts=named,
)
