"""The contract of a strategy: what it may know of the operator, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from models.base import Array, Refusal
from models.operators.acquisition.names import STRATEGIES
from models.operators.operator import Functions, Operator
from models.operators.scaling import Scaling

# Answers that are all plausible after what was learnt, (draws, batch, points, channels) in units: of the members of an
# ensemble, or of parameters drawn from a posterior. The same parameters in each call, so that draws belong together.
Plausible = Callable[[Functions], Tensor]

# How far answers (batch, points, channels) may be from the discrete solution, (batch,) ≥ 0, relative and without one.
ErrorEstimate = Callable[[Functions, Tensor], Tensor]


def no_plausible_answers(inputs: Functions) -> Tensor:
    """For an operator that cannot say what else may be true."""
    raise Refusal("NO_UNCERTAINTY", "this strategy needs draws from an ensemble or a posterior", "strategy")


def no_error_estimate(inputs: Functions, answers: Tensor) -> Tensor:
    """For a problem whose equation nobody gave."""
    raise Refusal("NO_ERROR_ESTIMATE", "this strategy needs the residual of the problem's equation", "strategy")


@dataclass(frozen=True, eq=False)
class Known:
    """What is known when one chooses. `labelled` are inputs on the pool's points, in units, maybe none."""

    operator: Operator
    scaling: Scaling
    labelled: Functions
    plausible: Plausible = no_plausible_answers
    error: ErrorEstimate = no_error_estimate


class Strategy(Protocol):
    def choose(self, pool: Functions, budget: int, known: Known, rng: np.random.Generator) -> Array:
        """(min(budget, pool),) int64: distinct places in the pool, the most wanted first. Labels are not looked at.

        Raises `Refusal` NO_UNCERTAINTY or NO_ERROR_ESTIMATE where `known` lacks what the strategy needs.
        """
        ...


def strategy(name: str) -> Strategy:
    """By its name in `STRATEGIES`, as it comes. Raises `Refusal` UNKNOWN_STRATEGY."""
    if name not in STRATEGIES:
        choices = ", ".join(STRATEGIES)
        raise Refusal("UNKNOWN_STRATEGY", f"is {name!r}; choose one of {choices}", "strategy", {"strategy": name})
    module, _, kind = STRATEGIES[name].partition(":")
    made: Strategy = getattr(import_module(module), kind)()
    return made


def in_batches(inputs: Functions, apply: Callable[[Functions], Tensor], size: int = 64) -> Tensor:
    """`apply` to some functions at a time, so that memory does not grow with the pool; joined along the first axis."""
    with torch.no_grad():
        parts = [apply(Functions(values, inputs.positions, inputs.grid)) for values in torch.split(inputs.values, size)]
    return torch.cat(parts)


def answers(inputs: Functions, known: Known) -> Tensor:
    """(batch, points, channels): what the operator says, in units."""
    return in_batches(
        inputs, lambda some: known.scaling.answer(known.operator(known.scaling.inputs(some)), some.positions)
    )
