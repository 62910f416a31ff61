"""Weights to and from neuraloperator 2.0.0: its FNO with the default skips, without norm, padding or scaling of grids.

Outputs are the same wherever its own are right. They are not on an odd axis other than the last, where it undoes
`fftshift` by `fftshift` and so is off by one frequency, nor with other points out than in; ours are right there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from models.base import Refusal
from models.operators.fno.config import FNO
from models.operators.fno.network import FourierOperator

# What of their architecture leaves no trace in the names and shapes of weights.
_TAKEN_FOR_GRANTED = {
    "norm": None,
    "stabilizer": None,
    "domain_padding": None,
    "resolution_scaling_factor": None,
    "complex_data": False,
    "preactivation": False,
    "separable": False,
    "fno_skip": "linear",
    "channel_mlp_skip": "soft-gating",
    "fno_block_precision": "full",
}
_METADATA = "_metadata"  # what their `state_dict` adds to its tensors


def load(theirs: Mapping[str, Any], config: FNO) -> FourierOperator:
    """From a state dict of theirs; shapes alone do not tell a configuration. Raises `Refusal` UNREADABLE_WEIGHTS."""
    described = theirs.get(_METADATA, {})
    if odd := [name for name, value in _TAKEN_FOR_GRANTED.items() if described.get(name, value) != value]:
        raise _unreadable(f"have {odd[0]} = {described[odd[0]]!r}; send those of a FNO without", odd[0])
    if why := _unlike(config):
        raise _unreadable(f"are of another architecture: {why}", "config")
    places = tuple(_places(config))
    if differing := sorted({place.theirs for place in places} ^ (set(theirs) - {_METADATA})):
        raise _unreadable(f"have or lack {differing[0]!r}, unlike this configuration", differing[0])
    operator = config.build(seed=0)
    wanted = operator.state_dict()
    state = {place.ours: place.kind.to_ours(theirs[place.theirs]) for place in places}
    if differing := [place.theirs for place in places if state[place.ours].shape != wanted[place.ours].shape]:
        shape = tuple(theirs[differing[0]].shape)
        raise _unreadable(f"have {differing[0]!r} of shape {shape}, unlike this configuration", differing[0])
    operator.load_state_dict(state)
    return operator


def dump(operator: FourierOperator) -> dict[str, Tensor]:
    """For `load_state_dict` of their FNO. Raises ValueError for an architecture that is not among theirs."""
    config = operator.config
    if why := _unlike(config):
        raise ValueError(why)
    state = operator.state_dict()
    return {place.theirs: place.kind.to_theirs(state[place.ours], config.dimension) for place in _places(config)}


def _unlike(config: FNO) -> str:
    """Why theirs cannot be so; empty where it can."""
    if config.basis != "periodic":
        return "its basis is periodic"
    return "" if config.mixing else "without mixing it applies its activation twice after a layer"


@dataclass(frozen=True)
class _Kind:
    """How a tensor lies in memory, there and here; theirs has a side of 1 for each axis of the grid."""

    to_ours: Callable[[Tensor], Tensor]
    to_theirs: Callable[[Tensor, int], Tensor]


_WEIGHT = _Kind(lambda theirs: theirs[..., 0], lambda ours, dimension: ours[..., None])
_BIAS = _Kind(lambda theirs: theirs, lambda ours, dimension: ours)
_SHIFT = _Kind(lambda theirs: theirs.flatten(), lambda ours, dimension: ours.view(-1, *[1] * dimension))
_GATE = _Kind(lambda theirs: theirs.flatten(), lambda ours, dimension: ours.view(1, -1, *[1] * dimension))
_PAIRS = _Kind(torch.view_as_real, lambda ours, dimension: torch.view_as_complex(ours.contiguous()))
_KERNEL = _Kind(
    lambda theirs: torch.view_as_real(theirs).permute(*range(2, theirs.ndim), 0, theirs.ndim, 1),
    lambda ours, dimension: torch.view_as_complex(
        ours.permute(dimension, dimension + 2, *range(dimension), dimension + 1).contiguous()
    ),
)


@dataclass(frozen=True)
class _Place:
    theirs: str
    ours: str
    kind: _Kind


def _places(config: FNO) -> Iterator[_Place]:
    yield from _linear("lifting.fcs.0", "lifting.0")
    yield from _linear("lifting.fcs.1", "lifting.2")
    yield from _linear("projection.fcs.0", "projection")
    yield from _linear("projection.fcs.1", "head")
    for layer in range(config.layers):
        block, theirs = f"blocks.{layer}", f"fno_blocks.convs.{layer}"
        yield _Place(f"fno_blocks.fno_skips.{layer}.conv.weight", f"{block}.skip.weight", _WEIGHT)
        yield _Place(f"{theirs}.bias", f"{block}.skip.bias", _SHIFT)
        if config.ranks:
            yield _Place(f"{theirs}.weight.core", f"{block}.kernel.core", _PAIRS)
            for side in range(len(config.ranks)):
                yield _Place(f"{theirs}.weight.factors.factor_{side}", f"{block}.kernel.factors.{side}", _PAIRS)
        else:
            yield _Place(f"{theirs}.weight.tensor", f"{block}.kernel.weight", _KERNEL)
        if config.mixing:
            yield from _linear(f"fno_blocks.channel_mlp.{layer}.fcs.0", f"{block}.mixing.first")
            yield from _linear(f"fno_blocks.channel_mlp.{layer}.fcs.1", f"{block}.mixing.second")
            yield _Place(f"fno_blocks.channel_mlp_skips.{layer}.weight", f"{block}.mixing.gate", _GATE)


def _linear(theirs: str, ours: str) -> Iterator[_Place]:
    yield _Place(f"{theirs}.weight", f"{ours}.weight", _WEIGHT)
    yield _Place(f"{theirs}.bias", f"{ours}.bias", _BIAS)


def _unreadable(message: str, name: str) -> Refusal:
    return Refusal("UNREADABLE_WEIGHTS", message, "weights", {"name": name})
