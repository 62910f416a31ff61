"""Certification of a field that somebody else computed: the task, its result, and its line in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Result, Spec, scalar, tensor
from models.fem.check import check_size
from models.fem.posed import PosedTask


@dataclass(frozen=True, kw_only=True)
class CertifyTask(PosedTask):
    """Bound the energy error of a field: a surrogate's, an unfinished iteration's, an older solution."""

    field: Array = tensor("float64", ("points",), "u at the points, with the given values at the Dirichlet points")
    bound: str = scalar(
        "fast",
        "fast: by a flux within a tenth of the sharpest; sharp: by that flux, in ten times the time",
        choices=("fast", "sharp"),
    )

    def check(self) -> None:
        _, point_count = self.check_problem()
        if point_count is not None:
            self.check_field(point_count)

    def check_field(self, point_count: int) -> None:
        """Raises `Refusal` WRONG_SIZE: what needs the number of points, which the solver counts."""
        check_size("field", self.field, (point_count,), "one value per point")


@dataclass(frozen=True, kw_only=True)
class CertifyResult(Result):
    cell_bound: Array = tensor(
        "float64", ("cells",), "each cell's share of the squared error bound; sums to its square"
    )


SPEC = Spec(
    name="fem.diffusion.certify",
    version="1",
    summary="A guaranteed bound on the energy error of any field with the right Dirichlet values, P1 and P2.",
    task=CertifyTask,
    result=CertifyResult,
    factory="models.fem.certify:Certifier",
    example=lambda: CertifyTask(
        divisions=np.array([4, 4]),
        conductivity=np.ones(1),
        source=np.ones(1),
        dirichlet_points=np.arange(5),
        dirichlet_values=np.zeros(5),
        field=np.repeat(np.array([0.0, 7.0, 12.0, 15.0, 16.0]) / 32, 5),  # y (2 − y) / 2, the solution itself
    ),
    max_batch=16,
    resources=ON_DEMAND,
)
