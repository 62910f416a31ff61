"""Whether functions are such as an operator takes, before it starts."""

from __future__ import annotations

from models.base import Refusal
from models.operators.operator import Functions

SLACK = 1e-4  # of the box's side: what rounding and meshing leave


def admit(inputs: Functions, dimension: int, channels: int) -> None:
    """Raises `Refusal` WRONG_POINTS, WRONG_CHANNELS."""
    if inputs.positions.shape[1] != dimension:
        details = {"dimension": str(inputs.positions.shape[1]), "wanted": str(dimension)}
        message = f"have {inputs.positions.shape[1]} coordinates; send {dimension}"
        raise Refusal("WRONG_POINTS", message, "positions", details)
    if inputs.values.shape[2] != channels:
        details = {"channels": str(inputs.values.shape[2]), "wanted": str(channels)}
        message = f"have {inputs.values.shape[2]} channels; send {channels}"
        raise Refusal("WRONG_CHANNELS", message, "values", details)


def admit_box(inputs: Functions) -> None:
    """Raises `Refusal` WRONG_POINTS for points outside the unit box, which the operator's own grid or basis is of."""
    if len(inputs.positions) == 0:
        return
    lowest, highest = float(inputs.positions.min()), float(inputs.positions.max())
    if not (lowest >= -SLACK and highest <= 1 + SLACK):
        message = f"have coordinates from {lowest:.4g} to {highest:.4g}; send points of the unit box"
        raise Refusal("WRONG_POINTS", message, "positions", {"lowest": str(lowest), "highest": str(highest)})
