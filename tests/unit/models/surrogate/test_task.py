"""The task: what may be asked, and what the router knows of its price."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from models import schema
from models.base import Refusal
from models.surrogate.task import DATASET, RELEASE, SPEC, PlateTask

PLATE = np.ones((2, 2))


def plate(value: float) -> np.ndarray:
    return np.array([[1.0, 1.0], [1.0, value]])


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"conductivity": plate(0.49)}, "conductivity[1, 1]"),
        ({"conductivity": plate(2.01)}, "conductivity[1, 1]"),
        ({"conductivity": plate(math.nan)}, "conductivity[1, 1]"),
        ({"source": 0.09}, "source"),
        ({"source": 10.1}, "source"),
        ({"noise_multiplier": 0.99}, "noise_multiplier"),
        ({"noise_multiplier": 1001.0}, "noise_multiplier"),
        ({"noise_multiplier": math.nan}, "noise_multiplier"),
        ({"noise_multiplier": -13.0}, "noise_multiplier"),
    ],
)
def test_what_is_out_of_range_is_refused_with_its_place(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(Refusal, match="between") as caught:
        PlateTask(**{"conductivity": PLATE, **fields}).check()
    assert (caught.value.reason, caught.value.field) == ("OUT_OF_RANGE", path)


@pytest.mark.parametrize("value", [0.5, 2.0])
def test_the_ends_of_the_ranges_may_be_asked(value: float) -> None:
    PlateTask(conductivity=plate(value), source=5 * value**2 / 2, noise_multiplier=1000.0).check()


def test_another_dataset_is_refused_before_anything_is_charged() -> None:
    with pytest.raises(Refusal, match=DATASET) as caught:
        schema.parse(PlateTask, {"dataset": "elsewhere/plates"}, {"conductivity": PLATE})
    assert caught.value.reason == "UNKNOWN_CHOICE"


def test_the_price_follows_the_noise_and_nothing_else() -> None:
    assert SPEC.private is not None
    prices = {
        SPEC.private.worst_case(PlateTask(conductivity=k * PLATE, source=f, noise_multiplier=20.0))
        for k in (0.5, 1.0)
        for f in (0.1, 10.0)
    }
    assert prices == {RELEASE.event(20.0)}
    assert SPEC.private.worst_case(PlateTask(conductivity=PLATE)) == RELEASE.event(13.0)
    assert SPEC.private.dataset(PlateTask(conductivity=PLATE)) == DATASET


def test_the_summary_says_that_the_records_are_synthetic() -> None:
    assert "synthetic" in SPEC.summary
