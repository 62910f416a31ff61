"""Where the equation says that the operator is wrong: k-means++ weighted by an estimate of its error from the residual.

The residual needs no label, and tells of the very error that a label would mend; what it does not tell is that ten
labels of the same kind teach no more than one, so that the choices keep their distance. (Sampling by residuals: Wu,
Zhu, Tan, Kartha & Lu 2023, arXiv 2207.10289; diversity by k-means++: Ash et al. 2020, arXiv 1906.03671.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.operators.acquisition.embedding import Embedding, head_gradients
from models.operators.acquisition.spread import spread
from models.operators.acquisition.strategy import Known, answers
from models.operators.operator import Functions


@dataclass(frozen=True)
class Residual:
    """`power` of the estimate is the weight: 0 is plain k-means++, a high one looks at the worst only."""

    embedding: Embedding = head_gradients
    power: float = 2.0

    def choose(self, pool: Functions, budget: int, known: Known, rng: np.random.Generator) -> Array:
        weights = _finite(known.error(pool, answers(pool, known)).cpu().double().numpy()) ** self.power
        seed = int(rng.integers(2**63))  # one sketch for both
        vectors = self.embedding(pool, known, np.random.default_rng(seed))
        if not len(known.labelled.values):
            return spread(vectors, weights, budget, vectors[:0], rng)
        centres = self.embedding(known.labelled, known, np.random.default_rng(seed))
        return spread(vectors, weights, budget, centres, rng)


def _finite(estimate: Array) -> Array:
    """An answer that is no number weighs as much as the worst that is one."""
    worst = np.max(estimate, initial=0.0, where=np.isfinite(estimate))
    return np.where(np.isfinite(estimate), estimate, worst)
