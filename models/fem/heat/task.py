"""Transient heat conduction: the task ρc ∂u/∂t = ∇·(k∇u) + f from t = 0, its result, and its line in the catalogue.

Formulas may speak of t. Conditions: `u = …` prescribes u, at t = 0 over the initial values, too; `q = …` gives k ∂u/∂n;
`h = h, u_out` exchanges with the outside, k ∂u/∂n = h (u_out − u), and adds to q; h itself is constant in time. Where
nothing is said, k ∂u/∂n = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Refusal, Spec, scalar, tensor
from models.fem.check import check_size
from models.fem.domain.cellwise import check_cellwise
from models.fem.domain.conditions import AXES, Condition, read_conditions
from models.fem.domain.expression import Expression, parse
from models.fem.domain.functional_task import DifferentiableTask, FunctionalResult
from models.fem.domain.integrals import Vocabulary
from models.fem.domain.limits import MAX_UNKNOWNS
from models.fem.domain.task import DomainTask

QUANTITIES = {"u": 1, "q": 1, "h": 2}
# By dimension: steps times unknowns that take about 10 s on one core (200 steps of 440² P1: 11 s; 370 of 29³ Q1: 9 s),
# and five times as long with a gradient.
MAX_WORK = {2: 40_000_000, 3: 10_000_000}
MAX_SAVED = 10_000_000  # numbers in the answer: 80 MB


@dataclass(frozen=True, kw_only=True)
class HeatTask(DomainTask, DifferentiableTask):
    """Find u at t = dt, 2 dt, …; and where a cotangent is sent, the gradients of J = Σ cotangent · u. Integrals are of
    the last u."""

    conductivity: Array = tensor("float64", (-1,), "k > 0: one value, or one per cell")
    capacity: Array = tensor("float64", (-1,), "ρc > 0, per volume: one value, or one per cell")
    source: str = scalar("0", "f, a formula of x, y, z and t")
    cell_source: Array | None = tensor("float64", (-1,), "added to f: one value, or one per cell", optional=True)
    initial: str = scalar("0", "u at t = 0, a formula of x, y, z")
    initial_values: Array | None = tensor("float64", ("points",), "added to it, one per point", optional=True)
    time_step: float = scalar(0.1, "dt > 0")
    steps: int = scalar(10, "how many, from 1")
    theta: float = scalar(
        0.5, "0.5 to 1: implicit midpoint (Crank-Nicolson), of second order; to backward Euler, of first"
    )
    every: int = scalar(0, "u is returned after each so many steps, and after the last; 0: after the last alone")
    cotangent: Array | None = tensor(
        "float64",
        ("points",),
        "derivatives of J by the last u; or by each u that is returned",
        optional=True,
        alternatives=((-1, "points"),),
    )

    @property
    def saved_steps(self) -> range | list[int]:
        """After which steps u is returned, increasing."""
        if self.every == 0:
            return [self.steps]
        saved = range(self.every, self.steps + 1, self.every)
        return saved if self.steps % self.every == 0 else [*saved, self.steps]

    def check(self) -> None:
        """Raise `Refusal` for what the arrays and texts alone show to be wrong."""
        self._check_time()
        saved = len(self.saved_steps)
        limit = min(MAX_UNKNOWNS[self.dimension], MAX_WORK[self.dimension] // self.steps, MAX_SAVED // saved)
        cells = self.check_domain(limit)
        check_cellwise("conductivity", self.conductivity, cells, "k")
        check_cellwise("capacity", self.capacity, cells, "ρc")
        if self.cell_source is not None:
            check_size("cell_source", self.cell_source, (1, cells), "one value, or one per cell")
        if self.cotangent is not None and self.cotangent.ndim == 2:
            check_size("cotangent", self.cotangent, (saved,), "one row per returned u")
        self.read_conditions()
        self.read_source()
        self.read_initial()
        self.read_integrals()

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(("u",), ("conductivity", "capacity"))

    def read_conditions(self) -> tuple[Condition, ...]:
        conditions = read_conditions(self.conditions, QUANTITIES, (*AXES[: self.dimension], "t"))
        for condition in conditions:
            if condition.quantity == "h" and condition.values[0].speaks_of("t"):
                exchange = condition.values[0]
                message = f"'{exchange.text.strip()}' changes in time; h is constant, u_out may change"
                raise Refusal("MALFORMED_CONDITION", message, exchange.field, {"found": exchange.text})
        return conditions

    def read_source(self) -> Expression:
        return parse(self.source, (*AXES[: self.dimension], "t"), "source")

    def read_initial(self) -> Expression:
        return parse(self.initial, AXES[: self.dimension], "initial")

    def _check_time(self) -> None:
        if not self.time_step > 0:
            details = {"value": str(self.time_step)}
            raise Refusal("NOT_POSITIVE", f"is {self.time_step}; send dt > 0", "time_step", details)
        for name, value, lowest, highest in (
            ("steps", self.steps, 1, MAX_WORK[self.dimension]),
            ("theta", self.theta, 0.5, 1.0),
            ("every", self.every, 0, MAX_WORK[self.dimension]),
        ):
            if not lowest <= value <= highest:
                message = f"is {value}; send {lowest} to {highest}"
                raise Refusal("OUT_OF_RANGE", message, name, {"value": str(value)})


@dataclass(frozen=True, kw_only=True)
class HeatResult(FunctionalResult):
    u: Array = tensor("float64", ("saved", "points"), "u at the points, at each of the times")
    times: Array = tensor("float64", ("saved",), "when")
    points: Array = tensor("float64", ("points", -1), "where the points are")
    cells: Array = tensor("int64", ("cells", -1), "points of each cell: corners in VTK's order, edges, faces, middle")
    conductivity_gradient: Array | None = tensor("float64", ("cells",), "dJ by k of each cell", optional=True)
    capacity_gradient: Array | None = tensor("float64", ("cells",), "dJ by ρc of each cell", optional=True)
    source_gradient: Array | None = tensor(
        "float64",
        ("points",),
        "dJ by a part of f that is constant in time, interpolated from the points",
        optional=True,
    )
    initial_gradient: Array | None = tensor("float64", ("points",), "dJ by the initial values", optional=True)


SPEC = Spec(
    name="fem.heat",
    version="1",
    summary="Transient heat conduction on any cells, P1, P2, Q1 and Q2, by the θ-scheme, adjoint gradients.",
    task=HeatTask,
    result=HeatResult,
    factory="models.fem.heat.solve:HeatSolver",
    example=lambda: HeatTask(
        divisions=np.array([6, 6]),
        conductivity=np.array([1.0]),
        capacity=np.array([10.0]),
        source="exp(-t)",
        conditions="left: u = sin(t); right: h = 2, 20",
        every=5,
    ),
    max_batch=16,
    resources=ON_DEMAND,
)
