"""Matrices of single cells against the literature's closed form, the other assembly, and exact fields."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array

from models.base import Array
from models.fem.elasticity import form
from models.fem.elasticity.material import Material
from models.fem.element import LAGRANGE
from models.fem.optimize import matrices
from models.fem.optimize.sampled import Sampled, bricks, simplices
from tests.unit.models.fem.elasticity.bodies import BODIES


def material(count: int, dimension: int, plane_stress: bool = False) -> Material:
    return Material(np.linspace(1.0, 2.0, count), np.full(count, 0.3), dimension, plane_stress)


def assembled(space: Sampled, local: Array) -> Array:
    """Dense, of matrices (cells, n k, n k) with k components at each point."""
    components = local.shape[1] // space.cell_points.shape[1]
    rows = (space.cell_points[:, :, None] * components + np.arange(components)).reshape(len(local), -1)
    places = np.repeat(rows, rows.shape[1], axis=1).ravel(), np.tile(rows, rows.shape[1]).ravel()
    size = len(space.points) * components
    return np.asarray(coo_array((local.ravel(), places), shape=(size, size)).toarray())


def test_a_square_is_sigmunds() -> None:
    """Sigmund 2001, Struct. Multidiscip. Optim. 21, 120-127: the matrix of his 99 lines, corners turning around."""
    nu = 0.3
    k = np.array([1 / 2 - nu / 6, 1 / 8 + nu / 8, -1 / 4 - nu / 12, -1 / 8 + 3 * nu / 8])
    k = np.append(k, [-1 / 4 + nu / 12, -1 / 8 - nu / 8, nu / 6, 1 / 8 - 3 * nu / 8]) / (1 - nu**2)
    order = ("01234567", "10765432", "27056341", "36507214", "45670123", "54321076", "63412705", "72143650")
    theirs = np.array([[k[int(at)] for at in row] for row in order])
    space = bricks((1, 1), np.array([1.0, 1.0]))
    ours = matrices.elastic(space, Material(np.ones(1), np.full(1, nu), 2, plane_stress=True))[0]
    around = (np.array([0, 1, 3, 2])[:, None] * 2 + [0, 1]).ravel()  # ours run along x, then y
    np.testing.assert_allclose(ours[np.ix_(around, around)], theirs, atol=1e-15)


@pytest.mark.parametrize("degree", (1, 2))
@pytest.mark.parametrize("name", ("distorted square", "distorted two holes", "distorted box"))
def test_simplices_are_those_of_elasticity(name: str, degree: int) -> None:
    mesh = BODIES[name]
    d = mesh.nodes.shape[1]
    element, given = LAGRANGE[d][degree], material(len(mesh.cells), d)
    ours = matrices.elastic(simplices(mesh, element), given)
    theirs = form.stiffness(mesh, element, given).toarray()
    np.testing.assert_allclose(assembled(simplices(mesh, element), ours), theirs, atol=1e-12 * abs(theirs).max())


@pytest.mark.parametrize("counts", ((3, 2), (2, 3, 2)))
def test_bricks_store_the_energy_of_even_strains_and_none_of_rigid_motions(counts: tuple[int, ...]) -> None:
    d = len(counts)
    space = bricks(counts, np.arange(1.0, d + 1))
    given = material(len(space.volumes), d)
    stiffness = assembled(space, matrices.elastic(space, given))
    slope = np.random.default_rng(0).normal(size=(d, d))
    u = (space.points @ slope.T + 0.3).ravel()
    strain = (slope + slope.T) / 2
    density = given.lame * np.trace(strain) ** 2 + 2 * given.shear * np.sum(strain**2)
    assert u @ stiffness @ u == pytest.approx(float(density @ space.volumes), rel=1e-12)
    turn = (space.points @ (slope - slope.T).T + 0.3).ravel()
    np.testing.assert_allclose(stiffness @ turn, 0, atol=1e-12)


@pytest.mark.parametrize("counts", ((3, 2), (2, 3, 2)))
def test_bricks_fill_their_box(counts: tuple[int, ...]) -> None:
    lengths = np.arange(1.0, len(counts) + 1)
    space = bricks(counts, lengths)
    assert space.volumes.sum() == pytest.approx(np.prod(lengths))
    np.testing.assert_allclose(matrices.load(space).sum(axis=1), space.volumes)
    np.testing.assert_allclose(assembled(space, matrices.laplacian(space)).sum(axis=1), 0, atol=1e-13)
    np.testing.assert_allclose(space.points[space.cell_points].mean(axis=1), space.centers)
    np.testing.assert_allclose(space.points[-1], lengths)
    assert (space.points[space.cell_points].max(axis=1) - space.points[space.cell_points].min(axis=1)).min() > 0
