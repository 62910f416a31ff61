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
    """The `fit` of `ensemble.private_ensemble`. `ridge` > 0 is how many functions the public head weighs; answers and
    inputs beyond ±`largest` times their scales are cut off. Operator and scaling are public."""
    if not (ridge > 0 and largest > 0):
        raise ValueError(f"ridge is {ridge} and largest {largest}; both are above 0")

    def fit(shard: Pairs) -> Member:
        return _member(operator, scaling, _change(operator, scaling, _cut(shard, scaling, largest), ridge))

    return fit


def _cut(shard: Pairs, scaling: Scaling, largest: float) -> tuple[Functions, Tensor]:
    def inside(values: Tensor, mean: Tensor, scale: Tensor) -> Tensor:
        return mean + scale * torch.nan_to_num((values - mean) / scale).clamp(-largest, largest)

    like = scaling.output_scale
    inputs, targets, positions = (
        torch.as_tensor(each).to(like) for each in (shard.inputs, shard.targets, shard.positions)
    )
    values = inside(inputs, scaling.input_mean, scaling.input_scale)
    return Functions(values, positions, shard.grid), inside(targets, scaling.output_mean, scaling.output_scale)


def _basis(operator: Operator, scaling: Scaling, inputs: Functions) -> Tensor:
    """(batch, points, width + 1): what the scaled answer is linear in."""
    features = operator.features(scaling.inputs(inputs))
    return scaling.shape(inputs.positions) * torch.cat((features, torch.ones_like(features[..., :1])), dim=2)


@torch.no_grad()
def _change(operator: Operator, scaling: Scaling, shard: tuple[Functions, Tensor], ridge: float) -> Tensor:
    """(width + 1, channels): of the head, in double precision; 0 without records."""
    inputs, targets = shard
    width, channels = operator.head.in_features + 1, operator.head.out_features
    if not len(targets):
        return torch.zeros(width, channels, dtype=torch.float64)
    missing = (targets - _answer(operator, scaling, inputs)) / scaling.output_scale
    rows = _basis(operator, scaling, inputs).double().flatten(0, 1)
    points = len(inputs.positions)
    gram = rows.T @ rows / points
    # A record of the usual size adds about the mean eigenvalue of its own Gram matrix to each direction.
    weight = ridge * torch.eye(width, dtype=torch.float64) * (gram.trace() / (len(targets) * width)).clamp_min(1e-12)
    found: Tensor = torch.linalg.solve(gram + weight, rows.T @ missing.double().flatten(0, 1) / points)
    return found


def _member(operator: Operator, scaling: Scaling, change: Tensor) -> Member:
    def answer(inputs: Functions) -> Tensor:
        basis = _basis(operator, scaling, inputs)
        return _answer(operator, scaling, inputs) + scaling.output_scale * (basis @ change.to(basis))

    return answer


def _answer(operator: Operator, scaling: Scaling, inputs: Functions) -> Tensor:
    return scaling.answer(operator(scaling.inputs(inputs)), inputs.positions)
