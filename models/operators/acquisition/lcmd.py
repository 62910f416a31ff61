"""Cover the pool: the largest cluster's farthest member, again and again.

LCMD of Holzmüller, Zaverkin, Kästner & Steinwart 2023 (arXiv 2203.09410, section 4.2), in the mode in which what was
labelled before is chosen already: every function of the pool belongs to its nearest centre, the cluster whose squared
distances add up to most is the one that is known worst, and its member farthest from the centre is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.operators.acquisition.embedding import Embedding, head_gradients
from models.operators.acquisition.spread import squared_distance, squared_distances
from models.operators.acquisition.strategy import Known
from models.operators.operator import Functions


@dataclass(frozen=True)
class Lcmd:
    embedding: Embedding = head_gradients

    def choose(self, pool: Functions, budget: int, known: Known, rng: np.random.Generator) -> Array:
        seed = int(rng.integers(2**63))  # one sketch for both
        vectors = self.embedding(pool, known, np.random.default_rng(seed))
        if not len(known.labelled.values):
            return cover(vectors, budget, vectors[:0])
        return cover(vectors, budget, self.embedding(known.labelled, known, np.random.default_rng(seed)))


def cover(vectors: Array, budget: int, centres: Array) -> Array:
    """(min(budget, n),) rows of `vectors` (n, d), none of them by chance. The first is the longest without centres."""
    count = len(vectors)
    if len(centres):
        distances = squared_distances(vectors, centres)
        owner, nearest = distances.argmin(axis=1), distances.min(axis=1)
    else:
        owner, nearest = np.zeros(count, np.int64), np.sum(vectors**2, axis=1)
    left, chosen = np.ones(count, bool), np.empty(min(budget, count), np.int64)
    for place in range(len(chosen)):
        sizes = np.bincount(owner, np.where(left, nearest, 0.0))
        inside = left & (owner == sizes.argmax())
        if not inside.any():  # all that is left lies on centres
            inside = left
        chosen[place] = np.argmax(np.where(inside, nearest, -1.0))
        left[chosen[place]] = False
        distance = squared_distance(vectors, vectors[chosen[place]])
        closer = distance < nearest if place or len(centres) else np.ones(count, bool)
        owner = np.where(closer, len(centres) + place, owner)
        nearest = np.where(closer, distance, nearest)
    return chosen
