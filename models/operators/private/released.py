"""What leaves of the departures of many shards from a public answer: their clipped mean with noise, in few shapes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.operators.private.modes import Modes
from models.privacy.aggregate import private_mean
from models.privacy.draws import Draws
from models.privacy.ensemble_release import Release
from models.privacy.events import Event


@dataclass(frozen=True, eq=False)
class Private:
    """One answer that has left, and what it cost."""

    mean: Array  # (points,)
    deviation: Array  # (points,): of the noise alone, which is public
    event: Event
    public: Array  # (points,): what is said without any record


def released(
    coefficients: Array, public: Array, modes: Modes, release: Release, noise_multiplier: float, draws: Draws
) -> Private:
    """Of one question. `coefficients` (shards, modes) are each shard's own, whatever they hold; `public` (points,)
    knows no record."""
    noisy, event = private_mean(
        coefficients,
        release.grid,
        release.variance(noise_multiplier),
        release.unit,
        release.adjacency,
        draws,
    )
    size = np.linalg.norm(modes.shapes, axis=1)
    return Private(public + modes.field(noisy), release.deviation(noise_multiplier) * size, event, public)
