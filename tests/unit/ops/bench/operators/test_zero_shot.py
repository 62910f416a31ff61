"""The zero-shot rows: what is wanted, and modes on the index grid beside."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import torch

from models.operators.fno.config import FNO
from models.operators.generators.darcy import darcy
from models.operators.training.recipe import Recipe
from ops.bench.contract import Run
from ops.bench.operators import zero_shot
from ops.bench.operators.zero_shot import Errors

QUIET = Run(1, lambda line: None)


def test_ratios_are_held_to_what_is_wanted_and_shown_beside_the_index_grid() -> None:
    def learn(basis: Literal["physical", "periodic"]) -> Errors:
        return {"physical": Errors(0.02, 0.025), "periodic": Errors(0.02, 0.08)}[basis]

    wanted, beside = zero_shot.between(QUIET, learn).rows
    assert (wanted.ours, wanted.peer, wanted.ok) == (pytest.approx(1.25), 1.1, False)
    assert (beside.ratio, beside.reach, beside.ok) == (pytest.approx(3.2), None, True)


def test_a_network_is_learnt_on_one_grid_and_asked_on_another() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    small = Recipe(architecture=FNO(modes=(3, 3), width=4, layers=1, lifting=4, mixing=0, projection=4), epochs=1)
    found = zero_shot.learnt(small, samples=4, tested=2, divisions=8, every=2)
    torch.set_num_threads(before)
    assert 0 < found.trained < 10
    assert 0 < found.asked < 10


def test_thinning_keeps_each_function_where_it_was() -> None:
    fine = darcy(2, 6, seed=0)
    thin = zero_shot.thinned(fine, 3)
    assert thin.grid == (3, 3)
    for place, (position, value) in enumerate(zip(thin.positions, thin.targets[1], strict=True)):
        [at] = np.flatnonzero((fine.positions == position).all(axis=1))
        assert fine.targets[1, at] == value
        assert fine.inputs[0, at] == thin.inputs[0, place]


def test_the_bases_differ_in_nothing_but_their_modes() -> None:
    physical, periodic = (zero_shot.recipe(basis, 5) for basis in ("physical", "periodic"))
    assert isinstance(physical.architecture, FNO)
    assert isinstance(periodic.architecture, FNO)
    assert physical.architecture.modes == periodic.architecture.modes
    assert physical.epochs == periodic.epochs == 5
