"""DP-SGD: steps from noisy sums of clipped gradients, and the event of all that left.

All that reaches the weights is the noisy sums; Adam is a function of these, so that weights, moments and checkpoints
cost nothing more. A loss is never told: it would be another release.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from fractions import Fraction

import numpy as np
import torch

from models.base import Array, Progress, Refusal, State, Step
from models.operators.operator import Operator
from models.operators.pairs import Pairs
from models.operators.private.gradient import flat, summed, trained
from models.operators.private.lattice import is_covered
from models.operators.private.plan import PrivateTraining
from models.operators.scaling import Scaling
from models.privacy.draws import Draws, Uniform
from models.privacy.events import Event
from models.privacy.kinds import SubsampledGaussian
from models.privacy.noise import with_noise
from models.privacy.random_bits import RandomBits

_MEMORY, _SQUARE_MEMORY, _FLOOR = 0.9, 0.999, 1e-8  # Kingma & Ba 2015, arXiv 1412.6980


def train(
    operator: Operator,
    scaling: Scaling,
    units: Sequence[Pairs],
    plan: PrivateTraining,
    state: State | None = None,
    draws: Callable[[], Draws] = RandomBits,
) -> Generator[Step, None, Event]:
    """Train the weights of `operator` that are not frozen, step by step; returns the event, `plan.event()`.

    `scaling`, and the weights to begin with, must not have been learnt from the units. Each of `units` is all that one
    unit has. `draws` gives the randomness of one step, fresh each time; a step that is taken up again from `state` is
    therefore not the one that it would have been, and costs no more.

    Raises `Refusal` GRID_TOO_COARSE before anything is read of the units, where the lattice's noise is not priced.
    """
    weights = trained(operator)
    at = flat(weights)
    grid = plan.grid(len(at))
    if not is_covered(SubsampledGaussian(plan.rate, plan.noise_multiplier, plan.steps), grid.norm, len(at)):
        message = f"too little noise for a lattice of {len(at)} weights: raise noise_multiplier, or freeze more"
        raise Refusal("GRID_TOO_COARSE", message, "noise_multiplier", {"weights": str(len(at))})
    done, first, second = 0, np.zeros_like(at), np.zeros_like(at)
    if state is not None:
        done, at, first, second = int(state["done"]), state["weights"], state["first"], state["second"]
        _set(operator, at)
    while done < plan.steps:
        randomness = draws()
        part = sampled(units, plan.rate, randomness)
        noisy = with_noise(summed(operator, scaling, part, grid), plan.variance(grid), randomness)
        mean = noisy * (grid.spacing / (plan.rate * plan.units))
        done += 1
        first = _MEMORY * first + (1 - _MEMORY) * mean
        second = _SQUARE_MEMORY * second + (1 - _SQUARE_MEMORY) * mean**2
        size = np.sqrt(second / (1 - _SQUARE_MEMORY**done)) + _FLOOR
        at = at - plan.learning_rate * first / (1 - _MEMORY**done) / size
        _set(operator, at)
        state = {"done": np.array(done), "weights": at, "first": first, "second": second}
        yield Step(Progress(done, done / plan.steps, "a noisy step"), state)
    return plan.event()


def sampled(units: Sequence[Pairs], rate: float, draws: Uniform) -> list[Pairs]:
    """Each unit by itself with probability `rate`, exactly; nobody is left out for being many or few."""
    chance = Fraction(rate)
    return [unit for unit in units if draws.chance(chance.numerator, chance.denominator)]


def _set(operator: Operator, values: Array) -> None:
    place = 0
    with torch.no_grad():
        for weight in trained(operator):
            real = torch.view_as_real(weight) if weight.is_complex() else weight
            count = math.prod(real.shape)
            real.copy_(torch.from_numpy(values[place : place + count].reshape(tuple(real.shape))))
            place += count
