"""What tasks about operators refuse before anything is computed: each at its field."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.base import Refusal, Task
from models.catalog import CATALOG
from models.operators.acquisition.task import AcquireTask
from models.operators.evaluation.calibrate_task import CalibrateTask
from models.operators.evaluation.metrics_task import MetricsTask
from models.operators.learning.task import LearnTask
from models.operators.training.task import TrainTask

OWN = {
    "problem": "own",
    "inputs": np.ones((40, 9, 1), np.float32),
    "targets": np.ones((40, 9, 1), np.float32),
    "positions": np.indices((3, 3), np.float32).reshape(2, 9).T / 2,
}
POOL = {"values": np.ones((3, 9, 1), np.float32), "grid": np.array([3, 3]), "budget": 2}
CASES: list[tuple[type[Task], dict[str, Any], str, str]] = [
    (TrainTask, {"publish": "no owner"}, "MALFORMED_NAME", "publish"),
    (TrainTask, {"canary_weight": 0.0}, "OUT_OF_RANGE", "canary_weight"),
    (TrainTask, {"architecture": "{"}, "MALFORMED_ARCHITECTURE", "architecture"),
    (TrainTask, {"architecture": '{"type":"fno","modes":[0]}'}, "MALFORMED_ARCHITECTURE", "architecture"),
    (TrainTask, {"architecture": '{"type":"fno","modes":[9999]}'}, "OUT_OF_RANGE", "architecture"),
    (TrainTask, {"epochs": 0}, "OUT_OF_RANGE", "epochs"),
    (TrainTask, {"rate": 0.0}, "OUT_OF_RANGE", "rate"),
    (TrainTask, {"divisions": 3}, "OUT_OF_RANGE", "divisions"),
    (TrainTask, {"samples": 1}, "OUT_OF_RANGE", "samples"),
    (TrainTask, {"validation_samples": 0}, "OUT_OF_RANGE", "validation_samples"),
    (TrainTask, {"calibration_samples": 39}, "OUT_OF_RANGE", "calibration_samples"),
    (TrainTask, {"inputs": OWN["inputs"]}, "UNKNOWN_INPUT", "inputs"),
    (TrainTask, {**OWN, "targets": None}, "MISSING_TENSOR", "targets"),
    (TrainTask, OWN, "WRONG_SIZE", "inputs"),  # 40 samples, and more are held back
    (LearnTask, {"problem": "heat"}, "UNKNOWN_CHOICE", "problem"),
    (LearnTask, {"rounds": 0}, "OUT_OF_RANGE", "rounds"),
    (LearnTask, {"labels": 0}, "OUT_OF_RANGE", "labels"),
    (MetricsTask, {"operator": "x"}, "MALFORMED_NAME", "operator"),
    (MetricsTask, {"version": -1}, "OUT_OF_RANGE", "version"),
    (MetricsTask, {"divisions": 3}, "OUT_OF_RANGE", "divisions"),
    (MetricsTask, {"divisions": 255, "samples": 5}, "OUT_OF_RANGE", "samples"),
    (MetricsTask, {"samples": 1}, "OUT_OF_RANGE", "samples"),
    (MetricsTask, {"inputs": OWN["inputs"]}, "UNKNOWN_INPUT", "inputs"),
    (MetricsTask, {**OWN, "positions": None}, "MISSING_TENSOR", "positions"),
    (MetricsTask, {**OWN, "inputs": OWN["inputs"][:1], "targets": OWN["targets"][:1]}, "WRONG_SIZE", "inputs"),
    (MetricsTask, {**OWN, "grid": np.array([9, 1])}, "OUT_OF_RANGE", "grid"),
    (MetricsTask, {**OWN, "grid": np.array([3, 4])}, "WRONG_SIZE", "positions"),
    (CalibrateTask, {"publish": "/x"}, "MALFORMED_NAME", "publish"),
    (CalibrateTask, {"canary_weight": 1.5}, "OUT_OF_RANGE", "canary_weight"),
    (AcquireTask, {**POOL, "version": -1}, "OUT_OF_RANGE", "version"),
    (AcquireTask, {**POOL, "values": POOL["values"][:0]}, "WRONG_SIZE", "values"),
    (AcquireTask, {**POOL, "budget": 4}, "OUT_OF_RANGE", "budget"),
    (AcquireTask, {**POOL, "grid": None}, "MISSING_TENSOR", "grid"),
    (AcquireTask, {**POOL, "grid": np.array([9, 1])}, "OUT_OF_RANGE", "grid"),
    (AcquireTask, {**POOL, "grid": np.array([3, 4])}, "WRONG_SIZE", "values"),
]


@pytest.mark.parametrize(("kind", "fields", "reason", "field"), CASES)
def test_what_makes_no_sense_is_refused_at_its_field(
    kind: type[Task], fields: dict[str, Any], reason: str, field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        kind(**fields).check()
    assert (refused.value.reason, refused.value.field) == (reason, field)


def test_own_samples_that_are_enough_are_taken() -> None:
    TrainTask(**OWN, validation_samples=4, test_samples=4, uncertainty="none", grid=np.array([3, 3])).check()
    with pytest.raises(Refusal, match="2 nodes"):
        TrainTask(**OWN, validation_samples=4, test_samples=4, uncertainty="none", grid=np.array([9, 1])).check()


@pytest.mark.parametrize("name", [name for name in CATALOG if name.startswith("operators.")])
def test_a_task_names_the_artefacts_that_it_reaches(name: str) -> None:
    spec = CATALOG[name]
    assert spec.artefacts is not None
    named = spec.artefacts(spec.example())
    assert all(artefact.startswith("faraday/") for artefact, _ in named.reads)
    assert named.publishes == ()  # a warm-up publishes nothing
    with pytest.raises(ValueError, match="takes artefacts"):
        spec.load("cpu")


@pytest.mark.parametrize("name", ["operators.train", "operators.learn", "operators.calibrate"])
def test_a_task_that_publishes_says_so(name: str) -> None:
    spec = CATALOG[name]
    assert spec.artefacts is not None
    task = replace(spec.example(), publish="charite/flow")  # type: ignore[call-arg]
    assert spec.artefacts(task).publishes == ("charite/flow",)
