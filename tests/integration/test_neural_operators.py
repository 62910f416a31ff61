"""Operators on a real installation: what one replica trains another answers with, and every router worker lists."""

from __future__ import annotations

import numpy as np
import pytest

from faraday.client import Client, Road, Samples
from tests.support import operators

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

NAME = "local/small"


def test_an_operator_is_trained_published_listed_and_asked(client: Client) -> None:
    pairs = operators.pairs(5, 24)
    inputs, targets = (each.reshape(24, operators.SIDE, operators.SIDE, 1) for each in (pairs.inputs, pairs.targets))
    operation = client.operators.train(
        publish=NAME,
        data=Samples(inputs, targets),
        architecture={"type": "fno", "modes": [3, 3], "width": 4, "layers": 1},
        epochs=2,
        validation_samples=4,
        test_samples=4,
        uncertainty="none",
    )
    made = operation.result(timeout_s=120.0)
    assert (made.name, made.version) == (NAME, 1)
    assert {NAME, "faraday/darcy"} <= {model.name for model in client.operators.models()}
    said = client.operators.predict(inputs[:2], model=NAME)
    assert np.isfinite(said.mean).all()
    content = client.operators.content(NAME, 1)
    assert client.operators.publish(NAME, content).stable == 1


def test_the_operator_that_comes_with_the_system_answers_with_intervals_and_bounds(client: Client) -> None:
    axis = np.linspace(0.0, 1.0, 43)
    waves = np.sin(7 * axis)[:, None] + np.cos(5 * axis)[None, :]
    permeability = np.where(waves >= 0, 12.0, 3.0)[None, ..., None]
    said = client.operators.predict(permeability)
    assert said.samples[0].road is Road.OPERATOR
    assert (said.low <= said.mean).all() and np.isfinite(said.high).all()
    sure = client.operators.predict(permeability, verify="certificate")
    assert sure.samples[0].road in (Road.OPERATOR_CERTIFIED, Road.FINITE_ELEMENTS)  # whichever was cheaper here
    assert sure.samples[0].error_bound is not None and sure.samples[0].error_bound.relative < 0.2
