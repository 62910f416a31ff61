"""Answers of published operators: in batches, with what they claim, and down the roads of the cascade."""

from __future__ import annotations

import copy
import itertools
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace as changed

from models.artefacts import Channels
from models.base import BoundKind, IntervalKind, Outcome, Refusal
from models.fem.energy import energy_norm
from models.memory_artefacts import MemoryArtefacts
from models.operators.calibrated import recalibrate
from models.operators.cascade.grid import Question, grid
from models.operators.generators.darcy import conductivity, darcy
from models.operators.predict.answer import Predictor
from models.operators.predict.task import ROADS, PredictResult, PredictTask
from tests.support import operators

NAME, SIDE = "charite/small", operators.SIDE
PAIRS = operators.pairs(3, 6)


@pytest.fixture
def store() -> MemoryArtefacts:
    made = MemoryArtefacts()
    made.publish(NAME, operators.content(), "ada")
    return made


@pytest.fixture
def predictor(store: MemoryArtefacts) -> Predictor:
    ticks = itertools.count()
    return Predictor("cpu", store, lambda: float(next(ticks)))


def task(**more: Any) -> PredictTask:
    return PredictTask(**{"operator": NAME, "values": PAIRS.inputs[:2], "grid": operators.GRID, **more})


def answered(outcomes: Sequence[PredictResult | Refusal]) -> list[PredictResult]:
    results = [outcome for outcome in outcomes if isinstance(outcome, PredictResult)]
    assert len(results) == len(outcomes), outcomes
    return results


def one(predictor: Predictor, **more: Any) -> PredictResult:
    (result,) = answered(predictor.run([task(**more)]))
    return result


def roads(result: PredictResult) -> list[str]:
    return [ROADS[number - 1] for number in result.road]


def test_tasks_of_a_batch_get_what_each_gets_alone_and_a_bad_one_spoils_none(predictor: Predictor) -> None:
    tasks = [
        task(values=PAIRS.inputs[:1]),
        task(values=PAIRS.inputs[1:4], level=0.5),
        task(values=np.repeat(PAIRS.inputs, 2, axis=2)),
        task(values=PAIRS.inputs[4:], uncertainty="none"),
        task(operator="charite/nothing"),
        task(values=PAIRS.inputs[2:3], band="function"),
    ]
    together = predictor.run(tasks)
    for asked, outcome in zip(tasks, together, strict=True):
        (alone,) = predictor.run([asked])
        assert type(alone) is type(outcome)
        if isinstance(outcome, PredictResult) and isinstance(alone, PredictResult):
            np.testing.assert_allclose(outcome.mean, alone.mean, rtol=1e-5, atol=1e-7)
            assert outcome.evidence == alone.evidence
            assert (outcome.deviation is None) == (asked.uncertainty == "none")
    assert [getattr(outcome, "reason", "") for outcome in together] == [
        *("", "", "WRONG_CHANNELS", "", "UNKNOWN_ARTEFACT", "")
    ]


def test_an_answer_that_is_no_number_does_not_go_out(predictor: Predictor, store: MemoryArtefacts) -> None:
    wild = copy.deepcopy(operators.bare().operator)
    for weights in wild.parameters():
        weights.mul_(1e30)
    store.publish("charite/wild", replace(operators.bare(), operator=wild).packed(), "ada")
    (refused,) = predictor.run([task(operator="charite/wild")])
    assert isinstance(refused, Refusal) and (refused.reason, refused.field) == ("NOT_FINITE", "values[0]")
    solved = one(predictor, operator="charite/wild", verify="tolerance", tolerance=0.9)
    assert roads(solved) == ["fem"] * 2 and np.isfinite(solved.mean).all()


def test_points_that_are_not_of_their_grid_or_leave_the_box_are_refused(predictor: Predictor) -> None:
    swapped = np.ascontiguousarray(PAIRS.positions[:, ::-1])
    for positions in (swapped, PAIRS.positions[::-1], PAIRS.positions[:, :1], PAIRS.positions + np.float32(0.1)):
        (refused,) = predictor.run([task(positions=np.ascontiguousarray(positions))])
        assert isinstance(refused, Refusal) and (refused.reason, refused.field) == ("WRONG_POINTS", "positions")
    moved = one(predictor, positions=PAIRS.positions)
    np.testing.assert_allclose(moved.mean, one(predictor).mean, rtol=1e-4, atol=1e-7)


def test_the_boundary_is_certain_and_the_rest_is_not(predictor: Predictor) -> None:
    result = one(predictor)
    assert result.deviation is not None and result.low is not None and result.high is not None
    rim = ((PAIRS.positions == 0) | (PAIRS.positions == 1)).any(axis=1)
    assert (result.mean[:, rim] == 0).all() and (result.low[:, rim] == 0).all() and (result.high[:, rim] == 0).all()
    assert (result.deviation[:, ~rim] > 0).all()


def test_a_wider_level_is_a_wider_interval(predictor: Predictor) -> None:
    widths = []
    for level in (0.5, 0.8, 0.95):
        result = one(predictor, level=level)
        assert result.low is not None and result.high is not None
        widths.append(float((result.high - result.low).mean()))
        assert result.evidence.interval is not None and result.evidence.interval.level == level
    assert widths == sorted(widths)


def test_beyond_what_was_fitted_points_are_believed_and_bands_refused(predictor: Predictor) -> None:
    result = one(predictor, level=0.999)
    assert result.evidence.interval is not None
    assert (result.evidence.interval.kind, result.evidence.interval.calibration_count) == (IntervalKind.BELIEVED, 0)
    (refused,) = predictor.run([task(level=0.999, band="function")])
    assert isinstance(refused, Refusal) and refused.reason == "NOT_CALIBRATED"


def test_on_another_grid_of_the_training_nothing_is_conformal(store: MemoryArtefacts) -> None:
    small = operators.small()
    wide = replace(small, card=changed(small.card, least_points=5), flag=None)
    store.publish("charite/wide", wide.packed(), "ada")
    coarse = darcy(1, 5, seed=3).inputs
    asked = task(operator="charite/wide", values=coarse, grid=np.array([6, 6]))
    (result,) = answered(Predictor("cpu", store).run([asked]))
    assert not result.far.any()
    assert result.evidence.interval is not None and result.evidence.interval.kind is IntervalKind.BELIEVED
    assert "9 × 9" in result.evidence.interval.conditions


def test_on_every_grid_that_it_was_calibrated_on_intervals_are_conformal(store: MemoryArtefacts) -> None:
    """On one that is finer than its training, too."""
    fine = darcy(40, SIDE + 1, seed=5)
    known = recalibrate(replace(operators.small(), flag=None), operators.pairs(4, 40), fine)
    store.publish("charite/known", known.packed(), "ada")
    predictor = Predictor("cpu", store)
    sides = (SIDE, SIDE + 2, SIDE + 4)
    asked = [
        task(operator="charite/known", values=darcy(1, side - 1, seed=3).inputs, grid=np.array([side, side]))
        for side in sides
    ]
    results = answered(predictor.run(asked))
    assert [bool(each.far.any()) for each in results] == [False, False, True]
    kinds = [each.evidence.interval.kind for each in results if each.evidence.interval is not None]
    assert kinds == [IntervalKind.CONFORMAL, IntervalKind.CONFORMAL, IntervalKind.WITHDRAWN]
    low, interval = results[1].low, known.interval("pointwise", 0.9, fine.grid)
    assert low is not None and interval is not None and results[1].deviation is not None
    assert np.allclose(results[1].mean - low, interval.factor * results[1].deviation, rtol=1e-3, atol=1e-6)


def test_a_function_that_is_far_has_no_interval_and_the_others_keep_theirs(predictor: Predictor) -> None:
    odd = np.where(np.arange(SIDE**2) % 2 == 0, 1e4, 1e-2).astype("f4").reshape(1, -1, 1)
    result = one(predictor, values=np.concatenate([PAIRS.inputs[:1], odd]))
    assert result.far.tolist() == [False, True] and result.score[1] > 1
    assert result.low is not None and np.isfinite(result.low[0]).all()
    assert result.evidence.interval is not None and result.evidence.interval.kind is IntervalKind.WITHDRAWN
    inner = result.low[1][result.low[1] != 0]
    assert np.isneginf(inner).all()
    (refused,) = predictor.run([task(values=odd, outside="refuse")])
    assert isinstance(refused, Refusal) and (refused.reason, refused.field) == ("OUTSIDE_TRAINING", "values[0]")


def test_a_bound_is_above_the_error_of_what_goes_out(predictor: Predictor) -> None:
    """The distance to the discrete solution is a part of the error, by Galerkin orthogonality."""
    result = one(predictor, verify="certificate")
    assert roads(result) == ["operator_certified"] * 2
    assert result.evidence.error_bound is not None and result.evidence.error_bound.kind is BoundKind.GUARANTEED
    place = grid(SIDE - 1)
    for at in range(2):
        asked = Question(conductivity(PAIRS.inputs[at, :, 0], SIDE - 1), np.ones(1))
        discrete = place.pose(asked)
        u = result.mean[at, :, 0].astype(np.float64)
        away = energy_norm(discrete.problem, discrete.solve(u).x - u)
        assert away <= result.bound[at]


def test_a_tolerance_is_met_or_nothing_goes_out(predictor: Predictor) -> None:
    for tolerance in (0.9, 0.4, 0.25, 1e-3):
        result = one(predictor, values=PAIRS.inputs, verify="tolerance", tolerance=tolerance)
        withheld = np.array([road == "withheld" for road in roads(result)])
        assert (result.relative_bound[~withheld] <= tolerance).all()
        assert np.isnan(result.mean[withheld]).all() and np.isfinite(result.mean[~withheld]).all()
        assert (result.evidence.outcome is Outcome.NOT_CONVERGED) == bool(withheld.any())
        assert len(result.reasons.split("\n")) == len(PAIRS)
        if tolerance in (0.9, 1e-3):
            assert withheld.all() == (tolerance == 1e-3) and withheld.any() == withheld.all()


def test_where_the_answer_is_not_the_operators_its_doubts_are_not_told(predictor: Predictor) -> None:
    result = one(predictor, verify="correct", steps=2)
    assert roads(result) == ["corrected"] * 2
    assert result.deviation is not None and np.isnan(result.deviation).all()
    assert result.evidence.interval is None
    assert result.evidence.error_bound is not None and result.evidence.error_bound.kind is BoundKind.ESTIMATED
    np.testing.assert_allclose(result.mean, PAIRS.targets[:2], atol=1e-3 * PAIRS.targets.max())


def test_where_solving_is_cheaper_the_operator_is_not_asked(store: MemoryArtefacts) -> None:
    """By a clock on which everything takes a second: pass, step and certificate take more than to solve and bound."""
    ticks = itertools.count()
    predictor = Predictor("cpu", store, lambda: float(next(ticks)))
    assert roads(one(predictor, verify="certificate")) == ["operator_certified"] * 2
    one(predictor, verify="tolerance", tolerance=1e-3)  # solves, so that it is known what that costs
    result = one(predictor, verify="certificate")
    assert roads(result) == ["fem"] * 2
    assert "cheaper" in result.reasons
    assert np.isnan(result.score).all() and result.deviation is None and result.evidence.interval is None


def test_what_cannot_be_verified_is_refused(predictor: Predictor, store: MemoryArtefacts) -> None:
    small = operators.small()
    store.publish("charite/heat", replace(small, card=changed(small.card, problem="heat")).packed(), "ada")
    for change, reason in (
        ({"operator": "charite/heat"}, "NOT_VERIFIABLE"),
        ({"positions": PAIRS.positions}, "NOT_VERIFIABLE"),
        ({"values": PAIRS.inputs - 3}, "NOT_POSITIVE"),
    ):
        (refused,) = predictor.run([task(verify="certificate", **change)])
        assert isinstance(refused, Refusal) and refused.reason == reason


def test_the_stable_version_answers_and_the_canary_in_its_part(store: MemoryArtefacts) -> None:
    store.publish(NAME, operators.without(operators.small()).packed(), "ada")
    store.point(NAME, Channels(stable=1, canary=2, weight=1.0))
    predictor = Predictor("cpu", store)
    assert one(predictor).version == 2
    assert one(predictor, version=1).version == 1
    store.point(NAME, Channels(stable=2))
    assert one(predictor).version == 2


def test_what_is_light_imports_no_pytorch() -> None:
    program = "import sys, models.catalog, router.neural_operator; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
