"""Functions that the operator missed, kept where the task says so: what, and above all what not."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import numpy as np
import pytest

from models.artefacts import Named
from models.base import Refusal
from models.kept import Room
from models.memory_artefacts import MemoryArtefacts
from models.operators.generators.darcy import darcy, discrete_darcy
from models.operators.missed import Missed, packed, unpacked
from models.operators.predict.answer import Predictor
from models.operators.predict.task import SPEC, PredictResult, PredictTask
from tests.support import operators

NAME, COLLECTION, SIDE = "charite/small", "charite/missed", operators.SIDE
PAIRS = operators.pairs(3, 4)
STRICT = {"verify": "tolerance", "tolerance": 1e-3}  # below what finite elements can prove on this grid: all are missed


def store(room: Room = Room()) -> MemoryArtefacts:  # noqa: B008 a frozen value
    made = MemoryArtefacts(kept_room=room)
    made.publish(NAME, operators.content(), "ada")
    return made


def task(**more: Any) -> PredictTask:
    told = {"operator": NAME, "values": PAIRS.inputs[:2], "grid": operators.GRID, "keep_missed": COLLECTION}
    return PredictTask(**(told | more))


def asked(artefacts: MemoryArtefacts, **more: Any) -> PredictResult:
    ticks = itertools.count()
    (result,) = Predictor("cpu", artefacts, lambda: float(next(ticks))).run([task(**more)])
    assert isinstance(result, PredictResult), result
    return result


def candidates(artefacts: MemoryArtefacts, name: str = COLLECTION) -> list[Missed]:
    found = [artefacts.kept.read(name, entry.digest) for entry in artefacts.kept.entries(name)]
    return [missed for content in found if content is not None and (missed := unpacked(content)) is not None]


def test_what_was_missed_is_kept_with_the_answer_of_finite_elements() -> None:
    artefacts = store()
    result = asked(artefacts, **STRICT)
    assert result.kept.tolist() == [True, True]
    kept = {missed.inputs: missed for missed in candidates(artefacts)}
    assert len(kept) == 2
    expected = discrete_darcy(SIDE - 1).solve(list(PAIRS.inputs[:2, :, 0]))
    for values, solution in zip(PAIRS.inputs[:2], expected, strict=True):
        missed = kept[values.tobytes()]
        assert (missed.grid, missed.operator, missed.version) == ((SIDE, SIDE), NAME, 1)
        np.testing.assert_allclose(missed.fields()[1][:, 0], solution, rtol=1e-4, atol=1e-6 * solution.max())
        assert "tolerance" in missed.why and 1e-3 < missed.relative_error < 10


def test_its_digest_is_that_of_a_sample_so_that_sets_are_held_apart() -> None:
    artefacts = store()
    asked(artefacts, **STRICT)
    assert {entry.digest for entry in artefacts.kept.entries(COLLECTION)} == PAIRS.of(slice(2)).digests()


def test_the_same_question_is_one_candidate() -> None:
    artefacts = store()
    values = np.concatenate([PAIRS.inputs[:1], PAIRS.inputs[:1]])
    for _ in range(2):
        assert asked(artefacts, values=values, **STRICT).kept.tolist() == [True, True]
    assert len(candidates(artefacts)) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"keep_missed": "", **STRICT},  # nobody asked for it
        {"verify": "tolerance", "tolerance": 100.0},  # nothing is missed
        {"verify": "certificate"},
        {"verify": "correct"},
    ],
)
def test_nothing_else_is_kept(more: dict[str, Any]) -> None:
    artefacts = store()
    assert not asked(artefacts, **more).kept.any()
    assert candidates(artefacts) == [] and candidates(artefacts, NAME) == []


def test_a_function_that_is_far_is_kept_and_one_beside_it_that_is_answered_is_not() -> None:
    artefacts = store()
    odd = np.where(np.arange(SIDE**2) % 2 == 0, 1e4, 1e-2).astype("f4").reshape(1, -1, 1)
    values = np.concatenate([PAIRS.inputs[:1], odd])
    result = asked(artefacts, values=values, verify="tolerance", tolerance=100.0)
    assert result.kept.tolist() == [False, True]
    (missed,) = candidates(artefacts)
    assert missed.inputs == odd.tobytes() and "far" in missed.why


def test_who_keeps_what_is_missed_has_the_operator_asked_where_solving_is_cheaper() -> None:
    artefacts = store()
    ticks = itertools.count()
    predictor = Predictor("cpu", artefacts, lambda: float(next(ticks)))
    results = predictor.run([task(verify="certificate", keep_missed="")])
    results += predictor.run([task(**STRICT | {"keep_missed": ""})])  # by now it is known what each costs
    results += predictor.run([task(verify="certificate", keep_missed=""), task(verify="certificate"), task(**STRICT)])
    found = [result for result in results if isinstance(result, PredictResult)]
    assert ["cheaper" in result.reasons for result in found] == [False, False, True, False, False]
    assert np.isfinite(found[3].score).all() and not found[3].kept.any()
    assert found[4].kept.all() and len(candidates(artefacts)) == 2


def test_a_task_tells_whether_there_was_room() -> None:
    artefacts = store(Room(count=1))
    result = asked(artefacts, **STRICT)
    assert result.kept.sum() == 1 == len(candidates(artefacts))


def test_a_collection_is_named_for_those_who_guard_it() -> None:
    assert SPEC.artefacts is not None
    assert SPEC.artefacts(task(**STRICT)) == Named(reads=((NAME, 0),), publishes=(COLLECTION,))
    assert SPEC.artefacts(task(keep_missed="")).publishes == ()


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"keep_missed": "charite/../x", **STRICT}, "MALFORMED_NAME"),
        ({"verify": "none"}, "UNKNOWN_INPUT"),
    ],
)
def test_what_makes_no_sense_is_refused(more: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        task(**more).check()
    assert (refused.value.reason, refused.value.field) == (reason, "keep_missed")


def test_samples_of_candidates_are_pairs_to_train_on() -> None:
    """The kept answers are those that finite elements make data of: the same functions, the same targets."""
    artefacts = store()
    asked(artefacts, values=darcy(2, SIDE - 1, 5).inputs, **STRICT)
    targets = {missed.inputs: missed.fields()[1] for missed in candidates(artefacts)}
    made = darcy(2, SIDE - 1, 5)
    for values, target in zip(made.inputs, made.targets, strict=True):
        np.testing.assert_allclose(targets[values.tobytes()], target, rtol=1e-4, atol=1e-6 * target.max())


def test_a_record_comes_back_as_it_was_and_what_is_none_is_none() -> None:
    missed = Missed((2, 1), b"\0" * 8, b"\1" * 8, "far", float("inf"), NAME, 3)
    assert unpacked(packed(missed)) == missed
    assert unpacked(b"\x80\x04\x95pickle") is None
    assert unpacked(packed(msgspec.structs.replace(missed, targets=b"\1" * 4))) is None
