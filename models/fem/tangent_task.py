"""A direction in which the data of a diffusion problem are changed: what a tangent is asked along."""

from __future__ import annotations

from dataclasses import dataclass

from models.base import Array, Refusal, tensor
from models.fem.check import check_size
from models.fem.measured import MeasuredTask

_TANGENTS = ("conductivity_tangent", "source_tangent", "cell_source_tangent", "dirichlet_tangent", "neumann_tangent")


@dataclass(frozen=True, kw_only=True)
class TangentTask(MeasuredTask):
    """What is absent stays as it is. A tangent may have any sign, and be of data that are absent themselves: zeros."""

    conductivity_tangent: Array | None = tensor(
        "float64", (-1,), "change of the conductivity: one value, or one per cell", optional=True
    )
    source_tangent: Array | None = tensor(
        "float64", (-1,), "change of the source: one value, or one per point", optional=True
    )
    cell_source_tangent: Array | None = tensor(
        "float64", (-1,), "change of the cell source: one value per cell", optional=True
    )
    dirichlet_tangent: Array | None = tensor("float64", ("dirichlet",), "change of the given values", optional=True)
    neumann_tangent: Array | None = tensor(
        "float64",
        ("neumann", 1),
        "change of the given fluxes: constant, linear or quadratic on each edge, as they are themselves",
        optional=True,
        alternatives=(("neumann", 2), ("neumann", 3)),
    )

    @property
    def has_tangent(self) -> bool:
        return any(getattr(self, name) is not None for name in _TANGENTS)

    def check_tangent(self, cell_count: int) -> None:
        """Raises `Refusal` WRONG_SIZE or MISSING_TENSOR."""
        if self.conductivity_tangent is not None:
            sizes = (1, cell_count)
            check_size("conductivity_tangent", self.conductivity_tangent, sizes, "one value, or one per cell")
        if self.cell_source_tangent is not None:
            check_size("cell_source_tangent", self.cell_source_tangent, (cell_count,), "one value per cell")
        if self.neumann_tangent is not None and self.neumann_edges is None:
            message = "is required where neumann_tangent is sent"
            raise Refusal("MISSING_TENSOR", message, "neumann_edges", {"tensor": "neumann_edges"})

    def check_tangent_points(self, point_count: int) -> None:
        """Raises `Refusal` WRONG_SIZE: what needs the number of points, which the solver counts."""
        if self.source_tangent is not None:
            check_size("source_tangent", self.source_tangent, (1, point_count), "one value, or one per point")
