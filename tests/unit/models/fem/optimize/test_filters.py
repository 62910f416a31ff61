"""Constants and volumes are kept, transposes are transposes, and Helmholtz's equation is solved."""

from __future__ import annotations

import numpy as np
import pytest

from models.fem.element import LAGRANGE
from models.fem.mesh import unit_square
from models.fem.optimize import filters
from models.fem.optimize.sampled import Sampled, bricks, simplices
from tests.unit.models.fem.elasticity.bodies import BODIES

SPACES: dict[str, Sampled] = {
    "squares": bricks((7, 5), np.array([1.4, 1.0])),
    "cubes": bricks((4, 3, 2), np.array([2.0, 1.0, 1.0])),
    "flat bricks": bricks((4, 3, 3), np.array([2.0, 1.0, 0.1])),
    **{
        name: simplices(BODIES[name], LAGRANGE[BODIES[name].nodes.shape[1]][1])
        for name in ("distorted square", "distorted two holes", "distorted box")
    },
}
KINDS = {"cone": filters.cone, "helmholtz": filters.helmholtz, "none": lambda space, radius: filters.none()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SPACES)
def test_constants_are_kept_and_the_pull_back_is_the_transpose(name: str, kind: str) -> None:
    space = SPACES[name]
    made = KINDS[kind](space, 0.45)
    count = len(space.volumes)
    np.testing.assert_allclose(made.apply(np.full(count, 0.7)), 0.7, rtol=1e-12)
    x, y = np.random.default_rng(0).random((2, count))
    assert y @ made.apply(x) == pytest.approx(made.pull_back(y) @ x, rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("radius", (1e-3, 0.1, 0.45, 1e3))
def test_what_is_between_0_and_1_stays_there(radius: float, name: str, kind: str) -> None:
    space = SPACES[name]
    made = KINDS[kind](space, radius)
    x = np.random.default_rng(0).integers(0, 2, len(space.volumes)).astype(np.float64)
    assert made.apply(x).min() >= -1e-12
    assert made.apply(x).max() <= 1 + 1e-12


@pytest.mark.parametrize("name", SPACES)
def test_helmholtz_keeps_the_volume(name: str) -> None:
    space = SPACES[name]
    x = np.random.default_rng(0).random(len(space.volumes))
    assert space.volumes @ filters.helmholtz(space, 0.8).apply(x) == pytest.approx(space.volumes @ x, rel=1e-12)


def test_the_cone_is_that_of_all_pairs() -> None:
    space = SPACES["distorted two holes"]
    far = np.linalg.norm(space.centers[:, None] - space.centers[None], axis=2)
    weights = np.maximum(0, 0.3 - far) * space.volumes
    x = np.random.default_rng(0).random(len(space.volumes))
    np.testing.assert_allclose(filters.cone(space, 0.3).apply(x), weights @ x / weights.sum(axis=1), rtol=1e-12)


@pytest.mark.parametrize("radius", (0.1, 0.45, 3.0, 1e6))
@pytest.mark.parametrize(("counts", "lengths"), [((7, 5), (1.4, 1)), ((4, 3, 2), (2, 1, 1)), ((1, 9), (0.1, 1))])
def test_on_bricks_the_cone_is_a_correlation(
    counts: tuple[int, ...], lengths: tuple[float, ...], radius: float
) -> None:
    space = bricks(counts, np.array(lengths))
    even, other = filters.even_cone(counts, np.array(lengths), radius), filters.cone(space, radius)
    x = np.random.default_rng(0).random(len(space.volumes))
    np.testing.assert_allclose(even.apply(x), other.apply(x), rtol=1e-10)
    np.testing.assert_allclose(even.pull_back(x), other.pull_back(x), rtol=1e-10)


def test_the_signs_of_small_slopes_outlive_large_ones() -> None:
    x = np.full(200, 1e-30)
    x[0] = 1.0
    assert (filters.even_cone((20, 10), np.array([20.0, 10.0]), 3.0).pull_back(x) > 0).all()


@pytest.mark.parametrize("kind", ("squares", "triangles"))
def test_helmholtz_damps_a_wave_as_the_equation_does(kind: str) -> None:
    """cos kx has no flux at the ends: −ℓ² u″ + u = cos kx has u = cos kx / (1 + ℓ²k²). Second order in h."""
    errors = []
    for count in (8, 16, 32):
        space = bricks((count, count), np.ones(2))
        if kind == "triangles":
            space = simplices(unit_square(count, count), LAGRANGE[2][1])
        wave = np.cos(2 * np.pi * space.centers[:, 0])
        damped = wave / (1 + (0.3 / 12**0.5) ** 2 * (2 * np.pi) ** 2)
        error = filters.helmholtz(space, 0.3).apply(wave) - damped
        errors.append(np.sqrt(space.volumes @ error**2))
    assert np.log2(errors[0] / errors[1]) > 1.8
    assert np.log2(errors[1] / errors[2]) > 1.8
