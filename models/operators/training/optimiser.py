"""AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101), with its moments as named arrays."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from models.base import Array
from models.operators.weights import array_of

_STATE = ("step", "exp_avg", "exp_avg_sq")  # by PyTorch's names


def adamw(network: nn.Module, rate: float, decay: float) -> torch.optim.AdamW:
    """Fused: one pass over all weights, on CPUs too."""
    return torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=decay, fused=True)


def moments_of(optimiser: torch.optim.AdamW, network: nn.Module) -> dict[str, Array]:
    """Of weights that were stepped: "step.", "exp_avg." and "exp_avg_sq." before the name of each."""
    found = {}
    for name, weight in network.named_parameters():
        for kind, value in optimiser.state.get(weight, {}).items():
            found[f"{kind}.{name}"] = array_of(value)
    return found


def restore_moments(optimiser: torch.optim.AdamW, network: nn.Module, arrays: Mapping[str, Array]) -> None:
    """The inverse of `moments_of`, on the device of each weight."""
    for name, weight in network.named_parameters():
        held = {kind: arrays.get(f"{kind}.{name}") for kind in _STATE}
        optimiser.state[weight] = {
            kind: torch.tensor(array, device=weight.device) for kind, array in held.items() if array is not None
        }
