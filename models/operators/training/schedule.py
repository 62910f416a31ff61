"""How the learning rate goes: up in a straight line, then down to nothing along a cosine.

Smith & Topin (2019, Super-convergence, arXiv:1708.07120) and Loshchilov & Hutter (2017, SGDR, arXiv:1608.03983).
"""

from __future__ import annotations

import math


def share_of_rate(done: float, warm_up: float) -> float:
    """Of the highest rate, 0 to 1, where a share `done` in [0, 1] of all steps is done."""
    if done < warm_up:
        return done / warm_up
    return (1 + math.cos(math.pi * (done - warm_up) / (1 - warm_up))) / 2 if warm_up < 1 else 1.0
