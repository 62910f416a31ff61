"""Patch tests: displacements that the element holds are found to round-off, on every body."""

from __future__ import annotations

import numpy as np
import pytest

from models.base import Array, Outcome
from models.fem.elasticity.rigid import rigid_modes
from models.fem.simplicial import Simplicial
from tests.unit.models.fem.elasticity.bodies import (
    BODIES,
    boundary_facets,
    estimate,
    given_on_boundary,
    held,
    normals,
    solved,
    task_on,
)

every_body = pytest.mark.parametrize("mesh", BODIES.values(), ids=BODIES)
both_degrees = pytest.mark.parametrize("degree", (1, 2))

SLOPE = np.array([[0.3, -0.2, 0.5], [0.4, 0.1, -0.3], [-0.6, 0.2, 0.7]])
E, NU = 2.0, 0.3


def hooke(strain: Array, plane: str) -> Array:
    """(3, 3): the stress of a strain in the plane or in space, by inverting σ -> ((1 + ν) σ − ν tr σ) / E."""
    full = np.zeros((3, 3))
    d = len(strain)
    full[:d, :d] = strain
    if d == 2 and plane == "stress":
        full[2, 2] = -NU / (1 - NU) * np.trace(strain)
    return np.asarray(E / (1 + NU) * (full + NU / (1 - 2 * NU) * np.trace(full) * np.eye(3)))


def planes_of(mesh: Simplicial) -> tuple[str, ...]:
    return ("strain", "stress") if mesh.nodes.shape[1] == 2 else ("strain",)


@every_body
@both_degrees
def test_a_constant_strain_with_given_boundary_is_exact(mesh: Simplicial, degree: int) -> None:
    d = mesh.nodes.shape[1]
    slope = SLOPE[:d, :d]
    for plane in planes_of(mesh):
        result = solved(
            task_on(mesh, degree, plane=plane, **given_on_boundary(mesh, degree, lambda x: 1 + x @ slope.T))
        )
        np.testing.assert_allclose(result.displacement, 1 + result.points @ slope.T, atol=1e-12)
        stress = hooke((slope + slope.T) / 2, plane)
        six = [stress[i, j] for i, j in ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))]
        np.testing.assert_allclose(result.stress, np.broadcast_to(six, result.stress.shape), atol=1e-12)
        strain = np.linalg.solve(E * np.eye(3), ((1 + NU) * stress - NU * np.trace(stress) * np.eye(3)))
        density = np.sum(stress * strain) / 2
        np.testing.assert_allclose(result.strain_energy, density * mesh.volumes, rtol=1e-11)
        assert estimate(result) < 1e-11


@every_body
@both_degrees
def test_tractions_of_a_constant_stress_need_no_reactions(mesh: Simplicial, degree: int) -> None:
    """One facet is held at the exact displacement, which stops the rigid motions and carries nothing."""
    d = mesh.nodes.shape[1]
    slope = SLOPE[:d, :d]
    facets = boundary_facets(mesh)
    stress = hooke((slope + slope.T) / 2, "strain")[:d, :d]
    hold = mesh.facet_points(degree)[facets[0]]
    task = task_on(
        mesh,
        degree,
        traction_facets=mesh.facets[facets][:, ::-1],
        traction_values=normals(mesh, facets) @ stress,
        **held(hold, mesh.points(degree)[hold] @ slope.T),
    )
    result = solved(task)
    np.testing.assert_allclose(result.displacement, result.points @ slope.T, atol=1e-12)
    np.testing.assert_allclose(result.reaction, 0, atol=1e-12)
    np.testing.assert_allclose(result.imbalance, 0, atol=1e-13)


@every_body
def test_a_linear_strain_is_exact_with_quadratic_elements(mesh: Simplicial) -> None:
    """u_a = (c_a · x)² with the constant force that it takes, and linear tractions on one facet."""
    d = mesh.nodes.shape[1]
    c = SLOPE[:d, :d]
    shear, lame = E / (2 * (1 + NU)), E * NU / ((1 + NU) * (1 - 2 * NU))
    gradient_of_div = 2 * np.array([sum(c[b, b] * c[b, a] for b in range(d)) for a in range(d)])
    force = -(shear * 2 * np.sum(c**2, axis=1) + (lame + shear) * gradient_of_div)

    def stress(x: Array) -> Array:
        slope = 2 * (x @ c.T)[..., :, None] * c
        strain = (slope + np.swapaxes(slope, -1, -2)) / 2
        return np.asarray(lame * np.trace(strain, axis1=-2, axis2=-1)[..., None, None] * np.eye(d) + 2 * shear * strain)

    facet = boundary_facets(mesh)[:1]
    others = np.setdiff1d(boundary_facets(mesh), facet)
    points = np.unique(mesh.facet_points(2)[others])
    traction = np.einsum("fcab,fb->fca", stress(mesh.nodes[mesh.facets[facet]]), normals(mesh, facet))
    result = solved(
        task_on(
            mesh,
            2,
            body_force=force[None],
            traction_facets=mesh.facets[facet],
            traction_values=traction,
            **held(points, (mesh.points(2)[points] @ c.T) ** 2),
        )
    )
    np.testing.assert_allclose(result.displacement, (result.points @ c.T) ** 2, atol=1e-12)
    assert estimate(result) < 1e-11 or len(mesh.cells) < 3  # a few cells cannot tell a linear stress from their own


@every_body
@both_degrees
def test_rigid_motions_cause_no_stress(mesh: Simplicial, degree: int) -> None:
    """Held at one facet alone, whose round-off the body's size over the facet's magnifies."""
    for motion in np.moveaxis(rigid_modes(mesh.points(degree)), 2, 0):
        points = mesh.facet_points(degree)[boundary_facets(mesh)[0]]
        result = solved(task_on(mesh, degree, **held(points, motion[points])))
        np.testing.assert_allclose(result.displacement, motion, atol=1e-10)
        np.testing.assert_allclose(result.stress, 0, atol=1e-10)
        np.testing.assert_allclose(result.reaction, 0, atol=1e-10)
        assert result.evidence.outcome is Outcome.CONVERGED
