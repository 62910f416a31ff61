"""How wrong an operator is on pairs, function by function."""

from __future__ import annotations

import torch

from models.operators.operator import Functions, Operator
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.operators.training.loss import relative

_POINTS = 2**15  # at once


def relative_errors(operator: Operator, scaling: Scaling, pairs: Pairs) -> torch.Tensor:
    """(samples,): each one's relative L² error, on the device of the operator."""
    device = operator.head.weight.device
    positions = torch.tensor(pairs.positions, device=device)
    size = max(1, _POINTS // len(positions))
    errors = []
    with torch.no_grad():
        for first in range(0, len(pairs), size):
            some = pairs.of(slice(first, first + size))
            raw = Functions(torch.tensor(some.inputs, device=device), positions, pairs.grid)
            answer = scaling.answer(operator(scaling.inputs(raw)), positions)
            target = torch.tensor(some.targets, device=device)
            errors.append(relative(Functions(answer, positions, pairs.grid), target))
    return torch.cat(errors)
