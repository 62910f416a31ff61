"""The heads of all shards at once: as `ensemble` over `head_fit`, with one pass of the public operator for all.

Shards differ in their heads alone, so what they depart by in each shape is linear in how their heads depart. Each row
of that product has the same arithmetic whatever is in other rows: shapes depend on public settings only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.base import Array
from models.operators.operator import Functions, Operator
from models.operators.pairs import Pairs
from models.operators.private.head_fit import basis, head_change
from models.operators.private.modes import Modes
from models.operators.private.released import Private, released
from models.operators.scaling import Scaling
from models.privacy.draws import Draws
from models.privacy.ensemble_release import Release
from models.privacy.shards import assign


@dataclass(frozen=True, eq=False)
class Holdings:
    """Functions that belong to owners, and what may leave of them."""

    name: str  # "tenant/name", the tenant being the owner of the whole
    release: Release
    pairs: Pairs
    owners: Array  # (samples,) bytes: whose each is
    key: bytes  # of the shards

    def by_shard(self) -> list[Pairs]:
        shard = assign(self.owners, self.key, self.release.shards)
        return [self.pairs.of(shard == place) for place in range(self.release.shards)]


@dataclass(frozen=True, eq=False)
class Heads:
    """Made by `private_heads`. The operator has one output channel."""

    operator: Operator
    scaling: Scaling
    changes: Array  # (shards, width + 1) float64: each shard's head minus the public one
    release: Release

    @torch.no_grad()
    def answer(self, asked: Functions, modes: Modes, noise_multiplier: float, draws: Draws) -> Private:
        """Of the one function in `asked`; the event is `release.event(noise_multiplier)`, whatever the records are."""
        said, known = basis(self.operator, self.scaling, asked)
        public = _array(known)[:, 0]
        rows = float(self.scaling.output_scale) * modes.coefficients(_array(said).T)  # (width + 1, modes)
        with np.errstate(all="ignore"):
            coefficients = self.changes @ rows
        return released(coefficients, public, modes, self.release, noise_multiplier, draws)


def private_heads(holdings: Holdings, operator: Operator, scaling: Scaling, ridge: float, largest: float) -> Heads:
    """One head for each shard, which sees its shard and public settings alone; see `head_fit` for these."""
    change: Callable[[Pairs], Tensor] = head_change(operator, scaling, ridge, largest)
    changes = np.stack([change(shard)[:, 0].numpy() for shard in holdings.by_shard()])
    return Heads(operator, scaling, changes, holdings.release)


def _array(batch: Tensor) -> Array:
    """(points, …) float64 of a batch of one."""
    return np.asarray(batch[0].double().numpy())
