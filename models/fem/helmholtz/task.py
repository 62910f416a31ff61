"""Time-harmonic waves: the task −∇·(c²∇u) − (ω² + iωη) u = f, its result, and its line in the catalogue.

Fields are complex amplitudes of e^{−iωt}, so that e^{ikx} runs to the right; on the wire the last axis of a tensor is
(real, imaginary). Conditions, with the real and the imaginary part as formulas: `u = re, im` prescribes u; `q = re, im`
gives c² ∂u/∂n; `beta = re, im` is an impedance boundary, c² ∂u/∂n = iωcβ u, and `absorb` that with β = 1, which lets
plane waves out that meet it head on (Engquist & Majda 1977, Math. Comp. 31, 629-651, first order). These add up with q.
Where nothing is said, c² ∂u/∂n = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Refusal, Spec, scalar, tensor
from models.fem.domain.cellwise import check_cellwise, check_not_negative
from models.fem.domain.conditions import AXES, Condition, read_conditions, split_formulas
from models.fem.domain.expression import Expression, parse
from models.fem.domain.functional_task import DifferentiableTask, FunctionalResult
from models.fem.domain.integrals import Vocabulary
from models.fem.domain.limits import MAX_UNKNOWNS
from models.fem.domain.task import DomainTask

QUANTITIES = {"u": 2, "q": 2, "beta": 2, "absorb": 0}


@dataclass(frozen=True, kw_only=True)
class HelmholtzTask(DomainTask, DifferentiableTask):
    """Find u; and where a cotangent is sent, the gradients of J = Σ cotangent · (Re u, Im u)."""

    angular_frequency: float = scalar(1.0, "ω > 0")
    wave_speed: Array = tensor("float64", (-1,), "c > 0: one value, or one per cell")
    damping: Array | None = tensor("float64", (-1,), "η >= 0: one value, or one per cell; 0 if absent", optional=True)
    source: str = scalar("0", "f: a formula; or two, the real and the imaginary part")
    cotangent: Array | None = tensor("float64", ("points", 2), "derivatives of J by Re u and by Im u", optional=True)

    def check(self) -> None:
        """Raise `Refusal` for what the arrays and texts alone show to be wrong."""
        if not self.angular_frequency > 0:
            details = {"value": str(self.angular_frequency)}
            message = f"is {self.angular_frequency}; send ω > 0"
            raise Refusal("NOT_POSITIVE", message, "angular_frequency", details)
        cells = self.check_domain(MAX_UNKNOWNS[self.dimension])
        check_cellwise("wave_speed", self.wave_speed, cells, "c")
        check_not_negative("damping", self.damping, cells, "η")
        self.read_conditions()
        self.read_source()
        self.read_integrals()

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(("re", "im"), ("wave_speed", *(("damping",) if self.damping is not None else ())))

    def read_conditions(self) -> tuple[Condition, ...]:
        conditions = read_conditions(self.conditions, QUANTITIES, AXES[: self.dimension])
        for condition in conditions:
            if condition.axis is not None:
                field = condition.values[0].field
                message = f"'{condition.quantity}' has a real and an imaginary part; send both: re, im"
                raise Refusal("MALFORMED_CONDITION", message, field)
        return conditions

    def read_source(self) -> tuple[Expression, ...]:
        """The real part, and the imaginary one where it is sent."""
        formulas = split_formulas(self.source)
        if len(formulas) > 2:
            message = f"has {len(formulas)} formulas; send one, or the real and the imaginary part"
            raise Refusal("MALFORMED_EXPRESSION", message, "source", {"found": self.source[:80]})
        return tuple(parse(formula, AXES[: self.dimension], "source") for formula in formulas)


@dataclass(frozen=True, kw_only=True)
class HelmholtzResult(FunctionalResult):
    u: Array = tensor("float64", ("points", 2), "Re u and Im u at the points")
    points: Array = tensor("float64", ("points", -1), "where the points are")
    cells: Array = tensor("int64", ("cells", -1), "points of each cell: corners in VTK's order, edges, faces, middle")
    points_per_wavelength: Array = tensor("float64", ("cells",), "along each cell's longest edge; below 10 is coarse")
    phase_error: Array = tensor(
        "float64",
        (1,),
        "by how many radians, about, the phase of a wave is off that has crossed the whole mesh: dispersion",
    )
    wave_speed_gradient: Array | None = tensor("float64", ("cells",), "dJ by c of each cell", optional=True)
    damping_gradient: Array | None = tensor("float64", ("cells",), "dJ by η of each cell", optional=True)
    source_gradient: Array | None = tensor(
        "float64", ("points", 2), "dJ by Re f and Im f, interpolated from the points", optional=True
    )
    prescribed_gradient: Array | None = tensor(
        "float64", ("points", 2), "dJ by Re u and Im u where u is prescribed, 0 at other points", optional=True
    )
    frequency_gradient: Array | None = tensor("float64", (1,), "dJ by ω", optional=True)


SPEC = Spec(
    name="fem.helmholtz",
    version="1",
    summary="Time-harmonic waves on any cells, P1, P2, Q1 and Q2, absorbing boundaries, damping, adjoint gradients.",
    task=HelmholtzTask,
    result=HelmholtzResult,
    factory="models.fem.helmholtz.solve:HelmholtzSolver",
    example=lambda: HelmholtzTask(
        divisions=np.array([8, 8]),
        degree=2,
        angular_frequency=6.0,
        wave_speed=np.array([1.0]),
        conditions="left: u = 1, 0; right: absorb",
    ),
    max_batch=16,
    resources=ON_DEMAND,
)
