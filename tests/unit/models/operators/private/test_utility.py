"""What a private answer is worth: the demonstration as it is served, against finite elements that know everything."""

from __future__ import annotations

import numpy as np
import pytest

from cluster.shipped_artefacts import WithShipped
from models.base import Array
from models.memory_artefacts import MemoryArtefacts
from models.operators.private.demonstration import Demonstration, squares
from models.operators.private.task import MODES, RELEASE, PrivatePredictTask
from models.privacy.cost import cost_in_picorho, limit_in_picorho
from tests.unit.models.operators.private.grounds import answer

COUNT = 40


@pytest.fixture(scope="module")
def model() -> Demonstration:
    return Demonstration("cpu", WithShipped(MemoryArtefacts()))


def errors(model: Demonstration, side: int, noise_multiplier: float) -> tuple[Array, Array]:
    """(COUNT,) each, relative in ℓ₂: of the private answer and of the public one."""
    mapped, pressure = squares(COUNT, side, seed=5)
    tasks = [
        PrivatePredictTask(permeability=a.reshape(side, side).astype(np.float32), noise_multiplier=noise_multiplier)
        for a in mapped
    ]
    said = [answer(outcome) for outcome in model.run(tasks)]
    size = np.linalg.norm(pressure, axis=1)
    private, public = (
        np.linalg.norm(np.stack(fields).reshape(COUNT, -1) - pressure, axis=1) / size
        for fields in ([each.mean for each in said], [each.public for each in said])
    )
    return private, public


@pytest.mark.parametrize("side", [22, 43])
def test_a_default_answer_is_thrice_as_near_as_what_the_public_operator_says(model: Demonstration, side: int) -> None:
    """Heads that were fitted at 22² nodes answer at 43² as well."""
    private, public = errors(model, side, 13.0)
    assert np.median(private) < 0.065 < 0.19 < np.median(public)
    assert private.max() < 0.15


# The bias of heads, sines, clipping and empty shards, and the noise of 8 shapes, add up in squares.
@pytest.mark.parametrize(("noise_multiplier", "error"), [(4.0, 0.044), (13.0, 0.059), (52.0, 0.16)])
def test_the_error_is_the_bias_and_the_noise_that_was_asked_for(
    model: Demonstration, noise_multiplier: float, error: float
) -> None:
    private, _ = errors(model, 22, noise_multiplier)
    found = float(np.sqrt(np.mean(private**2)))
    noise = np.sqrt(MODES) * RELEASE.deviation(noise_multiplier) / 0.0082  # a field's root mean square
    assert found == pytest.approx(error, rel=0.2)
    assert np.hypot(noise, 0.042) == pytest.approx(error, rel=0.1)


# ε = 4 at δ = 1e-6: a person's whole budget, in the account of the dataset.
@pytest.mark.parametrize(("noise_multiplier", "count"), [(4.0, 9), (13.0, 105), (52.0, 1682)])
def test_a_budget_pays_for_so_many_answers(noise_multiplier: float, count: int) -> None:
    cost = cost_in_picorho(RELEASE.event(noise_multiplier).mechanism, None)
    assert limit_in_picorho(4.0, 1e-6, None) // cost == count
