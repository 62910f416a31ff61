"""The model that learns actively: what it publishes, and what it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.base import Refusal
from models.memory_artefacts import MemoryArtefacts
from models.operators.calibrated import unpacked
from models.operators.learning.learner import Learner
from models.operators.learning.task import SPEC, LearnResult, LearnTask

NAME = "charite/flow"
GOOD = {"epochs": 20, "rate": 0.03}  # an error of .18; untrained it is .96


@pytest.fixture(scope="module")
def store() -> MemoryArtefacts:
    return MemoryArtefacts()


@pytest.fixture(scope="module")
def first(store: MemoryArtefacts) -> LearnResult:
    return learnt(store, **GOOD)


def learnt(store: MemoryArtefacts, **more: object) -> LearnResult:
    example = SPEC.example()
    assert isinstance(example, LearnTask)
    [found] = Learner("cpu", store).run([replace(example, publish=NAME, clamped="all", **more)])  # type: ignore[arg-type]
    assert isinstance(found, LearnResult), found
    return found


def test_the_first_version_is_published_with_what_it_learnt_from(first: LearnResult, store: MemoryArtefacts) -> None:
    assert (first.name, first.version, first.artefact) == (NAME, 1, None)
    assert "first version" in first.verdict
    held = unpacked(store.read(NAME, 1))
    assert len(held.training) == held.card.metrics["labels"] == 8 + 4
    assert dict(zip(first.metric_names.split(","), first.metrics, strict=True)) == held.card.metrics


def test_a_worse_one_goes_back_to_who_asked(first: LearnResult, store: MemoryArtefacts) -> None:
    worse = learnt(store, rate=1e-9)
    assert (worse.name, worse.version) == ("", 0)
    assert worse.artefact is not None and unpacked(worse.artefact.tobytes()).card.name == NAME
    assert "not shown to be as good" in worse.verdict
    assert len(store.versions(NAME)) == 1


def test_the_same_again_is_the_same_version(first: LearnResult, store: MemoryArtefacts) -> None:
    again = learnt(store, **GOOD)
    assert again.version == 1 and again.chosen.tolist() == first.chosen.tolist()


def test_a_version_that_learnt_from_the_test_is_no_measure(first: LearnResult, store: MemoryArtefacts) -> None:
    """With other counts the samples of one seed are others' test: 20 in all, the last 4 of them."""
    found = learnt(store, samples=4, validation_samples=2, test_samples=4)
    assert found.version == 0 and "choose another seed" in found.verdict


def test_another_problem_is_refused(store: MemoryArtefacts) -> None:
    [refused] = Learner("cpu", store).run([LearnTask(problem="heat")])
    assert isinstance(refused, Refusal) and refused.field == "problem"
