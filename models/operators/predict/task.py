"""Ask a published operator: the task, its result, and its line in the catalogue. Nothing here imports PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from models.artefacts import Named, check_name
from models.base import ON_DEMAND, Array, Refusal, Result, Spec, Task, scalar, tensor
from models.operators.cascade.wish import Verify, Wish
from models.operators.points.lattice import check_lattice

DARCY = "faraday/darcy"  # comes with the system
MAX_SAMPLES = 256
MAX_VALUES = 1 << 24  # 64 MiB: what a message holds
MAX_AXIS = 1024  # nodes along an axis
LEVELS = (0.5, 0.999)
ROADS = ("operator", "operator_certified", "corrected", "fem", "withheld")  # as the cascade names them


@dataclass(frozen=True, kw_only=True)
class PredictTask(Task):
    operator: str = scalar(DARCY, "which operator, owner/name")
    version: int = scalar(0, "which of its versions; 0: the one that answers at present")
    values: Array = tensor("float32", ("samples", "points", "channels"), "the functions at the points")
    positions: Array | None = tensor(
        "float32", ("points", "axes"), "the points; the nodes of `grid` over the unit box where absent", optional=True
    )
    grid: Array | None = tensor(
        "int64", ("axes",), "nodes along each axis, first coordinate slowest; scattered points if absent", optional=True
    )
    uncertainty: str = scalar("own", "deviations as it was calibrated, or the mean alone", choices=("own", "none"))
    level: float = scalar(0.9, "of the intervals, 0.5 to 0.999")
    band: str = scalar(
        "pointwise", "what an interval holds for: each point, or all at once", choices=("pointwise", "function")
    )
    verify: str = scalar(
        "none", "what is done about the error", choices=("none", "certificate", "correct", "tolerance")
    )
    steps: int = scalar(1, "of the finite element solver where verify is correct, 0 to 8")
    tolerance: float = scalar(0.05, "energy error over energy norm where verify is tolerance, above 0")
    outside: str = scalar("flag", "what is done with what is unlike the training", choices=("flag", "refuse"))
    keep_missed: str = scalar(
        "", 'where functions are kept that finite elements had to answer, "owner/name"; empty: not'
    )

    @property
    def affinity(self) -> str:
        """Replicas keep the operators that they have loaded."""
        return f"{self.operator}@{self.version}"

    @property
    def wish(self) -> Wish:
        """How the answer is to be verified."""
        if self.verify == "tolerance":
            return Wish(tolerance=self.tolerance)
        return Wish(Verify(self.verify), self.steps)

    def check(self) -> None:
        check_name(self.operator, "operator")
        if self.version < 0:
            raise _out_of_range("version", self.version, "0 or the number of a version")
        self._check_values()
        if self.grid is None and self.positions is None:
            raise Refusal("MISSING_TENSOR", "there is neither a grid nor positions; send one", "grid")
        if self.grid is not None:
            self._check_grid(self.grid)
        if not LEVELS[0] <= self.level <= LEVELS[1]:
            raise _out_of_range("level", self.level, f"a level from {LEVELS[0]} to {LEVELS[1]}")
        if not self.tolerance > 0.0:
            details = {"value": f"{self.tolerance:g}"}
            raise Refusal("NOT_POSITIVE", f"is {self.tolerance:g}; send a tolerance > 0", "tolerance", details)
        self.wish.check()
        if self.keep_missed:
            self._check_keeping()

    def _check_keeping(self) -> None:
        check_name(self.keep_missed, "keep_missed")
        if self.verify == "none":
            message = "keeps what finite elements had to answer; ask with verify, or leave it out"
            raise Refusal("UNKNOWN_INPUT", message, "keep_missed")

    def _check_values(self) -> None:
        samples, points, channels = self.values.shape
        if not 1 <= samples <= MAX_SAMPLES or points * channels == 0 or self.values.size > MAX_VALUES:
            shown = "(" + ", ".join(map(str, self.values.shape)) + ")"
            message = f"has shape {shown}; send 1 to {MAX_SAMPLES} functions, at most {MAX_VALUES} values in all"
            raise Refusal("WRONG_SIZE", message, "values", {"got": shown, "limit": str(MAX_VALUES)})

    def _check_grid(self, grid: Array) -> None:
        points = self.values.shape[1]
        if not 1 <= len(grid) <= 3 or grid.min() < 2 or grid.max() > MAX_AXIS:
            message = f"is {grid.tolist()}; send 2 to {MAX_AXIS} nodes along each of 1 to 3 axes"
            raise Refusal("OUT_OF_RANGE", message, "grid", {"got": str(grid.tolist())})
        if prod(grid.tolist()) != points:
            details = {"got": str(points), "want": str(prod(grid.tolist()))}
            message = f"has {points} points, and the grid {grid.tolist()} has {details['want']}"
            raise Refusal("WRONG_SIZE", message, "values", details)
        if self.positions is not None:
            check_lattice(self.positions, grid)


def _out_of_range(field: str, value: float, wanted: str) -> Refusal:
    return Refusal("OUT_OF_RANGE", f"is {value:g}; send {wanted}", field, {"value": f"{value:g}"})


@dataclass(frozen=True, kw_only=True)
class PredictResult(Result):
    mean: Array = tensor("float32", ("samples", "points", "outputs"), "the answer, in the units of the problem")
    deviation: Array | None = tensor(
        "float32", ("samples", "points", "outputs"), "its standard deviation", optional=True
    )
    low: Array | None = tensor(
        "float32", ("samples", "points", "outputs"), "lower ends of the intervals; -inf: none", optional=True
    )
    high: Array | None = tensor(
        "float32", ("samples", "points", "outputs"), "upper ends of the intervals; inf: none", optional=True
    )
    score: Array = tensor("float64", ("samples",), "distance from what was learnt, 1 at the threshold; NaN: unknown")
    far: Array = tensor("bool", ("samples",), "whether it is above the threshold")
    road: Array = tensor("uint8", ("samples",), "who answered: a place in ROADS, from 1")
    bound: Array = tensor("float64", ("samples",), "of the energy error; NaN where nobody bounded it")
    relative_bound: Array = tensor("float64", ("samples",), "the same over the energy norm of the answer")
    kept: Array = tensor("bool", ("samples",), "whether it is kept as a candidate for training")
    version: int = scalar(0, "the version that answered")
    reasons: str = scalar("", "why that road: a line for each sample")


def named(task: PredictTask) -> Named:
    """A collection that is added to is its owner's, like an operator that is published: inputs are a tenant's data."""
    return Named(reads=((task.operator, task.version),), publishes=(task.keep_missed,) if task.keep_missed else ())


def _example() -> PredictTask:
    """A permeability of two phases, 12 and 3, on 22² nodes of the unit square."""
    axis = np.linspace(0.0, 1.0, 22)
    waves = np.sin(7 * axis)[:, None] + np.cos(5 * axis)[None, :]
    return PredictTask(
        values=np.where(waves >= 0, 12.0, 3.0).astype(np.float32).reshape(1, -1, 1), grid=np.array([22, 22])
    )


SPEC = Spec(
    name="operators.predict",
    version="1",
    summary="What a neural operator says of functions, how sure it is, and, where asked, verified by finite elements.",
    task=PredictTask,
    result=PredictResult,
    factory="models.operators.predict.answer:Predictor",
    example=_example,
    max_batch=32,
    resources=ON_DEMAND,
    artefacts=named,
)
