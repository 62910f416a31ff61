"""Darcy flow through the learning loop, by every strategy."""

from __future__ import annotations

import numpy as np
import pytest

from models.operators.acquisition.names import STRATEGIES
from models.operators.acquisition.strategy import strategy
from models.operators.fno.config import FNO
from models.operators.generators.darcy import darcy
from models.operators.learning.darcy import acquaint, darcy_lesson, labeller
from models.operators.learning.loop import Course, learn
from models.operators.operator import Functions
from models.operators.training.recipe import Recipe

DIVISIONS = 6
DATA = darcy(50, DIVISIONS, seed=0)
NETWORK = FNO(modes=(3, 3), width=4, layers=1, lifting=6, mixing=0, projection=6)
LESSON = darcy_lesson(DATA.of(slice(0, 8)), DATA.inputs[8:36], DATA.of(slice(36, 40)), DATA.of(slice(40, 50)))


def test_labels_are_those_of_the_generator() -> None:
    assert np.allclose(labeller(DIVISIONS)(DATA.inputs[:5]), DATA.targets[:5], rtol=1e-5)


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_learns_darcy_flow(name: str) -> None:
    recipe = Recipe(architecture=NETWORK, epochs=2, batch=8, clamped="all")
    told = [step.progress.scalars for step in learn(Course(recipe, strategy(name), 2, 5), LESSON)]
    assert [scalars["labels"] for scalars in told if "labels" in scalars] == [8, 13, 18]


def test_draws_are_of_the_same_parameters_in_each_call() -> None:
    course = Course(Recipe(architecture=NETWORK, epochs=2, batch=8, clamped="all"), strategy("random"), 1, 5)
    steps = learn(course, LESSON)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            candidate = end.value
            break
    known = acquaint(candidate.operator, candidate.scaling, candidate.learnt)
    inputs = known.labelled
    whole = known.plausible(inputs)
    part = known.plausible(Functions(inputs.values[3:5], inputs.positions, inputs.grid))
    assert whole[:, 3:5].numpy() == pytest.approx(part.numpy(), abs=1e-6)
    assert (whole.std(dim=0).amax(dim=(1, 2)) > 0).all()
