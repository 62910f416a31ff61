"""One unit's gradient as whole numbers: what one unit can change, and by how much at most.

Each unit is looked at by itself. In a batch the last bits of a gradient depend on how many others are in it, since
matrix products of another shape add in another order. Then a unit's absence moves other rows by steps of the grid too,
and the sum by more than the norm that is paid for. So no per-example gradients by `vmap`, quicker though they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from models.base import Array
from models.operators.operator import Functions, Operator
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.privacy.aggregate import Grid
from models.privacy.clipped_sum import total


def by_record(pairs: Pairs) -> list[Pairs]:
    """Units that have one sample each."""
    return [pairs.of(slice(place, place + 1)) for place in range(len(pairs))]


def trained(operator: Operator) -> list[Tensor]:
    """The weights that are not frozen: noise grows with their number, so that a head alone may learn more than all."""
    return [weight for weight in operator.parameters() if weight.requires_grad]


def flat(parts: Sequence[Tensor]) -> Array:
    """(weights,) float64; a complex weight is two."""
    real = [torch.view_as_real(part) if part.is_complex() else part for part in parts]
    return np.concatenate([part.detach().cpu().double().numpy().ravel() for part in real])


def gradient(operator: Operator, scaling: Scaling, unit: Pairs) -> Array:
    """(weights,) float64 of the mean relative L2 loss of all that one unit has. May hold NaN: `row` moves it inside."""
    weights = trained(operator)
    device, dtype = scaling.output_scale.device, scaling.output_scale.dtype
    inputs, targets, positions = (
        torch.from_numpy(np.ascontiguousarray(array)).to(device, dtype)
        for array in (unit.inputs, unit.targets, unit.positions)
    )
    answer = scaling.answer(operator(scaling.inputs(Functions(inputs, positions, unit.grid))), positions)
    miss, size = (torch.linalg.vector_norm(field, dim=(1, 2)) for field in (answer - targets, targets))
    return flat(torch.autograd.grad((miss / size).mean(), weights))


def row(found: Array, grid: Grid) -> Array:
    """(weights,) int64 of ℓ₂ norm at most `grid.norm`, whatever the gradient (weights,) is.

    It is first shortened in floating point, which keeps its direction; what is proved is the clipping of whole numbers.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        length = float(np.linalg.norm(found))
        within = found * min(1.0, grid.norm * grid.spacing / length) if length > 0 else found
    return total(grid.places(within)[None], grid.norm)


def summed(operator: Operator, scaling: Scaling, units: Sequence[Pairs], grid: Grid) -> Array:
    """(weights,) int64: the sum of the units' rows, never to be released. Whole numbers add up alike in any order."""
    weights = sum(2 if weight.is_complex() else 1 for weight in trained(operator) for _ in range(weight.numel()))
    start = np.zeros(weights, np.int64)
    return sum((row(gradient(operator, scaling, unit), grid) for unit in units), start)
