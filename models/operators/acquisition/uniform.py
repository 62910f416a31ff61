"""At random: what every strategy is held against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.operators.acquisition.strategy import Known
from models.operators.operator import Functions


@dataclass(frozen=True)
class Uniform:
    def choose(self, pool: Functions, budget: int, known: Known, rng: np.random.Generator) -> Array:
        size = len(pool.values)
        return rng.permutation(size)[: min(budget, size)]
