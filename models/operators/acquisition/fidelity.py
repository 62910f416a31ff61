"""Which functions to label, and on which grid: the most information on fine answers for what labels cost.

Li, Kirby & Zhe 2022 (arXiv 2012.00901) weigh a label of any fidelity by its mutual information with the answers of the
highest one, Li, Phillips, Yu, Kirby & Zhe 2022 (arXiv 2210.12704) do so for batches under a budget. Given the
operator's parameters, a label on grid m is Gaussian around the operator's answer there, with the noise of the operator
and, independent of it, the error of the grid: a coarse label is cheap and says less. With Gram matrices of D draws as
in `bald`, S the labels that were chosen and T one fine answer,

    I(S; T) = ½ [ln det(1 + G_S) + ln det(1 + G_T) − ln det(1 + G_S + G_T)],

whose mean over the fine answers that are wanted is what counts, as in the second paper. The batch grows by the label
with the largest gain per cost that the budget still pays for (Khuller, Moss & Naor 1999, Inf. Process. Lett. 70, 39).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.operators.acquisition.bald import Bald
from models.operators.acquisition.strategy import Known
from models.operators.operator import Functions


@dataclass(frozen=True)
class Fidelity:
    """One grid: what a label costs there, and how wrong its discretisation is in a point, over the answers' scale."""

    cost: float
    discretisation: float

    def __post_init__(self) -> None:
        if not 0 < self.cost < np.inf:
            raise ValueError(f"cost is {self.cost}, not a finite number above 0")
        if not 0 <= self.discretisation < np.inf:
            raise ValueError(f"discretisation is {self.discretisation}, not finite or below 0")


@dataclass(frozen=True, eq=False)
class Choice:
    """Labels in the order in which they were chosen: functions of the pool, and the fidelity of each."""

    functions: Array  # (labels,) int64
    fidelities: Array  # (labels,) int64
    cost: float


def choose(
    pools: Sequence[Functions],
    fidelities: Sequence[Fidelity],
    budget: float,
    known: Known,
    *,
    noise: float = 0.1,
    wanted: int = 16,
    rng: np.random.Generator,
) -> Choice:
    """`pools` are the same functions on the grid of each fidelity, coarsest first; `budget` is in units of cost.

    `wanted` fine answers, drawn from the pool, stand for all. Each function is labelled once at most. Raises `Refusal`
    NO_UNCERTAINTY, ValueError where pools and fidelities do not belong together.
    """
    sizes = {len(pool.values) for pool in pools}
    if len(pools) != len(fidelities) or len(sizes) != 1:
        raise ValueError(f"{len(pools)} pools of {sorted(sizes)} functions, {len(fidelities)} fidelities")
    scale, plausible = known.scaling.output_scale, known.plausible
    grams = np.stack(
        [
            Bald(float(np.hypot(noise, fidelity.discretisation))).grams(pool, plausible, scale)
            for pool, fidelity in zip(pools, fidelities, strict=True)
        ]
    )
    fine = Bald(noise).grams(pools[-1], plausible, scale)
    goals = fine[rng.permutation(len(fine))[:wanted]]
    return greedy(grams, goals, np.array([fidelity.cost for fidelity in fidelities]), budget)


def greedy(grams: Array, goals: Array, costs: Array, budget: float) -> Choice:
    """Of `grams` (fidelities, functions, draws, draws); `goals` (wanted, draws, draws) are those of fine answers."""
    left = np.ones(grams.shape[:2], bool)
    seen, spent, chosen = np.zeros(grams.shape[2:]), 0.0, list[tuple[int, int]]()
    while (payable := left & (spent + costs[:, None] <= budget)).any():
        gains = information(seen + grams, goals) - information(seen, goals)
        best = np.argmax(np.where(payable, gains / costs[:, None], -np.inf))
        level, function = (int(place) for place in np.unravel_index(best, left.shape))
        chosen.append((level, function))
        seen, spent = seen + grams[level, function], spent + float(costs[level])
        left[:, function] = False
    pairs = np.array(chosen, np.int64).reshape(-1, 2)
    return Choice(pairs[:, 1], pairs[:, 0], spent)


def information(seen: Array, goals: Array) -> Array:
    """(...): the mean over goals (wanted, draws, draws) of I(S; T) in nats, from G_S (..., draws, draws)."""
    with_one = np.eye(goals.shape[1]) + seen
    alone = sum(_logdet(np.eye(len(goal)) + goal) - _logdet(with_one + goal) for goal in goals)
    return np.asarray(_logdet(with_one) + alone / len(goals)) / 2


def _logdet(matrices: Array) -> Array:
    return np.asarray(np.linalg.slogdet(matrices)[1])
