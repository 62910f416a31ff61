"""Compiled loops against sums over quadrature points by the definitions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.base import Array
from models.fem import energy, hats
from models.fem import mismatch as fem_mismatch
from models.fem.energy import energy_norm
from models.fem.equilibration import Flux, gradient, prescribed
from models.fem.mismatch import difference, mismatch, sample
from models.fem.problem import Problem, problem
from models.fem.quadrature import quadrature
from tests.unit.models.fem.meshes import ONE, task_on
from tests.unit.models.fem.posing import MESHES, with_all_data

both_degrees = pytest.mark.parametrize("degree", (1, 2))
flux_degrees = pytest.mark.parametrize("flux_size", (1, 3))


def random_case(degree: int, flux_size: int) -> tuple[Problem, Array, Flux]:
    """A field and a flux that have nothing to do with each other; a quadratic q needs the larger flux space."""
    mesh, rng = MESHES["distorted L"], np.random.default_rng(3)
    given = problem(with_all_data(mesh, degree, flux_size), mesh)
    flux = prescribed(given)
    return given, rng.standard_normal(len(mesh.points(degree))), replace(flux, coefficients=rng.random(flux.space.size))


def by_quadrature(given: Problem, u: Array, flux: Flux) -> Array:
    rule = quadrature(6)
    k = given.conductivity[:, None]
    parts = [
        weight * np.sum((flux.at(point) - k * gradient(given, u, point)) ** 2 / k, axis=1)
        for point, weight in zip(rule.points, rule.weights, strict=True)
    ]
    return np.asarray(np.sum(parts, axis=0) * given.mesh.areas)


@flux_degrees
@both_degrees
def test_shares_are_the_integrals_that_they_stand_for(degree: int, flux_size: int) -> None:
    given, u, flux = random_case(degree, flux_size)
    np.testing.assert_allclose(mismatch(given, u, flux), by_quadrature(given, u, flux), rtol=1e-12)


@flux_degrees
@both_degrees
def test_products_of_shapes_give_the_same_squares(degree: int, flux_size: int) -> None:
    given, u, flux = random_case(degree, flux_size)
    apart = difference(given, u, flux)
    metric = np.einsum("ce,est->cst", apart.angles / given.conductivity[:, None], apart.reference.products)
    squares = np.einsum("cs,cst,ct->c", apart.y, metric, apart.y)
    np.testing.assert_allclose(squares, by_quadrature(given, u, flux), rtol=1e-12)


@flux_degrees
@both_degrees
def test_samples_square_to_the_shares(degree: int, flux_size: int) -> None:
    given, u, flux = random_case(degree, flux_size)
    rule = quadrature(6)
    squares = (sample(given, difference(given, u, flux), rule) ** 2).sum(axis=0) @ rule.weights
    np.testing.assert_allclose(squares, mismatch(given, u, flux), rtol=1e-12)


@both_degrees
def test_a_source_that_is_constant_on_cells_needs_no_bubbles(degree: int) -> None:
    mesh = MESHES["distorted L"]
    given = problem(task_on(mesh, degree, source=ONE), mesh)
    rng, start = np.random.default_rng(5), prescribed(given)
    u, flux = rng.standard_normal(len(mesh.points(degree))), replace(start, coefficients=rng.random(start.space.size))
    assert difference(given, u, flux).reference.source_degree == 0
    np.testing.assert_allclose(mismatch(given, u, flux), by_quadrature(given, u, flux), rtol=1e-12)


def test_short_ways_for_linear_fields_do_what_their_text_says(monkeypatch: pytest.MonkeyPatch) -> None:
    mesh = MESHES["distorted L"]
    given = problem(task_on(mesh, 1, source=ONE), mesh)
    u, flux = np.random.default_rng(5).standard_normal(len(mesh.nodes)), prescribed(given)
    shares, norm = mismatch(given, u, flux), energy_norm(given, u)
    for module in (fem_mismatch, energy, hats):
        for name, function in list(vars(module).items()):
            if hasattr(function, "py_func"):
                monkeypatch.setattr(module, name, function.py_func)
    np.testing.assert_allclose(mismatch(given, u, flux), shares, rtol=1e-12)
    assert energy_norm(given, u) == pytest.approx(norm, rel=1e-12)


@both_degrees
def test_the_energy_norm_is_that_of_the_gradient(degree: int) -> None:
    given, u, _ = random_case(degree, 1)
    rule = quadrature(2)
    squares = sum(
        weight * np.sum(gradient(given, u, point) ** 2, axis=1)
        for point, weight in zip(rule.points, rule.weights, strict=True)
    )
    expected = np.sqrt((given.conductivity * squares) @ given.mesh.areas)
    assert energy_norm(given, u) == pytest.approx(float(expected), rel=1e-13)
