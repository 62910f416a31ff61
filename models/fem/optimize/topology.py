"""The topology model: steps of GCMMA, with a projection that becomes sharper from stage to stage.

A stage has one sharpness, and so one objective: within it each step is feasible and no worse where its approximations
were above the functions. Stages before the last end early, as they only prepare the next.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, fields, replace

import numpy as np

from models.base import Array, Evidence, Outcome, Progress, Refusal, State, Step, SteppedModel
from models.fem.direct import SingularMatrix
from models.fem.elasticity.solve import RESIDUAL_LIMIT
from models.fem.optimize import mma
from models.fem.optimize.design import Design, Evaluation
from models.fem.optimize.mma import Box, Functions, Iterate
from models.fem.optimize.posed import design, first_design
from models.fem.optimize.topology_task import TopologyResult, TopologyTask

# Of a stage before the last: doubling the sharpness more often serves better than to converge in between.
STAGE_STEPS = 30

# What the slopes of the objective add up to, as GCMMA sees it: with p = 3 and half of the volume that is a compliance
# near 8, where Svanberg (2007, MMA and GCMMA, section 2) asks for 1 to 100. Each step has its own scale, since the
# objective of a mechanism grows from nothing.
SLOPES = 50.0
_FLAT = 1e-200  # slopes that add up to less are none


class TopologySolver(SteppedModel[TopologyTask, TopologyResult]):
    """Sparse direct on the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        pass

    def steps(self, task: TopologyTask, state: State | None) -> Generator[Step, None, TopologyResult]:
        """Raises `Refusal`."""
        task.check()
        try:
            search, first = _search(task)
            at = first if state is None else _restored(state)
            here = search.evaluate(at)
            while not search.has_ended(at, here):
                if search.stage_has_ended(at, here):
                    at = _sharpened(at)
                    here = search.evaluate(at)
                at, here = search.step(at, here)
                yield Step(search.progress(at, here), _arrays(at))
        except SingularMatrix:
            raise _out_of_scale() from None
        return search.result(at, here)


@dataclass(frozen=True, eq=False)
class _Point:
    """Where a search is, between two steps."""

    iterate: Iterate  # its multipliers in the units of the objective
    stage: Array  # (1,)
    objective: Array  # (steps,)
    volume: Array  # (steps,)
    bold: Array  # (steps,) bool: whether its approximations were not above the functions


@dataclass(frozen=True, eq=False)
class _Search:
    task: TopologyTask
    posed: Design
    box: Box

    def sharpness(self, at: _Point) -> float:
        """1, 2, 4, … by stage, at last that of the task."""
        return min(2.0 ** int(at.stage[0]), self.task.sharpness)

    def evaluate(self, at: _Point) -> Evaluation:
        return self._at(at.iterate.x, at)

    def step(self, at: _Point, here: Evaluation) -> tuple[_Point, Evaluation]:
        scale = SLOPES / max(float(np.abs(here.slope).sum()), _FLAT)
        found = here

        def functions(x: Array) -> Functions:
            nonlocal found
            found = self._at(x, at)
            return self._functions(found, scale)

        scaled = replace(at.iterate, multipliers=at.iterate.multipliers * scale)
        with np.errstate(all="ignore"):
            moved, _ = mma.step(scaled, self._functions(here, scale), self.box, functions)
        there = replace(
            at,
            iterate=replace(moved, multipliers=moved.multipliers / scale),
            objective=np.append(at.objective, found.objective),
            volume=np.append(at.volume, found.volume),
            bold=np.append(at.bold, ~moved.conservative),
        )
        return there, found

    def kkt(self, at: _Point, here: Evaluation) -> float:
        return mma.kkt_residual(at.iterate, self._functions(here, 1.0), self.box, here.slope)

    def has_arrived(self, at: _Point, here: Evaluation) -> bool:
        return self._is_last(at) and self._is_stationary(at, here)

    def has_ended(self, at: _Point, here: Evaluation) -> bool:
        return len(at.objective) >= self.task.steps or self.has_arrived(at, here)

    def stage_has_ended(self, at: _Point, here: Evaluation) -> bool:
        enough = at.iterate.count[0] >= STAGE_STEPS or self._is_stationary(at, here)
        return enough and not self._is_last(at)

    def progress(self, at: _Point, here: Evaluation) -> Progress:
        done = len(at.objective)
        scalars = {
            "objective": here.objective,
            "volume": here.volume,
            "kkt_residual": min(self.kkt(at, here), 1e300),  # finite, as all that is shown
            "sharpness": self.sharpness(at),
        }
        message = f"objective {here.objective:.6g}, volume {here.volume:.4f}"
        return Progress(done, done / self.task.steps, message, scalars)

    def result(self, at: _Point, here: Evaluation) -> TopologyResult:
        space = self.posed.space
        return TopologyResult(
            density=here.density,
            design=at.iterate.x,
            displacement=here.u.reshape(space.points.shape),
            points=space.points,
            cell_points=space.cell_points,
            objective=at.objective,
            volume=at.volume,
            evidence=self._evidence(at, here),
        )

    def _at(self, x: Array, at: _Point) -> Evaluation:
        with np.errstate(all="ignore"):  # what leaves the range is refused
            found = self.posed.at(x, self.sharpness(at))
        if not found.is_finite:
            raise _out_of_scale()
        return found

    def _functions(self, here: Evaluation, scale: float) -> Functions:
        fraction = self.task.volume_fraction
        return Functions(
            np.array([scale * here.objective, here.volume / fraction - 1]),
            np.vstack((scale * here.slope, here.volume_slope / fraction)),
        )

    def _is_last(self, at: _Point) -> bool:
        return self.sharpness(at) >= self.task.sharpness

    def _is_stationary(self, at: _Point, here: Evaluation) -> bool:
        return at.iterate.count[0] > 0 and self.kkt(at, here) <= self.task.tolerance

    def _evidence(self, at: _Point, here: Evaluation) -> Evidence:
        task, advice = self.task, self._advice(at, here)
        filtered = f"filter {task.filter} of radius {task.filter_radius:g}" if task.filter_radius else "no filter"
        bold = int(np.count_nonzero(at.bold))
        gray = 4 * float(np.mean(here.density * (1 - here.density)))
        said = (
            f"{'least compliance' if self.posed.output is None else 'least weighted displacement'} by SIMP with "
            f"penalty {task.penalty:g}, {filtered}, projection of sharpness {self.sharpness(at):g}, {here.method}",
            f"{len(at.objective)} steps of GCMMA with the discrete adjoint towards a local minimum, {bold} of them "
            "by approximations that were not above the functions",
            f"residual of the optimality conditions {self.kkt(at, here):.1e} where {task.tolerance:g} is asked for",
            f"volume {here.volume:.6f} of {task.volume_fraction:g}",
            f"grayness {gray:.3f} (mean of 4ρ(1-ρ): 0 where every cell is full or empty)",
            "no bound on the error of the elements, nor on the distance to the global minimum",
        )
        return Evidence(
            outcome=Outcome.NOT_CONVERGED if advice else Outcome.CONVERGED,
            advice=advice,
            method="; ".join(said),
            residual=here.residual,
        )

    def _advice(self, at: _Point, here: Evaluation) -> str:
        if not here.residual <= RESIDUAL_LIMIT:
            return "the system is very ill conditioned: raise `lightest`, or lower the contrast of E"
        if not self.has_arrived(at, here):
            if not here.slope.any():
                return "nothing depends on the design any more: take less sharpness, or more volume"
            return "the search ended early: allow more steps, a larger tolerance, or less sharpness"
        return ""


def _search(task: TopologyTask) -> tuple[_Search, _Point]:
    with np.errstate(all="ignore"):
        posed = design(task)
        x = first_design(task, posed)
    none = np.zeros(0)
    first = _Point(mma.start(x, 1), np.zeros(1, np.int64), none, none, np.zeros(0, np.bool_))
    return _Search(task, posed, Box(np.zeros_like(x), np.ones_like(x))), first


def _sharpened(at: _Point) -> _Point:
    """The first point of the next stage: its objective is another, and what the steps before tell of it is little."""
    return replace(at, iterate=mma.start(at.iterate.x, 1), stage=at.stage + 1)


def _arrays(at: _Point) -> dict[str, Array]:
    inner = {name: getattr(at.iterate, name) for name in _names(Iterate)}
    return inner | {name: getattr(at, name) for name in _names(_Point) if name != "iterate"}


def _restored(state: State) -> _Point:
    inner = Iterate(**{name: state[name] for name in _names(Iterate)})
    return _Point(inner, **{name: state[name] for name in _names(_Point) if name != "iterate"})


def _names(kind: type[Iterate] | type[_Point]) -> list[str]:
    return [field.name for field in fields(kind)]


def _out_of_scale() -> Refusal:
    return Refusal(
        "OUT_OF_RANGE",
        "the problem is beyond floating point; choose units in which moduli and forces are nearer to 1",
        "young_modulus",
    )
