"""An operator and its scaling, to and from the tensors of an artefact."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from models.base import Array, Refusal
from models.operators.artefact import Card, part, under
from models.operators.operator import Operator
from models.operators.scaling import Scaling
from models.operators.weights import array_of, arrays_of, restore

_SCALING = ("input_mean", "input_scale", "output_mean", "output_scale")


def tensors_of(operator: Operator, scaling: Scaling) -> dict[str, Array]:
    """What an artefact holds of both."""
    scales = {name: array_of(getattr(scaling, name)) for name in _SCALING}
    return under("operator", arrays_of(operator)) | under("scaling", scales)


def restored(card: Card, tensors: Mapping[str, Array], device: str = "cpu") -> tuple[Operator, Scaling]:
    """Raises `Refusal` UNREADABLE_ARTEFACT where the tensors are not those of the card's architecture."""
    operator = card.architecture.build(0)
    restore(operator, part(tensors, "operator"))
    held = part(tensors, "scaling")
    if held.keys() != set(_SCALING):
        raise Refusal("UNREADABLE_ARTEFACT", f"has no scaling of {', '.join(_SCALING)}", "artefact")
    scaling = Scaling(**{name: torch.from_numpy(held[name].copy()) for name in _SCALING}, clamped=card.clamped)
    place = torch.device(device)
    operator.to(place).requires_grad_(False)
    return operator.eval(), scaling.to(place)
