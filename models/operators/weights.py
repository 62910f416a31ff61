"""The weights of a network as named arrays, and back: what a checkpoint and an artefact hold."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from models.base import Array, Refusal


def arrays_of(network: nn.Module) -> dict[str, Array]:
    """Copies of its parameters and buffers by dotted name."""
    return {name: array_of(tensor) for name, tensor in network.state_dict().items()}


def array_of(tensor: Tensor) -> Array:
    return np.array(tensor.detach().cpu().numpy())


def restore(network: nn.Module, arrays: Mapping[str, Array]) -> None:
    """Set all weights, on the device and in the precision that they have.

    Raises `Refusal` UNREADABLE_ARTEFACT where names or shapes are not those of the network; nothing is set then.
    """
    own = network.state_dict()
    wrong = sorted(own.keys() ^ arrays.keys()) or [
        name for name, tensor in own.items() if tensor.shape != arrays[name].shape
    ]
    if wrong:
        raise Refusal(
            "UNREADABLE_ARTEFACT",
            f"weights are not of this architecture: {wrong[0]} and {len(wrong) - 1} others differ",
            "artefact",
            {"tensor": wrong[0]},
        )
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(torch.from_numpy(np.array(arrays[name])))  # a state is read-only
