"""Reliability diagrams."""

from __future__ import annotations

import struct

import numpy as np

from models.operators.uncertainty.diagram import reliability
from models.operators.uncertainty.metrics import LEVELS, observed


def test_a_diagram_is_a_picture_and_the_same_every_time() -> None:
    target = np.random.default_rng(0).standard_normal(1000)
    lines = {
        name: observed(np.zeros(1000), np.full(1000, wide), target) for name, wide in (("true", 1.0), ("wide", 2.0))
    }
    picture = reliability(lines)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", picture[16:24])
    assert width == height == 540
    assert picture == reliability(lines) and picture != reliability({"true": lines["true"]})


def test_a_diagram_of_nothing_shows_what_should_be() -> None:
    assert reliability({}, LEVELS).startswith(b"\x89PNG")
