"""The task: what may be asked, and what the router knows of its price."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from models import schema
from models.base import Array, Refusal
from models.operators.private.task import DATASET, RELEASE, SPEC, PrivatePredictTask


def ground(value: float = 3.0, side: int = 22) -> Array:
    """Permeable, but for one node."""
    permeability = np.full((side, side), 12.0, np.float32)
    permeability[4, 7] = value
    return permeability


@pytest.mark.parametrize(
    ("fields", "reason", "path"),
    [
        ({"permeability": ground(2.9)}, "OUT_OF_RANGE", "permeability[4, 7]"),
        ({"permeability": ground(12.1)}, "OUT_OF_RANGE", "permeability[4, 7]"),
        ({"permeability": ground(math.nan)}, "OUT_OF_RANGE", "permeability[4, 7]"),
        ({"permeability": ground(side=21)}, "WRONG_SIZE", "permeability"),
        ({"permeability": ground(side=44)}, "WRONG_SIZE", "permeability"),
        ({"noise_multiplier": 0.99}, "OUT_OF_RANGE", "noise_multiplier"),
        ({"noise_multiplier": 1001.0}, "OUT_OF_RANGE", "noise_multiplier"),
        ({"noise_multiplier": math.nan}, "OUT_OF_RANGE", "noise_multiplier"),
    ],
)
def test_what_is_out_of_range_is_refused_with_its_place(fields: dict[str, Any], reason: str, path: str) -> None:
    with pytest.raises(Refusal) as caught:
        PrivatePredictTask(**{"permeability": ground(), **fields}).check()
    assert (caught.value.reason, caught.value.field) == (reason, path)


@pytest.mark.parametrize(("side", "noise_multiplier"), [(22, 1.0), (43, 1000.0)])
def test_the_ends_of_the_ranges_may_be_asked(side: int, noise_multiplier: float) -> None:
    PrivatePredictTask(permeability=ground(side=side), noise_multiplier=noise_multiplier).check()


@pytest.mark.parametrize(
    ("parameters", "permeability", "reason"),
    [
        ({"dataset": "elsewhere/darcy"}, ground(), "UNKNOWN_CHOICE"),
        ({}, ground()[:, :-1], "WRONG_SHAPE"),
    ],
)
def test_another_dataset_or_no_square_is_refused_before_anything_is_charged(
    parameters: dict[str, Any], permeability: Array, reason: str
) -> None:
    with pytest.raises(Refusal) as caught:
        schema.parse(PrivatePredictTask, parameters, {"permeability": permeability})
    assert caught.value.reason == reason


def test_the_price_follows_the_noise_and_nothing_else() -> None:
    assert SPEC.private is not None
    asked = [
        PrivatePredictTask(permeability=ground(value, side), noise_multiplier=20.0)
        for value, side in ((3.0, 22), (9.0, 43))
    ]
    assert {SPEC.private.worst_case(task) for task in asked} == {RELEASE.event(20.0)}
    assert SPEC.private.worst_case(SPEC.example()) == RELEASE.event(13.0)
    assert SPEC.private.dataset(SPEC.example()) == DATASET


def test_the_summary_says_that_the_records_are_synthetic() -> None:
    assert "synthetic" in SPEC.summary


def test_a_router_prices_it_without_pytorch() -> None:
    code = "import sys, models.operators.private.task; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
