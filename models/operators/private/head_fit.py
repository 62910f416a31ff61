"""One shard's operator: a public one whose head is fitted again, by ridge regression in closed form.

It is quick enough for hundreds of shards, and sees its shard and public settings alone. Whatever the records say is
moved into public ranges: a refusal would tell of them.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from models.operators.operator import Functions, Operator
from models.operators.pairs import Pairs
from models.operators.private.ensemble import Member
from models.operators.scaling import Scaling


def head_fit(operator: Operator, scaling: Scaling, ridge: float, largest: float) -> Callable[[Pairs], Member]:
    """The `fit` of `ensemble.private_ensemble`; settings as of `head_change`."""
    change = head_change(operator, scaling, ridge, largest)

    def fit(shard: Pairs) -> Member:
        return _member(operator, scaling, change(shard))

    return fit


def head_change(operator: Operator, scaling: Scaling, ridge: float, largest: float) -> Callable[[Pairs], Tensor]:
    """(width + 1, channels) of a shard, in double precision: by how much its head is another than the public one.

    `ridge` > 0 is how many functions the public head weighs; answers and inputs beyond ±`largest` times their scales
    are cut off. Operator and scaling are public.
    """
    if not (ridge > 0 and largest > 0):
        raise ValueError(f"ridge is {ridge} and largest {largest}; both are above 0")

    def change(shard: Pairs) -> Tensor:
        return _change(operator, scaling, _cut(shard, scaling, largest), ridge)

    return change


def basis(operator: Operator, scaling: Scaling, inputs: Functions) -> tuple[Tensor, Tensor]:
    """(batch, points, width + 1): what the scaled answer is linear in; and the public answer (batch, points, channels)
    in units."""
    features = operator.features(scaling.inputs(inputs))
    with_bias = torch.cat((features, torch.ones_like(features[..., :1])), dim=2)
    public = scaling.answer(operator.head(features), inputs.positions)
    return scaling.shape(inputs.positions) * with_bias, public


def _cut(shard: Pairs, scaling: Scaling, largest: float) -> tuple[Functions, Tensor]:
    def inside(values: Tensor, mean: Tensor, scale: Tensor) -> Tensor:
        return mean + scale * torch.nan_to_num((values - mean) / scale).clamp(-largest, largest)

    like = scaling.output_scale
    inputs, targets, positions = (
        torch.as_tensor(each).to(like) for each in (shard.inputs, shard.targets, shard.positions)
    )
    values = inside(inputs, scaling.input_mean, scaling.input_scale)
    return Functions(values, positions, shard.grid), inside(targets, scaling.output_mean, scaling.output_scale)


@torch.no_grad()
def _change(operator: Operator, scaling: Scaling, shard: tuple[Functions, Tensor], ridge: float) -> Tensor:
    """(width + 1, channels): of the head, in double precision; 0 without records."""
    inputs, targets = shard
    width, channels = operator.head.in_features + 1, operator.head.out_features
    if not len(targets):
        return torch.zeros(width, channels, dtype=torch.float64)
    said, public = basis(operator, scaling, inputs)
    missing = (targets - public) / scaling.output_scale
    rows = said.double().flatten(0, 1)
    points = len(inputs.positions)
    gram = rows.T @ rows / points
    # A record of the usual size adds about the mean eigenvalue of its own Gram matrix to each direction.
    weight = ridge * torch.eye(width, dtype=torch.float64) * (gram.trace() / (len(targets) * width)).clamp_min(1e-12)
    found: Tensor = torch.linalg.solve(gram + weight, rows.T @ missing.double().flatten(0, 1) / points)
    return found


def _member(operator: Operator, scaling: Scaling, change: Tensor) -> Member:
    def answer(inputs: Functions) -> Tensor:
        said, public = basis(operator, scaling, inputs)
        return public + scaling.output_scale * (said @ change.to(said))

    return answer
