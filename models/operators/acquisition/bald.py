"""The most information on the parameters: BALD, chosen jointly for the whole batch.

Houlsby, Huszár, Ghahramani & Lengyel 2011 (arXiv 1112.5745); jointly Kirsch, van Amersfoort & Gal 2019 (BatchBALD,
arXiv 1906.08158). Labels are functions, and Gaussian given the parameters: with noise σ² in each value and K the
covariance of the plausible answers to the batch, the mutual information is ½ ln det(1 + K/σ²) (Srinivas et al. 2010,
arXiv 0912.3995, section 2.2). From D draws K = AAᵀ/D has rank D at most, and det(1 + AAᵀ/Dσ²) = det(1 + AᵀA/Dσ²) is of
D × D, to which every function of the batch adds its own AᵢᵀAᵢ. It is submodular, so that the greedy batch has at least
1 − 1/e of the information of the best one (Nemhauser, Wolsey & Fisher 1978).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from models.base import Array
from models.operators.acquisition.strategy import Known, Plausible, in_batches
from models.operators.operator import Functions


@dataclass(frozen=True)
class Bald:
    """`noise` is σ over the scale of the answers: what an operator cannot learn, at each point by itself.

    Values of one smooth function do not err independently, as this likelihood says. So σ is well above an operator's
    own error in a point: else the information in the first few functions is all there is.
    """

    noise: float = 0.1

    def choose(self, pool: Functions, budget: int, known: Known, rng: np.random.Generator) -> Array:
        grams = self.grams(pool, known.plausible, known.scaling.output_scale)
        seen = np.eye(grams.shape[1])
        chosen: list[int] = []
        left = np.ones(len(grams), bool)
        while len(chosen) < min(budget, len(grams)):
            gains = np.linalg.slogdet(seen + grams)[1]
            chosen.append(int(np.argmax(np.where(left, gains, -np.inf))))
            left[chosen[-1]] = False
            seen = seen + grams[chosen[-1]]
        return np.array(chosen, np.int64)

    def grams(self, pool: Functions, plausible: Plausible, scale: Tensor) -> Array:
        """(batch, draws, draws): AᵢᵀAᵢ/Dσ² of each function."""

        def gram(some: Functions) -> Tensor:
            drawn = (plausible(some) / scale).double()
            departures = (drawn - drawn.mean(dim=0)).flatten(2).transpose(0, 1)
            return departures @ departures.transpose(1, 2) / (len(drawn) * self.noise**2)

        return np.asarray(in_batches(pool, gram).cpu().numpy())


def information(gram: Array) -> float:
    """½ ln det(1 + G), nats."""
    return float(np.linalg.slogdet(np.eye(len(gram)) + gram)[1] / 2)
