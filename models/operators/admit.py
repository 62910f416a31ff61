"""Whether functions are such as an operator takes, before it starts."""

from __future__ import annotations

from models.base import Refusal
from models.operators.operator import Functions

SLACK = 1e-4  # of the box's side: what rounding and meshing leave


def admit(inputs: Functions, dim: int, channels: int) -> None:
    """Raises `Refusal` WRONG_SHAPE."""
    if inputs.positions.shape[1] != dim:
        message = f"are in {inputs.positions.shape[1]} dimensions; this operator was trained in {dim}"
        raise Refusal("WRONG_SHAPE", message, "positions", {"dim": str(dim)})
    if inputs.values.shape[2] != channels:
        message = f"have {inputs.values.shape[2]} channels; this operator takes {channels}"
        raise Refusal("WRONG_SHAPE", message, "inputs", {"channels": str(channels)})


def admit_box(inputs: Functions) -> None:
    """Raises `Refusal` OUT_OF_RANGE for points outside the unit box, which the operator's own grid or basis is of."""
    at = inputs.positions
    if len(at) and not (float(at.min()) >= -SLACK and float(at.max()) <= 1 + SLACK):
        message = f"reach from {float(at.min()):.4g} to {float(at.max()):.4g}; send points in the unit box"
        raise Refusal("OUT_OF_RANGE", message, "positions")
