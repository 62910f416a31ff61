"""Tasks of these tests: boxes with what is asked, solved."""

from __future__ import annotations

import numpy as np

from models.fem.bricks.solve import BricksSolver
from models.fem.bricks.task import BricksResult, BricksTask

KINDS = ("quadrilateral", "hexahedron")
ALL = [(kind, degree) for kind in KINDS for degree in (1, 2)]


def brick(kind: str, degree: int, conditions: str, count: int = 2, **more: object) -> BricksTask:
    d = KINDS.index(kind) + 2
    given: dict[str, object] = {
        "shape": "square" if d == 2 else "cube",
        "divisions": np.full(d, count),
        "cell_kind": kind,
        "degree": degree,
        "young_modulus": np.array([10.0]),
        "poisson_ratio": np.array([0.3]),
        "conditions": conditions,
    }
    return BricksTask(**(given | more))  # type: ignore[arg-type]


def solve(task: BricksTask) -> BricksResult:
    (found,) = BricksSolver("cpu").run([task])
    assert isinstance(found, BricksResult), found
    return found
