"""An operator with all that says how sure it is: through an artefact and back, and never on samples it has seen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from msgspec.structs import replace as changed

from models.base import Array, Refusal
from models.operators.artefact import Card, pack, unpack
from models.operators.calibrated import LEVELS, calibrate, recalibrate, unpacked
from models.operators.measured import measured
from models.operators.operator import Functions
from models.operators.uncertainty.residuals import fitting_residual, residual_of
from tests.support import operators

Change = Callable[[Card, dict[str, Array]], Card]


def raw(count: int) -> Functions:
    pairs = operators.pairs(3, count)
    return Functions(torch.from_numpy(pairs.inputs), torch.from_numpy(pairs.positions), pairs.grid)


def test_an_artefact_holds_all_that_an_answer_needs() -> None:
    before, after = operators.small(), unpacked(operators.content())
    assert before.method is not None and after.method is not None and after.flag is not None and before.flag is not None
    one, other = before.method.predict(raw(3)), after.method.predict(raw(3))
    assert torch.equal(one.mean, other.mean)
    assert torch.allclose(one.deviation, other.deviation, rtol=1e-6)
    assert torch.allclose(before.flag.score(raw(3)), after.flag.score(raw(3)), rtol=1e-6)
    assert [(each.kind, each.level) for each in after.intervals] == [
        (each.kind, each.level) for each in before.intervals
    ]
    assert after.training == operators.pairs(1, 24).digests()
    assert len(after.calibration) == 120
    assert after.grid == (operators.SIDE, operators.SIDE)
    assert after.packed() == operators.content()


def test_a_level_gets_the_next_one_that_was_fitted() -> None:
    small = operators.small()
    for asked, given in ((0.5, 0.5), (0.72, 0.8), (0.9, 0.9), (0.901, 0.95)):
        found = small.interval("pointwise", asked)
        assert found is not None and found.level == given
    assert small.interval("band", 0.999) is None


def test_so_few_samples_tell_nothing_of_the_highest_levels() -> None:
    told = {each.level for each in operators.small().intervals}
    assert told == set(LEVELS) - {0.99}  # 60 functions: at most 60/61 may be asked


def test_intervals_of_several_grids_go_through_an_artefact() -> None:
    fresh = [operators.darcy(40, divisions, 11) for divisions in (8, 6, 10)]
    before = recalibrate(operators.small(), *fresh)
    after = unpacked(before.packed())
    assert after.grids == before.grids == {(9, 9), (7, 7), (11, 11)}
    for grid in before.grids:
        one, other = (each.interval("pointwise", 0.9, grid) for each in (before, after))
        assert one is not None and other is not None and one.factor == pytest.approx(other.factor, rel=1e-6)
    assert before.interval("band", 0.9, (9, 9)) is before.interval("band", 0.9, (8, 8)) is before.interval("band", 0.9)
    assert before.interval("band", 0.9, (7, 7)) is not before.interval("band", 0.9)
    assert all(pairs.digests() <= after.calibration for pairs in fresh)
    with pytest.raises(Refusal) as refused:
        recalibrate(after, operators.pairs(12, 40), fresh[1])
    assert refused.value.reason == "CALIBRATION_OVERLAPS"


def test_a_distance_that_flag_and_method_share_is_packed_once() -> None:
    _, arrays = unpack(operators.content())
    assert "uncertainty.distance.directions" in arrays
    assert not [name for name in arrays if name.startswith("calibration.flag.distance")]
    other = calibrate(operators.bare(), operators.pairs(1, 24), operators.pairs(2, 120), "laplace_last_layer")
    _, theirs = unpack(other.packed())
    assert "calibration.flag.distance.directions" in theirs
    assert unpacked(other.packed()).packed() == other.packed()


def test_an_equation_is_taken_from_no_card_whose_channels_are_not_its() -> None:
    card = operators.bare().card
    assert residual_of(card) is not None
    assert residual_of(changed(card, problem="heat")) is None
    assert residual_of(changed(card, architecture=changed(operators.NETWORK, input_channels=2))) is None
    assert fitting_residual(card, (9, 9), 99) is not None
    assert fitting_residual(card, (9, 9), 98) is None  # a threshold of one in a hundred
    assert fitting_residual(card, (9, 8), 99) is None


def wider(card: Card, arrays: dict[str, Array]) -> Card:
    return changed(card, architecture=changed(operators.NETWORK, width=4000, modes=(512, 512)))


def other_method(card: Card, arrays: dict[str, Array]) -> Card:
    return changed(card, uncertainty="laplace_last_layer")


def no_such_method(card: Card, arrays: dict[str, Array]) -> Card:
    return changed(card, uncertainty="intuition")


def without_a_weight(card: Card, arrays: dict[str, Array]) -> Card:
    del arrays["operator.head.weight"]
    return card


def without_a_threshold(card: Card, arrays: dict[str, Array]) -> Card:
    del arrays["calibration.flag.thresholds"]
    return card


def without_a_grid(card: Card, arrays: dict[str, Array]) -> Card:
    arrays["elsewhere.0.0.level"] = np.array(0.9, np.float32)
    return card


@pytest.mark.parametrize(
    "change", [wider, without_a_grid, other_method, no_such_method, without_a_weight, without_a_threshold]
)
def test_a_card_that_its_tensors_do_not_bear_out_is_refused(change: Change) -> None:
    card, arrays = unpack(operators.content())
    told = pack(change(card, arrays), arrays)
    with pytest.raises(Refusal) as refused:
        unpacked(told)
    assert refused.value.reason == "UNREADABLE_ARTEFACT"


@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_calibrates_on_what_was_learnt(seed: int) -> None:
    seen = operators.pairs(seed, 24 if seed == 1 else 120).of(slice(0, 10))
    with pytest.raises(Refusal) as refused:
        recalibrate(operators.small(), seen)
    assert refused.value.reason == "CALIBRATION_OVERLAPS"


def test_an_operator_that_doubts_nothing_is_not_calibrated_anew() -> None:
    with pytest.raises(Refusal) as refused:
        recalibrate(operators.bare(), operators.pairs(8, 10))
    assert refused.value.reason == "NOT_CALIBRATED"


def test_what_is_too_little_to_learn_doubt_from_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        calibrate(operators.bare(), operators.pairs(1, 24), operators.pairs(2, 10), "variance_head")
    assert refused.value.reason == "WRONG_SIZE"
    with pytest.raises(Refusal) as refused:
        calibrate(operators.bare(), operators.pairs(1, 24), operators.pairs(2, 120), "intuition")
    assert refused.value.reason == "UNKNOWN_CHOICE"


def test_conformal_intervals_hold_on_fresh_functions_as_often_as_they_say() -> None:
    """90 %, give or take four standard errors of 200 functions and of the 60 that they were fitted on."""
    figures = measured(operators.small(), operators.pairs(9, 200)).figures
    assert abs(figures["coverage"] - 0.9) < 0.08
    assert figures["band_coverage"] > 0.9 - 4 * np.sqrt(0.09 * (1 / 60 + 1 / 200))
    assert figures["far"] < 0.1


def test_of_an_operator_without_doubts_only_errors_are_measured() -> None:
    found = measured(operators.bare(), operators.pairs(9, 20))
    assert found.figures.keys() == {"relative_l2", "relative_l2_p95"}
    assert found.levels.size == 0
