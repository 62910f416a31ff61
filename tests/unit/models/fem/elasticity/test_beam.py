"""Beams, bars and a cylinder against the solutions of the textbooks."""

from __future__ import annotations

import numpy as np
import pytest

from models.base import Array
from models.fem.mesh import triangulate, unit_square
from tests.unit.models.fem.elasticity.bodies import (
    block,
    boundary_facets,
    boundary_points,
    clamped,
    held,
    solved,
    task_on,
)

LENGTH, HEIGHT = 10.0, 1.0
E, NU = 1000.0, 0.3


def tip_deflection(
    divisions: tuple[int, ...], lengths: tuple[float, ...], degree: int, plane: str, poisson: float = NU
) -> float:
    """Of a cantilever under a shear force of 1 in the last axis, even over the end."""
    mesh = block(divisions, lengths)
    d = len(divisions)
    end = boundary_facets(mesh, lambda x: np.isclose(x[:, 0], lengths[0]))
    traction = np.zeros((len(end), d))
    traction[:, -1] = 1 / np.prod(lengths[1:])
    result = solved(
        task_on(
            mesh,
            degree,
            plane=plane,
            young_modulus=np.array([E]),
            poisson_ratio=np.array([poisson]),
            traction_facets=mesh.facets[end],
            traction_values=traction,
            **clamped(mesh, degree),
        )
    )
    return float(result.displacement[np.isclose(result.points[:, 0], lengths[0]), -1].mean())


def timoshenko(young: float, poisson: float) -> float:
    """P L³ / 3EI + P L / κGA for a width of 1, κ = 10 (1 + ν) / (12 + 11 ν) (Cowper 1966, J. Appl. Mech. 33, 335)."""
    shear = young / (2 * (1 + poisson))
    kappa = 10 * (1 + poisson) / (12 + 11 * poisson)
    return LENGTH**3 / (3 * young * HEIGHT**3 / 12) + LENGTH / (kappa * shear * HEIGHT)


# Beam theory leaves out what happens within a height of the clamp, where Poisson's effect is held back: of the order of
# (height / length)², a third of which has been seen to matter.
END_EFFECT = (HEIGHT / LENGTH) ** 2 / 3


def test_a_cantilever_in_plane_stress_is_timoshenkos_beam() -> None:
    found = tip_deflection((80, 8), (LENGTH, HEIGHT), 2, "stress")
    assert found == pytest.approx(timoshenko(E, NU), rel=END_EFFECT)


def test_a_cantilever_in_plane_strain_is_a_stiffer_beam() -> None:
    """The plane-stress beam of E / (1 − ν²) and ν / (1 − ν)."""
    found = tip_deflection((80, 8), (LENGTH, HEIGHT), 2, "strain")
    assert found == pytest.approx(timoshenko(E / (1 - NU**2), NU / (1 - NU)), rel=2 * END_EFFECT)


def test_a_cantilever_in_space_is_timoshenkos_beam() -> None:
    """ν = 0, since a clamp holds back Poisson's effect in both directions; two cells over the height add their own."""
    found = tip_deflection((20, 2, 2), (LENGTH, 1.0, HEIGHT), 2, "strain", poisson=0.0)
    assert found == pytest.approx(timoshenko(E, 0.0), rel=END_EFFECT)


def test_linear_elements_are_too_stiff_in_bending_and_softer_on_finer_meshes() -> None:
    """Galerkin's energy is below the exact one, and nested spaces approach it from one side."""
    coarse, fine = (tip_deflection((10 * n, n), (LENGTH, HEIGHT), 1, "stress") for n in (2, 4))
    assert coarse < fine < tip_deflection((40, 4), (LENGTH, HEIGHT), 2, "stress")


@pytest.mark.parametrize("degree", (1, 2))
@pytest.mark.parametrize("divisions", [(6, 2), (6, 2, 2)])
def test_a_bar_of_two_materials_stretches_by_each(divisions: tuple[int, ...], degree: int) -> None:
    """ν = 0: the stress is 1 throughout, the strain 1 / E."""
    mesh = block(divisions, (2.0, *[1.0] * (len(divisions) - 1)))
    stiff = mesh.nodes[mesh.cells].mean(axis=1)[:, 0] > 1
    end = boundary_facets(mesh, lambda x: np.isclose(x[:, 0], 2))
    d = len(divisions)
    result = solved(
        task_on(
            mesh,
            degree,
            young_modulus=np.where(stiff, 4.0, 1.0),
            poisson_ratio=np.zeros(1),
            traction_facets=mesh.facets[end],
            traction_values=np.tile(np.eye(d)[0], (len(end), 1)),
            **clamped(mesh, degree),
        )
    )
    x = result.points[:, 0]
    exact = np.zeros_like(result.points)
    exact[:, 0] = np.minimum(x, 1) + np.maximum(x - 1, 0) / 4
    np.testing.assert_allclose(result.displacement, exact, atol=1e-12)
    reactions = np.bincount(np.tile(np.arange(d), len(result.reaction) // d), weights=result.reaction)
    np.testing.assert_allclose(reactions, -np.eye(d)[0], atol=1e-12)
    assert result.strain_energy.sum() == pytest.approx((1 + 1 / 4) / 2)


def test_a_thick_cylinder_under_inner_pressure_is_lames() -> None:
    """A quarter from radius 1 to 2 under pressure 1, in plane strain (Timoshenko & Goodier 1970, section 28)."""
    counts = (12, 16)
    grid = unit_square(*counts)
    radius, angle = 1 + grid.nodes[:, 0], np.pi / 2 * grid.nodes[:, 1]
    mesh = triangulate(np.column_stack((radius * np.cos(angle), radius * np.sin(angle))), grid.cells)

    def inside(x: Array) -> Array:
        return np.asarray(np.hypot(*x.T) < 1.01)

    facets = boundary_facets(mesh, inside)
    low = boundary_points(mesh, 2, lambda x: x[:, 1] < 1e-9)
    right = boundary_points(mesh, 2, lambda x: x[:, 0] < 1e-9)
    result = solved(
        task_on(
            mesh,
            2,
            young_modulus=np.array([E]),
            poisson_ratio=np.array([NU]),
            traction_facets=mesh.facets[facets],
            traction_values=mesh.nodes[mesh.facets[facets]],  # the outward unit radius at the corners
            fixed_points=np.concatenate((low, right)),
            fixed_axes=np.repeat([1, 0], [len(low), len(right)]),
            fixed_values=np.zeros(len(low) + len(right)),
        )
    )
    r = np.hypot(*mesh.nodes.T)
    exact = (1 + NU) / E * ((1 - 2 * NU) * r + 4 / r) / 3
    outward = np.sum(result.displacement[: len(mesh.nodes)] * mesh.nodes, axis=1) / r
    # Straight edges in place of an arc of 90°/16: their sagitta is 0.12 % of the radius.
    np.testing.assert_allclose(outward, exact, rtol=0.0025)


def test_reactions_balance_the_weight() -> None:
    mesh = block((4, 3, 2), (2.0, 1.0, 1.0))
    result = solved(task_on(mesh, 2, body_force=np.array([[0.0, 0.0, -3.0]]), **clamped(mesh, 2)))
    total = result.reaction.reshape(-1, 3).sum(axis=0)
    np.testing.assert_allclose(total, [0, 0, 6], atol=1e-11)
    # The moment of the weight, whose centre is at half the length, about the clamp.
    held_at = mesh.points(2)[boundary_points(mesh, 2, lambda x: np.isclose(x[:, 0], 0))]
    moment = np.cross(held_at, result.reaction.reshape(-1, 3)).sum(axis=0)
    np.testing.assert_allclose(moment, [3, -6, 0], atol=1e-10)
    np.testing.assert_allclose(result.imbalance, 0, atol=1e-12)


def test_a_displacement_may_be_given_by_component() -> None:
    """Rollers: a square pulled by its right side contracts freely, σ_xx = E ε in plane stress."""
    mesh = unit_square(3, 3)
    left = boundary_points(mesh, 1, lambda x: x[:, 0] == 0)
    right = boundary_points(mesh, 1, lambda x: x[:, 0] == 1)
    below = boundary_points(mesh, 1, lambda x: x[:, 1] == 0)
    result = solved(
        task_on(
            mesh,
            1,
            plane="stress",
            fixed_points=np.concatenate((left, right, below)),
            fixed_axes=np.repeat([0, 0, 1], [len(left), len(right), len(below)]),
            fixed_values=np.repeat([0, 0.1, 0], [len(left), len(right), len(below)]),
        )
    )
    np.testing.assert_allclose(result.displacement, mesh.nodes * [0.1, -0.03], atol=1e-13)
    np.testing.assert_allclose(result.stress, np.tile([0.2, 0, 0, 0, 0, 0], (18, 1)), atol=1e-13)
    assert result.reaction[: len(left)].sum() == pytest.approx(-0.2)


def test_stretching_by_given_values_stores_the_work_of_the_reactions() -> None:
    mesh = block((3, 3, 3), (1.0, 1.0, 1.0))
    sides = boundary_points(mesh, 2, lambda x: np.isclose(x[:, 0] % 1, 0))
    x = mesh.points(2)[sides]
    task = task_on(mesh, 2, **held(sides, np.column_stack((x[:, 0] / 10, x[:, 1] * x[:, 0], 0 * x[:, 2]))))
    result = solved(task)
    assert task.fixed_values is not None
    assert result.strain_energy.sum() == pytest.approx(result.reaction @ task.fixed_values / 2, rel=1e-12)
