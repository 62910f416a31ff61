"""The wave model: tasks in, complex amplitudes out, and gradients by the adjoint with the same factors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from skfem import Mesh

from models.base import Array, Evidence, Outcome, Refusal
from models.fem.check import check_size
from models.fem.direct import SingularMatrix
from models.fem.domain.asked import asked
from models.fem.domain.batch import in_order
from models.fem.domain.elements import cell_points, element_name, points
from models.fem.domain.linear import RESIDUAL_LIMIT, Constrained, constrained
from models.fem.helmholtz import form
from models.fem.helmholtz.dispersion import advice, phase_error, points_per_wavelength
from models.fem.helmholtz.problem import Problem, problem
from models.fem.helmholtz.task import HelmholtzResult, HelmholtzTask

# |A| |A⁻¹ b| / |b| beyond which ω is a resonance as far as double precision can tell.
RESONANT = 1e13


class HelmholtzSolver:
    """Sparse direct on the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[HelmholtzTask]) -> list[HelmholtzResult | Refusal]:
        """One result or refusal for each task, in order."""
        return in_order(tasks, answer)


def answer(task: HelmholtzTask, mesh: Mesh) -> HelmholtzResult:
    """Raises `Refusal`."""
    given = problem(task, mesh)
    if task.cotangent is not None:
        check_size("cotangent", task.cotangent, (given.basis.N,), "a row for each point")
    if not np.isfinite(given.matrix.data.sum()):
        raise _out_of_scale()
    try:
        system = constrained(given.matrix, given.fixed)
    except SingularMatrix:
        raise _resonance(given.omega) from None
    _refuse_resonance(system, given.omega)
    solution = system.solve(given.load, given.values)
    if not np.isfinite(solution.x.sum()):
        raise _out_of_scale()
    converged = solution.residual <= RESIDUAL_LIMIT
    coefficients = {name: getattr(task, name) for name in task.vocabulary.coefficients}
    wanted = asked(task, mesh, _parts(solution.x), task.cotangent, coefficients)
    k = given.omega / given.c[:, 0]
    per_wavelength, off = points_per_wavelength(mesh, task.degree, k), phase_error(mesh, task.degree, k)
    damped = "" if converged else "the system is very ill conditioned: ω may be near a resonance; add damping. "
    return HelmholtzResult(
        u=_parts(solution.x),
        points=points(given.basis),
        cells=cell_points(given.basis),
        points_per_wavelength=per_wavelength,
        phase_error=np.array([off]),
        evidence=Evidence(
            outcome=Outcome.CONVERGED if converged else Outcome.NOT_CONVERGED,
            advice=damped + advice(per_wavelength, off),
            method=f"{element_name(task.cell_kind, task.degree)} Lagrange elements, complex sparse LU",
            residual=solution.residual,
        ),
        functional=wanted.value,
        **wanted.with_explicit(_gradients(wanted.cotangent, given, system, solution.x)),
    )


def _gradients(cotangent: Array | None, given: Problem, system: Constrained, u: Array) -> dict[str, Array]:
    """By name in the result.

    dJ = Re((a − ib)·du) for a cotangent (a, b), and A du = −dA u + df: so Aᵀ λ = a − ib, and dJ = Re(λ·(−dA u + df)).
    """
    if cotangent is None:
        return {}
    dual = np.zeros_like(u)
    slope = cotangent[:, 0] - 1j * cotangent[:, 1]
    dual[system.free] = system.transposed(slope[system.free])
    by_prescribed = np.zeros_like(u)
    by_prescribed[system.fixed] = slope[system.fixed] - system.coupling.T @ dual[system.free]
    basis, omega, c, eta = given.basis, given.omega, given.c, given.eta
    fields = {"u": basis.interpolate(u), "dual": basis.interpolate(dual), "omega": omega}
    speed = form.by_speed.elemental(basis, c=c, **fields)
    frequency = form.by_frequency.elemental(basis, eta=eta, **fields).sum()
    for part in given.impedances:
        there = {"u": part.facets.interpolate(u), "dual": part.facets.interpolate(dual), "beta": part.beta}
        np.add.at(speed, part.cells, form.by_speed_at_boundary.elemental(part.facets, omega=omega, **there))
        frequency += form.by_frequency_at_boundary.elemental(part.facets, c=part.c, **there).sum()
    source = form.load.assemble(basis, f=fields["dual"])
    return {
        "wave_speed_gradient": np.ascontiguousarray(speed.real),
        "damping_gradient": np.ascontiguousarray(form.by_damping.elemental(basis, **fields).real),
        "source_gradient": np.stack((source.real, -source.imag), axis=1),
        "prescribed_gradient": np.stack((by_prescribed.real, -by_prescribed.imag), axis=1),
        "frequency_gradient": np.array([frequency.real]),
    }


def _parts(u: Array) -> Array:
    return np.stack((u.real, u.imag), axis=1)


def _refuse_resonance(system: Constrained, omega: float) -> None:
    if len(system.free) == 0:
        return
    probe = np.random.default_rng(0).standard_normal(len(system.free)).astype(np.complex128)
    grown = np.abs(system.inverse(probe)).max() * np.abs(system.inner.data).max() / np.abs(probe).max()
    if not grown < RESONANT:
        raise _resonance(omega)


def _resonance(omega: float) -> Refusal:
    return Refusal(
        "SINGULAR_PROBLEM",
        f"ω = {omega:.6g} is a resonance of the domain, so that u is not determined; change it, or add damping",
        "angular_frequency",
        {"angular_frequency": str(omega)},
    )


def _out_of_scale() -> Refusal:
    return Refusal(
        "OUT_OF_RANGE",
        "the problem is beyond floating point; choose units in which coefficients and data are nearer to 1",
        "wave_speed",
    )
