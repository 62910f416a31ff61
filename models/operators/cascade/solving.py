"""The last road of the cascade: the discrete solution, held to the same wish."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array, ErrorBound, Evidence, Outcome
from models.fem.bound import Certificate
from models.fem.direct import Solution
from models.fem.equilibration import Flux
from models.fem.solve import RESIDUAL_LIMIT
from models.operators.cascade.certificate import BY_FLUX, certify, certify_by
from models.operators.cascade.costs import Work
from models.operators.cascade.discrete import Discrete
from models.operators.cascade.estimate import correct
from models.operators.cascade.meter import Meter
from models.operators.cascade.wish import Wish


@dataclass(frozen=True, eq=False)
class Solved:
    solution: Solution
    evidence: Evidence
    shares: Array | None  # (cells,)
    is_within: bool  # the tolerance, if there is one


def solve(discrete: Discrete, wish: Wish, meter: Meter, start: Array | None = None, flux: Flux | None = None) -> Solved:
    """From a field `start` near the solution, and by a `flux` in balance from a field near it, where these are known.

    Raises `Refusal` OUT_OF_RANGE for what is beyond floating point.
    """
    solution = meter.of(Work.SOLVE, lambda: discrete.solve(start))
    method = f"P1 Lagrange elements, {solution.method}"
    if not wish.is_certified:
        bound = meter.of(Work.STEP, lambda: correct(discrete, solution.x, 0), 2).left.energy
        return Solved(solution, _evidence(solution, method, bound), None, True)
    proof = _proof(discrete, wish, meter, solution.x, flux)
    method = f"{method}; {BY_FLUX}"
    if wish.tolerance is None:
        return Solved(solution, _evidence(solution, method, proof.bound), proof.shares, True)
    if proof.bound.relative <= wish.tolerance:  # the algebraic error is inside
        evidence = Evidence(method=method, residual=solution.residual, error_bound=proof.bound)
        return Solved(solution, evidence, proof.shares, True)
    evidence = Evidence(
        outcome=Outcome.NOT_CONVERGED,
        advice=_refine(discrete, wish.tolerance, proof.bound.relative),
        method=method,
        residual=solution.residual,
        error_bound=proof.bound,
    )
    return Solved(solution, evidence, None, False)


def _proof(discrete: Discrete, wish: Wish, meter: Meter, u: Array, flux: Flux | None) -> Certificate:
    """By the flux that is there, if that is enough: it costs a sixth of a new one."""
    if flux is not None and wish.tolerance is not None:
        found = certify_by(discrete, u, flux)
        if found.bound.relative <= wish.tolerance:
            return found
    return meter.of(Work.BOUND, lambda: certify(discrete, u, u))


def _evidence(solution: Solution, method: str, bound: ErrorBound) -> Evidence:
    converged = solution.residual <= RESIDUAL_LIMIT
    return Evidence(
        outcome=Outcome.CONVERGED if converged else Outcome.NOT_CONVERGED,
        advice="" if converged else "the system is very ill conditioned: lower the contrast of k",
        method=method,
        residual=solution.residual,
        error_bound=bound,
    )


def _refine(discrete: Discrete, tolerance: float, reached: float) -> str:
    divisions = round((len(discrete.problem.mesh.cells) / 2) ** 0.5)
    wanted = int(np.ceil(divisions * reached / tolerance)) if np.isfinite(reached) else None
    refine = f"refine to {wanted} × {wanted} squares at least" if wanted else "refine"
    return (
        f"no answer on this grid is within the tolerance of {tolerance:.3g}, and none is given: the discrete solution "
        f"has a bound of {reached:.3g}, which falls at best in proportion to the sides; {refine}, or ask for less"
    )
