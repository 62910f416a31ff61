"""The certifying model: any field in, a guaranteed bound on its error out.

By the hypercircle the flux that bounds the error best is the same for every field: the one nearest to that of the
solution. So a field that balances its sources, a Galerkin solution, yields it by itself. For another the problem is
solved, and the solution yields it: that bound exceeds the field's error by the error of the solution alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.base import Array, Evidence, Refusal
from models.fem.bound import Certificate, certificate, certificate_by_stars
from models.fem.certified import refuse_out_of_scale
from models.fem.certify_task import CertifyResult, CertifyTask
from models.fem.direct import SingularMatrix
from models.fem.problem import Problem, mesh_of, problem
from models.fem.scale import out_of_scale
from models.fem.solve import solve_field
from models.fem.structured.stars import best_stars


class Certifier:
    """On the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[CertifyTask]) -> list[CertifyResult | Refusal]:
        """One result or refusal for each task, in order."""
        answers: list[CertifyResult | Refusal] = []
        for task in tasks:
            try:
                task.check()
                mesh = mesh_of(task)
                task.check_field(len(mesh.points(task.degree)))
                given = problem(task, mesh)
                _refuse_other_values(given, task.field)
                answers.append(_answer(given, task))
            except Refusal as refusal:
                answers.append(refusal)
        return answers


@dataclass(frozen=True, eq=False)
class _Found:
    certificate: Certificate
    method: str


def _answer(given: Problem, task: CertifyTask) -> CertifyResult:
    try:
        with np.errstate(all="ignore"):
            found = _sharpest(given, task.field) if task.bound == "sharp" else _fast(given, task)
    except SingularMatrix:
        raise out_of_scale() from None
    refuse_out_of_scale(given, task.field, found.certificate.bound.value)
    evidence = Evidence(method=found.method, error_bound=found.certificate.bound)
    return CertifyResult(cell_bound=found.certificate.shares, evidence=evidence)


def _sharpest(given: Problem, u: Array) -> _Found:
    return _Found(certificate(given, u, "sharp"), "hypercircle; the nearest equilibrated Raviart-Thomas flux")


def _fast(given: Problem, task: CertifyTask) -> _Found:
    u, stars = task.field, best_stars(given, task.divisions)
    found = certificate_by_stars(given, u, u, stars)
    if found:
        return _Found(found, "hypercircle; Raviart-Thomas flux equilibrated star by star from the field itself")
    solution = solve_field(given, task.divisions)
    found = certificate_by_stars(given, u, solution.x, stars)
    if found:
        by = f"hypercircle; Raviart-Thomas flux equilibrated star by star from a solution by {solution.method}"
        return _Found(found, by)
    return _sharpest(given, u)


def _refuse_other_values(given: Problem, u: Array) -> None:
    """The theorem asks for the given Dirichlet values, not for nearly these."""
    points, values = given.boundary.dirichlet_points, given.boundary.dirichlet_values
    wrong = u[points] != values
    if wrong.any():
        at = int(points[np.argmax(wrong)])
        got, want = repr(float(u[at])), repr(float(values[np.argmax(wrong)]))
        raise Refusal(
            "OUT_OF_RANGE",
            f"is {got} at a Dirichlet point whose given value is {want}; put the given values into the field",
            f"field[{at}]",
            {"value": got, "given": want},
        )
