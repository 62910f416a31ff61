"""Operators on disjoint shards, whose clipped mean leaves with noise: sample and aggregate, as in `surrogate`.

What an answer costs does not depend on what the operators are nor on how they were trained: one unit is in one shard
and moves one answer, from anywhere to anywhere in the ball (`models.privacy.aggregate`). So training is free, and each
answer is paid for; DP-SGD (`descent`) is the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from models.base import Array, Refusal
from models.operators.operator import Functions
from models.operators.pairs import Pairs
from models.operators.private.modes import Modes
from models.operators.private.released import Private, released
from models.privacy.draws import Draws
from models.privacy.ensemble_release import Release
from models.privacy.random_bits import RandomBits
from models.privacy.shards import assign

Member = Callable[[Functions], torch.Tensor]  # (1, points, 1) in units, of one function


@dataclass(frozen=True, eq=False)
class PrivateEnsemble:
    """Made by `private_ensemble`, or of members that saw disjoint shards. What leaves is the clipped mean of how they
    depart from `public`, which knows no record: only what nobody can know is paid for. Members are asked one by one."""

    public: Member
    members: Sequence[Member]
    modes: Modes
    release: Release

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if len(self.members) != self.release.shards:
            raise ValueError(f"{len(self.members)} members, {self.release.shards} shards")

    def answer(self, inputs: Functions, noise_multiplier: float, draws: Draws | None = None) -> Private:
        """Of the one function in `inputs`. The event is `release.event(noise_multiplier)`, whatever the records are.

        `draws` is for this answer only, by default the system's. Raises `Refusal` NOT_ONE_FUNCTION.
        """
        if len(inputs.values) != 1:
            raise Refusal("NOT_ONE_FUNCTION", f"{len(inputs.values)} functions; each is a release of its own", "inputs")
        with torch.no_grad():
            said = np.stack([_values(member, inputs) for member in self.members])
            known = _values(self.public, inputs)
        with np.errstate(all="ignore"):
            coefficients = self.modes.coefficients(said - known)
        return released(
            coefficients, known, self.modes, self.release, noise_multiplier, RandomBits() if draws is None else draws
        )


def private_ensemble(
    pairs: Pairs,
    owners: Array,
    key: bytes,
    public: Member,
    fit: Callable[[Pairs], Member],
    modes: Modes,
    release: Release,
) -> PrivateEnsemble:
    """One member for each shard of the owners (samples,) bytes, who are assigned by a keyed hash.

    `public`, `modes` and `release` have seen no record. `fit` sees one shard, maybe an empty one, and public settings.
    It must not refuse: a refusal would tell of records.
    """
    shard = assign(owners, key, release.shards)
    members = [fit(pairs.of(shard == place)) for place in range(release.shards)]
    return PrivateEnsemble(public, members, modes, release)


def _values(member: Member, inputs: Functions) -> Array:
    """(points,)"""
    return np.asarray(member(inputs).cpu().double().numpy().ravel())
