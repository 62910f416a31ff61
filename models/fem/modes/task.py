"""Eigenproblems K x = λ M x: the task, its result, and its line in the catalogue.

- `membrane`: −∇·(k∇u) = λ ρ u; frequencies √λ / 2π of a membrane of tension k, or of a room with k = ρc².
- `elastic`: −div σ(u) = λ ρ u; natural frequencies √λ / 2π of a body. With nothing held, rigid motions come first.
- `buckling`: K x = −λ K_g x, where K_g is the stiffness that the stress of the given load adds: at λ times that load
  the body buckles linearly, by x (Bathe 1996, Finite Element Procedures, 6.8.2). Positive λ only.

Conditions: `u = 0` (a membrane) or `u = 0, 0`, `u.x = 0` (a body) hold a boundary; only 0 can be held. Buckling takes
loads, too: `traction = …`, one formula per coordinate.

Thin bodies want degree 2: elements of degree 1 are far too stiff in bending.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Refusal, Spec, scalar, tensor
from models.fem.check import check_size
from models.fem.domain.cellwise import check_cellwise
from models.fem.domain.conditions import AXES, Condition, read_conditions, split_formulas
from models.fem.domain.expression import Expression, parse
from models.fem.domain.functional_task import FunctionalResult
from models.fem.domain.limits import MAX_UNKNOWNS
from models.fem.domain.task import DomainTask
from models.fem.elasticity.check import check_locking, check_material, check_plane

MAX_COUNT = 50


@dataclass(frozen=True, kw_only=True)
class ModesTask(DomainTask):
    """Find the `count` smallest λ and their x; and where a cotangent is sent, the gradients of J = cotangent·λ."""

    problem: str = scalar("membrane", "what vibrates or buckles", choices=("membrane", "elastic", "buckling"))
    count: int = scalar(6, "how many modes, 1 to 50")
    tension: Array | None = tensor(
        "float64", (-1,), "k > 0 of a membrane: one, or one per cell; 1 if absent", optional=True
    )
    young_modulus: Array | None = tensor("float64", (-1,), "E > 0 of a body: one value, or one per cell", optional=True)
    poisson_ratio: Array | None = tensor("float64", (-1,), "-1 < ν < 0.5: one value, or one per cell", optional=True)
    plane: str = scalar(
        "strain", "what holds across the plane of a body in two dimensions", choices=("strain", "stress")
    )
    density: Array | None = tensor("float64", (-1,), "ρ > 0: one value, or one per cell; 1 if absent", optional=True)
    body_force: str = scalar("", "load per volume before buckling: one formula per coordinate; 0 where empty")
    cotangent: Array | None = tensor("float64", ("modes",), "derivatives of J by each λ", optional=True)

    @property
    def is_body(self) -> bool:
        return self.problem != "membrane"

    @property
    def components(self) -> int:
        return self.dimension if self.is_body else 1

    @property
    def _without_meaning(self) -> tuple[str, ...]:
        if not self.is_body:
            return ("young_modulus", "poisson_ratio")
        return ("tension", "density") if self.problem == "buckling" else ("tension",)

    def check(self) -> None:
        """Raise `Refusal` for what the arrays and texts alone show to be wrong."""
        if not 1 <= self.count <= MAX_COUNT:
            message = f"is {self.count}; send 1 to {MAX_COUNT}"
            raise Refusal("OUT_OF_RANGE", message, "count", {"value": str(self.count)})
        cells = self.check_domain(MAX_UNKNOWNS[self.dimension], self.components)
        for name in self._without_meaning:
            if getattr(self, name) is not None:
                message = f"has no meaning in the problem {self.problem}; leave it out"
                raise Refusal("UNKNOWN_INPUT", message, name, {"problem": self.problem})
        if self.is_body:
            self._check_body(cells)
        check_cellwise("tension", self.tension, cells, "k")
        check_cellwise("density", self.density, cells, "ρ")
        if self.cotangent is not None:
            check_size("cotangent", self.cotangent, (self.count,), "one per mode")
        self.read_conditions()
        self.read_body_force()

    def _check_body(self, cells: int) -> None:
        for name, array in (("young_modulus", self.young_modulus), ("poisson_ratio", self.poisson_ratio)):
            if array is None:
                raise Refusal("MISSING_TENSOR", "is required of a body", name, {"tensor": name})
        assert self.young_modulus is not None and self.poisson_ratio is not None
        check_material(self.young_modulus, self.poisson_ratio, cells)
        check_plane(self.plane, self.dimension)
        if self.plane == "strain":
            check_locking(self.poisson_ratio, self.degree)

    def read_conditions(self) -> tuple[Condition, ...]:
        quantities = {"u": self.components}
        if self.problem == "buckling":
            quantities["traction"] = self.dimension
        return read_conditions(self.conditions, quantities, AXES[: self.dimension])

    def read_body_force(self) -> tuple[Expression, ...]:
        """One formula per coordinate, or none."""
        if not self.body_force.strip():
            return ()
        if self.problem != "buckling":
            raise Refusal("UNKNOWN_INPUT", f"loads nothing in the problem {self.problem}", "body_force")
        formulas = split_formulas(self.body_force)
        if len(formulas) != self.dimension:
            message = f"has {len(formulas)} formulas; send {self.dimension}, separated by commas"
            raise Refusal("MALFORMED_EXPRESSION", message, "body_force", {"found": self.body_force[:80]})
        return tuple(parse(formula, AXES[: self.dimension], "body_force") for formula in formulas)


@dataclass(frozen=True, kw_only=True)
class ModesResult(FunctionalResult):
    eigenvalues: Array = tensor(
        "float64",
        ("modes",),
        "λ, increasing; by the min-max principle not below the exact ones, but for round-off and the "
        "quadrature on bent cells",
    )
    modes: Array = tensor(
        "float64", ("modes", "points", "components"), "x: x·M x = 1 and x·M y = 0; of buckling with K in place of M"
    )
    residuals: Array = tensor("float64", ("modes",), "of each pair, |K x - λ M x| / (|K| + |λ| |M|) |x|, afterwards")
    multiplicity: Array = tensor("int64", ("modes",), "how many λ are the same as this one, itself included")
    points: Array = tensor("float64", ("points", -1), "where the points are")
    cells: Array = tensor("int64", ("cells", -1), "points of each cell: corners in VTK's order, edges, faces, middle")
    frequencies: Array | None = tensor("float64", ("modes",), "√λ / 2π, not of buckling", optional=True)
    displacement: Array | None = tensor(
        "float64", ("points", "components"), "under the load itself, of buckling", optional=True
    )
    stiffness_gradient: Array | None = tensor("float64", ("cells",), "dJ by k or E of each cell", optional=True)
    density_gradient: Array | None = tensor("float64", ("cells",), "dJ by ρ, not of buckling", optional=True)


SPEC = Spec(
    name="fem.modes",
    version="1",
    summary="Vibrations of membranes and elastic bodies, and linear buckling, on any cells, with gradients.",
    task=ModesTask,
    result=ModesResult,
    factory="models.fem.modes.solve:ModesSolver",
    example=lambda: ModesTask(divisions=np.array([6, 6]), degree=2, count=3, conditions="boundary: u = 0"),
    max_batch=16,
    resources=ON_DEMAND,
)
