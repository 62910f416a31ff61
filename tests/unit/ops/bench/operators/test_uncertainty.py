"""The bench of uncertainties, by a small operator that learnt nothing: its rows, not its figures."""

from __future__ import annotations

import numpy as np
import pytest

from models.operators.fno.config import FNO
from models.operators.training.fitted import fitted_scaling
from models.operators.uncertainty import metrics
from ops.bench.operators import uncertainty
from ops.bench.operators.uncertainty import BEST, NEAR, SHIFTED, Trained


@pytest.fixture(scope="module")
def sets() -> uncertainty.Sets:
    return uncertainty.made(9, count=100, training=20)


@pytest.fixture(scope="module")
def operators(sets: uncertainty.Sets) -> list[Trained]:
    small = FNO(modes=(3, 3), width=4, layers=1, lifting=4, mixing=0, projection=6)
    return [Trained(small.build(seed), fitted_scaling(sets.training, "all")) for seed in range(2)]


def test_sets_have_no_function_in_common(sets: uncertainty.Sets) -> None:
    every = [each.digests() for each in (sets.training, sets.calibration, *sets.asked.values())]
    assert len(frozenset.union(*every)) == sum(len(each) for each in every) == 320


def test_methods_are_assessed_beside_the_best_which_is_for_each_seed(
    sets: uncertainty.Sets, operators: list[Trained]
) -> None:
    said: list[str] = []
    found = uncertainty.assessed(operators, sets, said.append, (BEST, "laplace_last_layer", "ensemble"))
    assert [len(found[BEST, kind]) for kind in (NEAR, SHIFTED)] == [2, 2] and len(said) == 4
    rows = [*uncertainty.calibration_rows(found), *uncertainty.beside(found)]
    assert [row.reach for row in rows] == [1.0] * 4 + [None] * 8
    assert {row.peer_name for row in rows} == {"goal", "laplace_last_layer", "ensemble"}


def test_rows_hold_figures_against_their_goals() -> None:
    good = metrics.Scores(nll=-2.6, crps=0.01, ece=0.01, coverage=0.91, sharpness=0.02)
    bad = metrics.Scores(nll=-2.4, crps=0.02, ece=0.05, coverage=0.95, sharpness=0.02)
    for scores, is_ok in ((good, True), (bad, False)):
        found = {(BEST, kind): [scores] * 5 for kind in (NEAR, SHIFTED)}
        rows = [*uncertainty.calibration_rows(found), *uncertainty.likelihood_rows(scores)]
        assert [row.ok for row in rows] == [is_ok] * 6


def test_far_functions_and_costs_are_measured(sets: uncertainty.Sets, operators: list[Trained]) -> None:
    near = sets.asked[NEAR]
    inputs = uncertainty.fields(uncertainty.log_normal, 3.0, divisions=9, count=100)
    assert inputs.shape == near.inputs.shape
    assert float(np.log(inputs).mean()) == pytest.approx(np.log(6.0), abs=0.2)
    rows = uncertainty.cost_rows(operators[0], sets, calls=1)
    assert [row.unit for row in rows] == ["forward passes"] * 2 and all(row.ours > 1 for row in rows)
    assert len(uncertainty.far_rows(operators[0], sets, divisions=9, count=100)) == 3
