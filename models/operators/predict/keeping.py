"""Functions that the operator did not answer well enough, kept for who asked for that: what to train on next."""

from __future__ import annotations

import numpy as np

from models.artefacts import Artefacts
from models.base import Array
from models.operators.missed import Missed, packed
from models.operators.pairs import Pairs
from models.operators.predict.forward import grid_of, nodes
from models.operators.predict.task import PredictTask
from models.operators.predict.verified import Verified


def kept(artefacts: Artefacts, task: PredictTask, name: str, version: int, verified: list[Verified]) -> Array:
    """(samples,) bool: which of the task's functions are among the candidates of `task.keep_missed` now.

    Nothing where the task does not ask for it. The digest of a candidate is that of its sample in `Pairs`, by which
    sets that must have no sample in common are held apart.
    """
    are_kept = np.zeros(len(task.values), bool)
    if not task.keep_missed:
        return are_kept
    records: dict[str, bytes] = {}
    places: dict[int, str] = {}
    for at, each in enumerate(verified):
        pair = _pair(task, at, each)
        if pair is None or each.missed is None:
            continue
        (places[at],) = pair.digests()
        missed = Missed(
            pair.grid,
            pair.inputs.astype("<f4").tobytes(),
            pair.targets.astype("<f4").tobytes(),
            each.missed.why.value,
            each.missed.relative,
            name,
            version,
        )
        records[places[at]] = packed(missed)
    if records:
        there = artefacts.kept.keep(task.keep_missed, records)
        for at, digest in places.items():
            are_kept[at] = digest in there
    return are_kept


def _pair(task: PredictTask, at: int, verified: Verified) -> Pairs | None:
    """None where there is none that could be trained on in single precision."""
    if verified.missed is None:
        return None
    with np.errstate(over="ignore"):
        target = verified.missed.solution.astype(np.float32)
    if not np.isfinite(target).all():
        return None
    grid = tuple(grid_of(task))
    return Pairs(np.array(task.values[at : at + 1]), target.reshape(1, -1, 1), nodes(grid), grid)
