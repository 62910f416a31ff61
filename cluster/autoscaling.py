"""How many replicas a model needs. Up at once, down slowly, and never up and down again over one request.

Ray Serve copies this module by value to its controller, so it must stand alone; Serve itself delays the way down
(`downscale_delay_s`) and wakes a model from zero when a request waits at a handle.
"""

from __future__ import annotations

import math
from typing import Any

IN_FLIGHT = "in_flight"  # the key in a replica's autoscaling stats


class InFlightPolicy:
    """Replicas in proportion to the requests in flight on the data plane.

    `target` is the in-flight count per replica to aim at. One replica fewer is asked for only when the rest would stay
    below `slack` × target, so that a load on the border does not flap.
    """

    def __init__(self, target: float, slack: float = 0.8) -> None:
        self._target = target
        self._slack = slack

    def __call__(self, context: Any) -> tuple[int, dict[str, Any]]:
        """Serve's AutoscalingContext in, (replicas, state to keep) out. Serve bounds the answer by min and max."""
        on_plane = sum((context.aggregated_metrics or {}).get(IN_FLIGHT, {}).values())
        at_handles = context.total_num_requests  # what waits for a model to wake, and all of it in handle mode
        return desired_replicas(on_plane + at_handles, context.target_num_replicas, self._target, self._slack), {}


def desired_replicas(in_flight: float, current: int, target: float, slack: float) -> int:
    """The smallest count that holds `in_flight`, with hysteresis on the way down."""
    needed = math.ceil(in_flight / target)
    if needed >= current:
        return needed
    return min(current, math.ceil(in_flight / (slack * target)))
