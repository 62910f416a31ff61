"""A weak form that the caller writes: the task ∫ F(u; v) = 0 for all v, its result, and its line in the catalogue.

F is a formula, linear in the test function v and any function of u: the p-Laplacian with a source is
"dot(grad(u), grad(u))**(p/2 - 1) * dot(grad(u), grad(v)) - f*v". It may speak of

- `u`, `v`, `grad(u)`, `grad(v)` and the partial derivatives `dx(u)`, `dy(v)`, ...; vectors are multiplied by `dot`;
- the coordinates `x`, `y`, `z`, and the `coefficients` by their names;
- numbers, + - * / **, comparisons, and the functions of `models.fem.domain.formula`.

Conditions: "left: u = 0" gives u; "right: q = 2*(20 - u)" adds −∫ q v over that boundary, which is a flux into the
domain where F begins with k*dot(grad(u), grad(v)). Where nothing is said q is 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Refusal, Spec, scalar, tensor
from models.fem.check import check_pair, check_size
from models.fem.domain.functional_task import DifferentiableTask, FunctionalResult
from models.fem.domain.integrals import Vocabulary
from models.fem.domain.limits import MAX_UNKNOWNS
from models.fem.domain.task import DomainTask

MAX_STEPS = 200


@dataclass(frozen=True, kw_only=True)
class FormTask(DomainTask, DifferentiableTask):
    """Find u with ∫ F(u; v) = 0 for all v that vanish where u is given."""

    form: str = scalar("dot(grad(u), grad(v)) - v", "F(u; v), linear in v")
    coefficients: str = scalar("", "names of coefficients, separated by commas")
    coefficient_values: Array | None = tensor(
        "float64", ("coefficients", -1), "a row for each name: one value, or one for each cell", optional=True
    )
    initial: str = scalar("0", "u where Newton's method begins, a formula of the coordinates")
    tolerance: float = scalar(1e-10, "of the residual, relative to the largest part of it that met a prescribed value")
    max_steps: int = scalar(50, "steps of Newton's method at most")
    cotangent: Array | None = tensor(
        "float64", ("points",), "∂J/∂u at the points, for the gradient of some J(u)", optional=True
    )
    coefficient_tangent: Array | None = tensor(
        "float64", ("coefficients", -1), "changes of the coefficients, along which u is differentiated", optional=True
    )

    def check(self) -> None:
        cells = self.check_domain(MAX_UNKNOWNS[self.dimension])
        names, values = self.coefficient_names, self.coefficient_values
        if len(set(names)) < len(names):
            raise Refusal("DUPLICATE", f"are {self.coefficients}; name each once", "coefficients")
        for name in names:
            if not (name.isidentifier() and name.isascii() and len(name) <= 32):
                raise Refusal("OUT_OF_RANGE", f"'{name:.32}' is no name; begin with a letter", "coefficients")
        if (values is None) != (not names):
            raise Refusal(
                "MISSING_TENSOR", "is required for the coefficients' names, and only then", "coefficient_values"
            )
        if values is not None:
            check_size("coefficient_values", values, (len(names),), "a row for each name")
            if values.shape[1] not in (1, cells):
                got, want = str(values.shape[1]), f"1 or {cells}"
                message = f"has {got} values in a row; send {want} (one, or one per cell)"
                raise Refusal("WRONG_SIZE", message, "coefficient_values", {"got": got, "want": want})
        if self.coefficient_tangent is not None:
            check_pair("coefficient_tangent", self.coefficient_tangent, "coefficient_values", values)
            check_size("coefficient_tangent", self.coefficient_tangent[0], (1, cells), "one, or one per cell, in a row")
        if not 0 < self.tolerance < 1:
            raise Refusal("OUT_OF_RANGE", f"is {self.tolerance}; send 0 < tolerance < 1", "tolerance")
        if not 1 <= self.max_steps <= MAX_STEPS:
            raise Refusal("OUT_OF_RANGE", f"is {self.max_steps}; send 1 to {MAX_STEPS}", "max_steps")
        self.read_integrals()

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(("u",), self.coefficient_names)

    @property
    def coefficient_names(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in self.coefficients.split(",") if name.strip())


@dataclass(frozen=True, kw_only=True)
class FormResult(FunctionalResult):
    u: Array = tensor("float64", ("points",), "the solution at the points")
    points: Array = tensor("float64", ("points", -1), "where the points are")
    cells: Array = tensor("int64", ("cells", -1), "points of each cell, in VTK's order")
    history: Array = tensor(
        "float64", (-1,), "the relative residual before each step of Newton's method and after the last"
    )
    u_tangent: Array | None = tensor("float64", ("points",), "the derivative of u along the tangent", optional=True)
    coefficient_gradient: Array | None = tensor(
        "float64", ("coefficients", "cells"), "∂J/∂(each cell's value), where a cotangent was sent", optional=True
    )


SPEC = Spec(
    name="fem.form",
    version="1",
    summary="Weak forms that the caller writes, linear or not, on all cells, with gradients by coefficients.",
    task=FormTask,
    result=FormResult,
    factory="models.fem.form.solve:FormSolver",
    example=lambda: FormTask(
        divisions=np.array([4, 4]),
        form="k*(1 + u**2)*dot(grad(u), grad(v)) - v",
        coefficients="k",
        coefficient_values=np.ones((1, 1)),
        conditions="boundary: u = 0",
    ),
    max_batch=16,
    resources=ON_DEMAND,
)
