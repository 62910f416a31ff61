"""Counts of records by bucket, with every unit's records limited in number, plus noise."""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.privacy.draws import Draws
from models.privacy.events import Event
from models.privacy.kinds import Mechanism, NoisyHistogram
from models.privacy.neighbours import Adjacency, Unit
from models.privacy.noise import with_noise


def noisy_histogram(
    labels: Array,
    owners: Array,
    buckets: int,
    records: int,
    variance: float,
    unit: Unit,
    adjacency: Adjacency,
    draws: Draws,
) -> tuple[Array, Event]:
    """(buckets,) int64 from each record's bucket, `labels` (n,), and the unit that it is of, `owners` (n,).

    A record of no bucket is left out, and so are a unit's records after its first `records`. Neither is refused: a
    refusal would tell.
    """
    mechanism: Mechanism = NoisyHistogram(records, variance)
    if adjacency is Adjacency.REPLACE:
        mechanism = mechanism.replaced()
    event = Event(mechanism, unit, adjacency)
    return with_noise(counts(labels, owners, buckets, records), variance, draws), event


def counts(labels: Array, owners: Array, buckets: int, records: int) -> Array:
    """The counts before noise: never to be released."""
    known = (labels >= 0) & (labels < buckets)
    labels, owners = labels[known], owners[known]
    order = np.argsort(owners, kind="stable")  # the first records of a unit are the first given
    starts = np.searchsorted(owners[order], owners[order])
    kept = order[np.arange(len(order)) - starts < records]
    return np.bincount(labels[kept], minlength=buckets).astype(np.int64)
