"""Diverse and uncertain at once: BADGE, seeding by k-means++ among gradients of the loss at labels that one imagines.

Ash, Zhang, Krishnamurthy, Langford & Agarwal 2020 (arXiv 1906.03671) imagine the likeliest class. A regression's
likeliest answer has no gradient, so that the label is imagined as one of the plausible answers. With the squared loss
in scaled answers the gradient in the head is the mean over points of (answer − label) × factor × features: long where
the operator is unsure, and alike where two labels would teach the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.base import Array
from models.operators.acquisition.spread import spread
from models.operators.acquisition.strategy import Known, in_batches
from models.operators.operator import Functions


@dataclass(frozen=True)
class Badge:
    def choose(self, pool: Functions, budget: int, known: Known, rng: np.random.Generator) -> Array:
        vectors = imagined_gradients(pool, known, rng)
        sizes = np.sum(vectors**2, axis=1)  # the first is drawn by its length: as if 0 had been chosen before
        return spread(vectors, np.ones(len(sizes)), budget, np.zeros((1, vectors.shape[1])), rng)


def imagined_gradients(pool: Functions, known: Known, rng: np.random.Generator) -> Array:
    """(batch, (width + 1) × channels) float64; the same draw of the parameters imagines all labels."""
    scaling, operator = known.scaling, known.operator
    place: list[int] = []

    def gradient(some: Functions) -> Tensor:
        drawn = known.plausible(some)
        if not place:
            place.append(int(rng.integers(len(drawn))))
        features = operator.features(scaling.inputs(some))
        answer = scaling.answer(operator.head(features), some.positions)
        missing = (answer - drawn[place[0]]) / scaling.output_scale * scaling.shape(some.positions)
        with_bias = torch.cat((features, torch.ones_like(features[..., :1])), dim=2)
        return torch.einsum("bpc,bpw->bwc", missing, with_bias).flatten(1) / len(some.positions)

    return np.asarray(in_batches(pool, gradient).cpu().numpy(), dtype=np.float64)
