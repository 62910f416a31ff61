"""The model that answers with published operators: one pass for all tasks of a batch that go together."""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace as changed

from models.artefacts import Artefacts
from models.base import Array, ErrorBound, Evidence, Outcome, Refusal
from models.operators.points.admit import SLACK
from models.operators.predict.forward import Said, grid_of, said, together
from models.operators.predict.interval import Between, between
from models.operators.predict.keeping import kept
from models.operators.predict.library import Held, Library
from models.operators.predict.task import ROADS, PredictResult, PredictTask
from models.operators.predict.verified import Verified, Verifier, check_verifiable


class Predictor:
    """`clock` tells seconds: by what its roads have cost, the cascade chooses among them."""

    def __init__(self, device: str, artefacts: Artefacts, clock: Callable[[], float] = time.perf_counter) -> None:
        self._artefacts = artefacts
        self._library = Library(artefacts, device)
        self._verifier = Verifier(clock)
        self._clock = clock

    def run(self, tasks: Sequence[PredictTask]) -> list[PredictResult | Refusal]:
        """One result or refusal for each task, in order."""
        outcomes: list[PredictResult | Refusal | None] = [None] * len(tasks)
        groups: dict[tuple[object, ...], list[tuple[int, _Asked]]] = defaultdict(list)
        for at, task in enumerate(tasks):
            try:
                asked = self._asked(task)
            except Refusal as refusal:
                outcomes[at] = refusal
                continue
            groups[asked.group].append((at, asked))
        for group in groups.values():
            answered = self._together([asked for _, asked in group])
            for (at, _), outcome in zip(group, answered, strict=True):
                outcomes[at] = outcome
        return [outcome for outcome in outcomes if outcome is not None]

    def _asked(self, task: PredictTask) -> _Asked:
        task.check()
        held = self._library.of(task.operator, task.version, lambda: _lot(task))
        _check_channels(held, task)
        _check_box(held, task)
        outside = _outside(held, task)
        if outside and task.outside == "refuse":
            raise Refusal("OUTSIDE_TRAINING", outside, "grid")
        is_spared = False
        if task.verify != "none":
            check_verifiable(held.calibrated, task)
            # What the operator would have missed is only known where it is asked, whatever that costs.
            is_spared = not task.keep_missed and self._verifier.is_solving_cheaper(held.name, task)
        return _Asked(task, held, outside, is_spared)

    def _together(self, group: Sequence[_Asked]) -> list[PredictResult | Refusal]:
        """Of tasks whose operator and points are the same."""
        first = group[0]
        if first.is_spared:
            return [self._one(asked, None) for asked in group]
        began = self._clock()
        try:
            passed = said(first.held.calibrated, [asked.task for asked in group])
        except Refusal as refusal:  # of points or channels, which all have in common
            return [refusal] * len(group)
        took = self._clock() - began
        for asked in group:
            if asked.task.verify != "none":
                count = sum(len(each.task.values) for each in group)
                self._verifier.forward_took(first.held.name, asked.task, took, count)
                break
        return [self._one(asked, each) for asked, each in zip(group, passed, strict=True)]

    def _one(self, asked: _Asked, answered: Said | None) -> PredictResult | Refusal:
        task, held = asked.task, asked.held
        try:
            if answered is not None and asked.outside:
                answered = Said(answered.mean, answered.deviation, answered.score, np.ones(len(task.values), bool))
            if answered is not None and task.outside == "refuse":
                _refuse_far(answered)
            if answered is not None and task.verify == "none":
                _refuse_not_finite(answered)
            verified = [] if task.verify == "none" else self._verifier.run(held.name, task, answered)
            intervals = None if answered is None else between(held.calibrated, answered, task)
            are_kept = kept(self._artefacts, task, held.name, held.version, verified)
        except Refusal as refusal:
            return refusal
        return _result(asked, answered, intervals, verified, are_kept)


@dataclass(frozen=True, eq=False)
class _Asked:
    task: PredictTask
    held: Held
    outside: str  # why its grid is outside the training; empty where it is not
    is_spared: bool  # finite elements answer, and the operator is not asked

    @property
    def group(self) -> tuple[object, ...]:
        return self.held.name, self.held.version, self.is_spared, *together(self.task)


def _lot(task: PredictTask) -> float:
    """Between 0 and 1, evenly over questions: whoever asks the same again is answered by the same version."""
    digest = hashlib.blake2b(task.values.tobytes(), digest_size=8).digest()
    return int.from_bytes(digest, "little") / 2**64


def _check_channels(held: Held, task: PredictTask) -> None:
    got, want = task.values.shape[2], held.calibrated.card.architecture.input_channels
    if got != want:
        details = {"got": str(got), "want": str(want)}
        raise Refusal("WRONG_CHANNELS", f"has {got} channels; {held.name} takes {want}", "values", details)


def _check_box(held: Held, task: PredictTask) -> None:
    """Where the sides of the unit box are clamped, what is beyond them is no answer."""
    if held.calibrated.card.clamped != "all" or task.positions is None:
        return
    if not (task.positions.min() >= -SLACK and task.positions.max() <= 1 + SLACK):
        raise Refusal("WRONG_POINTS", f"leave the unit box, whose sides {held.name} holds at 0", "positions")


def _outside(held: Held, task: PredictTask) -> str:
    least, most = held.calibrated.card.least_points, held.calibrated.card.most_points
    counts = grid_of(task)
    is_known = counts in held.calibrated.grids  # not learnt on, but calibrated: what is claimed there holds
    if not counts or not most or is_known or (min(counts) >= least and max(counts) <= most):
        return ""
    return f"the grid has {' × '.join(map(str, counts))} nodes, and {held.name} has learnt on {least} to {most} a side"


def _refuse_far(answered: Said) -> None:
    if answered.far.any():
        at = int(np.argmax(answered.far))
        score = f"{answered.score[at]:.3g}"
        message = f"is unlike all that the operator was trained on: its score is {score}, and 1 is the most"
        raise Refusal("OUTSIDE_TRAINING", message, f"values[{at}]", {"score": score})


def _refuse_not_finite(answered: Said) -> None:
    """The cascade solves such questions itself."""
    finite = np.isfinite(answered.mean).all(axis=(1, 2))
    if not finite.all():
        at = int(np.argmin(finite))
        message = "is so far from the training that the answer is no finite number; scale it, or ask with verify"
        raise Refusal("NOT_FINITE", message, f"values[{at}]")


def _result(
    asked: _Asked, answered: Said | None, intervals: Between | None, verified: Sequence[Verified], are_kept: Array
) -> PredictResult:
    count, points, _ = asked.task.values.shape
    channels = asked.held.calibrated.card.architecture.output_channels
    mean = np.full((count, points, channels), np.nan, np.float32) if answered is None else answered.mean
    bounds = [each.evidence.error_bound for each in verified]
    deviation, low, high = _doubts(answered, intervals, verified)
    return PredictResult(
        mean=_given(mean, verified),
        deviation=deviation,
        low=low,
        high=high,
        score=np.full(count, np.nan) if answered is None else answered.score,
        far=np.zeros(count, bool) if answered is None else answered.far,
        road=np.array([ROADS.index(each.road) + 1 for each in verified] or [1] * count, np.uint8),
        bound=np.array([np.nan if each is None else each.value for each in bounds] or [np.nan] * count),
        relative_bound=np.array([np.nan if each is None else each.relative for each in bounds] or [np.nan] * count),
        kept=are_kept,
        version=asked.held.version,
        reasons="\n".join([each.reason for each in verified] or [_REASON] * count),
        evidence=_evidence(asked, intervals, verified),
    )


_REASON = "it is what was asked for"


def _given(mean: Array, verified: Sequence[Verified]) -> Array:
    """With the answers of the cascade in place of the operator's; NaN where there is none."""
    if not verified:
        return mean
    fields = [np.full(mean.shape[1], np.nan, np.float32) if each.u is None else each.u for each in verified]
    return np.stack(fields)[..., None]


def _doubts(
    answered: Said | None, intervals: Between | None, verified: Sequence[Verified]
) -> tuple[Array | None, Array | None, Array | None]:
    """Deviations and intervals, where the answer is the operator's own; of others nothing is claimed."""
    if answered is None or answered.deviation is None or intervals is None:
        return None, None, None
    deviation, low, high = answered.deviation, intervals.low, intervals.high
    others = np.array([not each.is_own for each in verified], bool)
    if others.any():
        deviation, low, high = deviation.copy(), low.copy(), high.copy()
        deviation[others], low[others], high[others] = np.nan, -np.inf, np.inf
    return deviation, low, high


def _evidence(asked: _Asked, intervals: Between | None, verified: Sequence[Verified]) -> Evidence:
    held = asked.held
    card = held.calibrated.card
    method = f"{held.name} version {held.version}: {type(card.architecture).__name__}"
    if intervals is not None:
        method += f", {card.uncertainty.replace('_', ' ')}"
    told = Evidence(
        method="; ".join(dict.fromkeys([method, *(each.evidence.method for each in verified)])),
        interval=None if intervals is None or not any(_own(verified)) else intervals.claim,
        advice=asked.outside,
    )
    if not verified:
        return told
    missed = [each for each in verified if each.evidence.outcome is Outcome.NOT_CONVERGED]
    advice = f"of {len(missed)} functions, such as: {missed[0].evidence.advice}" if missed else ""
    return changed(
        told,
        outcome=Outcome.NOT_CONVERGED if missed else Outcome.CONVERGED,
        advice="; ".join(filter(None, [told.advice, advice])),
        error_bound=_largest([each.evidence.error_bound for each in verified]),
    )


def _own(verified: Sequence[Verified]) -> list[bool]:
    return [each.is_own for each in verified] or [True]


def _largest(bounds: Sequence[ErrorBound | None]) -> ErrorBound | None:
    """Of all; None where one is missing."""
    known = [bound for bound in bounds if bound is not None]
    return max(known, key=lambda bound: bound.value) if len(known) == len(bounds) else None
