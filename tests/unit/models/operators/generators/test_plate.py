"""A plate with a hole against Kirsch's solution."""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.operators.generators.plate import POISSON, Plate, plate_with_a_hole
from models.operators.generators.plate_mesh import RADIUS, plate_mesh


def polar(x: Array) -> tuple[Array, Array]:
    return np.hypot(x[:, 0], x[:, 1]), np.arctan2(x[:, 1], x[:, 0])


def kirsch_displacement(x: Array) -> Array:
    """(n, 2), of an infinite plate with E = 1 pulled along x by 1 (Kirsch 1898; Timoshenko & Goodier, § 35)."""
    (r, t), a = polar(x), RADIUS
    kappa, shear = (3 - POISSON) / (1 + POISSON), 1 / (2 * (1 + POISSON))
    along = r / a * (kappa + 1) * np.cos(t) + 2 * a / r * ((1 + kappa) * np.cos(t) + np.cos(3 * t))
    across = r / a * (kappa - 3) * np.sin(t) + 2 * a / r * ((1 - kappa) * np.sin(t) + np.sin(3 * t))
    bent = 2 * (a / r[:, None]) ** 3 * np.stack((np.cos(3 * t), np.sin(3 * t)), axis=1)
    return a / (8 * shear) * (np.stack((along, across), axis=1) - bent)


def kirsch_stress(x: Array) -> Array:
    """(n, 3): xx, yy, xy."""
    (r, t) = polar(x)
    q = (RADIUS / r) ** 2
    return np.stack(
        (
            1 - q * (1.5 * np.cos(2 * t) + np.cos(4 * t)) + 1.5 * q**2 * np.cos(4 * t),
            -q * (0.5 * np.cos(2 * t) - np.cos(4 * t)) - 1.5 * q**2 * np.cos(4 * t),
            -q * (0.5 * np.sin(2 * t) + np.sin(4 * t)) + 1.5 * q**2 * np.sin(4 * t),
        ),
        axis=1,
    )


def kirsch_traction(plate: Plate) -> Array:
    """(edges, 2, 2): on the right side (xx, xy), on the top (xy, yy)."""
    stress = kirsch_stress(plate.mesh.nodes[plate.outer].reshape(-1, 2)).reshape(len(plate.outer), 2, 3)
    right = len(plate.outer) // 2
    return np.concatenate((stress[:right][..., [0, 2]], stress[right:][..., [2, 1]]))


def test_under_kirschs_tractions_the_plate_moves_as_he_says() -> None:
    errors = []
    for divisions in (6, 12):
        plate = Plate.of(divisions)
        exact = kirsch_displacement(plate.mesh.nodes)
        found = plate.displacement(np.ones(len(exact)), kirsch_traction(plate))
        errors.append(np.abs(found - exact).max() / np.abs(exact).max())
    assert errors[1] < 2e-3
    assert errors[0] / errors[1] > 3.5  # the hole is a polygon: second order


def test_twice_the_stiffness_moves_half_as_far() -> None:
    plate = Plate.of(4)
    ones = np.ones(len(plate.mesh.nodes))
    soft, stiff = (plate.displacement(factor * ones, plate.tension(ones)) for factor in (1, 2))
    assert np.allclose(soft, 2 * stiff)


def test_the_mesh_covers_the_square_without_the_hole() -> None:
    nodes, cells = plate_mesh(16)
    a, b, c = (nodes[cells[:, corner]] for corner in range(3))
    areas = ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
    assert (areas > 0).all()
    polygon = 32 / 2 * RADIUS**2 * np.pi / 64  # about: the angles between rays differ
    assert abs(areas.sum() - (1 - polygon)) < 1e-3
    assert np.linalg.norm(nodes, axis=1).min() >= RADIUS - 1e-12


def test_sample_i_does_not_depend_on_the_count_and_its_functions_not_on_the_mesh() -> None:
    coarse, fine = plate_with_a_hole(3, 4, seed=5), plate_with_a_hole(2, 8, seed=5)
    assert np.array_equal(coarse.targets[:2], plate_with_a_hole(2, 4, seed=5).targets)
    # The outer corner is a node of both; the fields there, and the displacement by the meshes' difference.
    first, second = (int(np.argmin(np.linalg.norm(each.positions - 1, axis=1))) for each in (coarse, fine))
    assert np.allclose(coarse.inputs[:2, first], fine.inputs[:, second])
    assert np.allclose(coarse.targets[:2, first], fine.targets[:, second], rtol=0.05, atol=0.02)
    assert not np.array_equal(coarse.inputs, plate_with_a_hole(3, 4, seed=6).inputs)


def test_symmetry_holds_the_left_side_and_the_lower_one() -> None:
    pairs = plate_with_a_hole(2, 4, seed=0)
    assert np.abs(pairs.targets[:, pairs.positions[:, 0] < 1e-9, 0]).max() < 1e-7
    assert np.abs(pairs.targets[:, pairs.positions[:, 1] < 1e-9, 1]).max() < 1e-7
    assert pairs.grid == ()
