"""The derivatives of simple eigenvalues: dλ = x·(dK − λ dM) x where x·M x = 1."""

from __future__ import annotations

import numpy as np

from models.base import Array, Refusal
from models.fem.modes import form
from models.fem.modes.buckling import Prestress, young_gradient
from models.fem.modes.pencil import Pairs
from models.fem.modes.problem import Problem


def gradients(
    cotangent: Array | None, given: Problem, loaded: Prestress | None, pairs: Pairs, multiplicity: Array
) -> dict[str, Array]:
    """Of J = cotangent·λ, by name in the result. Raises `Refusal` MULTIPLE_EIGENVALUE."""
    if cotangent is None:
        return {}
    stiffness, density = np.zeros(given.basis.mesh.nelements), np.zeros(given.basis.mesh.nelements)
    for at, (weight, value) in enumerate(zip(cotangent, pairs.values, strict=False)):
        if weight == 0:
            continue
        if multiplicity[at] > 1:
            _refuse_multiple(at, value, int(multiplicity[at]))
        x = given.widened(pairs.vectors[:, at])
        if loaded:
            stiffness += weight * young_gradient(given, loaded, x, value)
        else:
            by_stiffness, by_density = _shares(given, x)
            stiffness += weight * by_stiffness
            density -= weight * value * by_density
    by_name = {"stiffness_gradient": stiffness}
    return by_name if loaded else by_name | {"density_gradient": density}


def _shares(given: Problem, x: Array) -> tuple[Array, Array]:
    """(cells,) each: ∂(x·K x)/∂(k or E), ∂(x·M x)/∂ρ."""
    basis, coefficients = given.basis, given.coefficients
    field = basis.interpolate(x)
    if "k" in coefficients:
        return form.by_tension.elemental(basis, x=field), form.by_density.elemental(basis, x=field)
    work = form.work.elemental(basis, u=field, x=field, lame=coefficients["lame"], shear=coefficients["shear"])
    return work / coefficients["young"][:, 0], form.by_vector_density.elemental(basis, x=field)


def _refuse_multiple(at: int, value: float, count: int) -> None:
    raise Refusal(
        "MULTIPLE_EIGENVALUE",
        f"mode {at} has an eigenvalue, {value:.6g}, that {count} modes share: it has no derivative; send 0 for these",
        f"cotangent[{at}]",
        {"mode": str(at), "multiplicity": str(count)},
    )
