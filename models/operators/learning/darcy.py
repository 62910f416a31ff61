"""Darcy flow as a lesson: labels by our finite elements, doubts by the Laplace approximation of the head, errors by the
residual. With it every strategy can be taken."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from models.base import Array
from models.operators.acquisition.darcy_error import darcy_error
from models.operators.acquisition.strategy import Known
from models.operators.generators.darcy import discrete_darcy
from models.operators.learning.loop import Lesson
from models.operators.operator import Functions, Operator
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.operators.uncertainty.laplace.last_layer import LastLayer

_DRAWS = 16  # of the head's weights: BALD tells as many directions apart, and its matrices are of this size


def darcy_lesson(start: Pairs, pool: Array, validation: Pairs, held_out: Pairs) -> Lesson:
    """On the grid of `start`, over the unit square, with permeabilities (functions, points, 1) to choose from."""
    return Lesson(start, pool, validation, held_out, labeller(start.grid[0] - 1), acquaint)


def labeller(divisions: int) -> Callable[[Array], Array]:
    """The P1 solutions (n, points, 1) for permeabilities (n, points, 1) at the nodes of divisions² squares."""
    problem = discrete_darcy(divisions)

    def label(inputs: Array) -> Array:
        return np.stack(problem.solve(list(inputs[:, :, 0].astype(np.float64))))[..., None]

    return label


def acquaint(operator: Operator, scaling: Scaling, learnt: Pairs) -> Known:
    belief = LastLayer.fit(operator, scaling, learnt)
    like = operator.head.weight
    values, positions = (torch.from_numpy(each).to(like) for each in (learnt.inputs, learnt.positions))

    def plausible(inputs: Functions) -> Tensor:
        return belief.samples(inputs, _DRAWS, torch.Generator().manual_seed(0))

    return Known(operator, scaling, Functions(values, positions, learnt.grid), plausible, darcy_error)
