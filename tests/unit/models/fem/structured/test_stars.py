from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base import Array
from models.fem.bound import certificate_by
from models.fem.equilibration import equilibrate, imbalance
from models.fem.mesh import unit_square
from models.fem.problem import Problem, problem
from models.fem.solve import solve_field
from models.fem.star_equilibration import equilibrate_by_stars
from models.fem.structured import stars
from models.fem.structured.stars import SquareStars, best_stars, square_stars
from models.fem.task import DiffusionTask


def posed(sides: tuple[int, int], conductivity: Array, seed: int = 0) -> Problem:
    """With a source for each cell, and u = 0 on the boundary, or random values there for odd seeds."""
    mesh, rng = unit_square(*sides), np.random.default_rng(seed)
    points = np.unique(mesh.edges[mesh.is_boundary])
    task = DiffusionTask(
        divisions=np.array(sides),
        conductivity=conductivity,
        cell_source=1 + rng.standard_normal(len(mesh.cells)),
        dirichlet_points=points,
        dirichlet_values=0.01 * (seed % 2) * np.sin(5 * mesh.nodes[points]).sum(axis=1),
    )
    return problem(task, mesh)


def of(given: Problem, sides: tuple[int, int]) -> SquareStars:
    return square_stars(given.mesh, sides)


@settings(max_examples=30, deadline=None)
@given(
    sides=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    spread=st.floats(0, 2),
    seed=st.integers(0, 50),
    error=st.sampled_from((0.0, 1e-3, 1.0)),
)
def test_every_cell_is_in_balance_whatever_field_it_was_made_from(
    sides: tuple[int, int], spread: float, seed: int, error: float
) -> None:
    rng = np.random.default_rng(seed)
    given = posed(sides, np.exp(spread * rng.standard_normal(2 * sides[0] * sides[1])), seed)
    near = solve_field(given).x
    near = near + error * rng.standard_normal(len(near))
    flux, carried = of(given, sides)(given, near)
    net = flux.coefficients[: len(given.mesh.edges)]
    assert abs(imbalance(given, net)).max() <= 1e-12 * abs(net).max()
    if error == 0.0:
        assert carried <= 1e-7 * certificate_by(given, near, flux).bound.value


@pytest.mark.parametrize("sides", ((16, 16), (24, 12), (7, 9)))
@pytest.mark.parametrize("spread", (0.0, 0.5, 1.0))
def test_it_is_as_near_as_stars_on_any_mesh_and_nearly_as_the_nearest(sides: tuple[int, int], spread: float) -> None:
    k = np.exp(spread * np.random.default_rng(1).standard_normal(2 * sides[0] * sides[1]))
    given = posed(sides, k)
    u = solve_field(given).x
    found = certificate_by(given, u, of(given, sides)(given, u)[0]).bound.value
    general = certificate_by(given, u, equilibrate_by_stars(given, u)[0]).bound.value
    nearest = certificate_by(given, u, equilibrate(given, u)).bound.value
    assert nearest * (1 - 1e-9) <= found <= (1.05 if spread < 1 else 1.1) * nearest
    assert found <= 1.01 * general


def test_what_a_field_lacks_in_balance_is_carried_and_told() -> None:
    """The flux from a field without a right balance costs about what is told, and no more than that in sharpness."""
    sides = (32, 32)
    given = posed(sides, np.ones(2 * 32 * 32))
    exact = solve_field(given).x
    best = certificate_by(given, exact, of(given, sides)(given, exact)[0]).bound.value
    inner = np.setdiff1d(np.arange(len(exact)), given.boundary.dirichlet_points)
    near = exact.copy()
    near[inner] += 0.003 * np.random.default_rng(0).standard_normal(len(inner))
    flux, carried = of(given, sides)(given, near)
    cost = certificate_by(given, exact, flux).bound.value - best
    assert 0 < cost < carried


def test_compiled_loops_do_what_their_text_says(monkeypatch: pytest.MonkeyPatch) -> None:
    sides = (5, 4)
    given = posed(sides, np.exp(np.random.default_rng(3).standard_normal(40)))
    u = solve_field(given).x + 0.01
    expected, carried = of(given, sides)(given, u)
    for name, function in list(vars(stars).items()):
        if hasattr(function, "py_func"):
            monkeypatch.setattr(stars, name, function.py_func)
    found, also = of(given, sides)(given, u)
    np.testing.assert_allclose(found.coefficients, expected.coefficients, atol=1e-12)
    assert also == pytest.approx(carried)


def test_they_are_taken_where_they_apply() -> None:
    sides = np.array((6, 8))
    given = posed((6, 8), np.ones(96))
    assert isinstance(best_stars(given, sides), SquareStars)
    varying = replace(given, source=given.source + given.mesh.nodes[given.mesh.cells, 0])
    on_a_part = DiffusionTask(
        divisions=sides, conductivity=np.ones(1), dirichlet_points=np.arange(7), dirichlet_values=np.zeros(7)
    )
    for other, divisions in ((given, None), (varying, sides), (problem(on_a_part, given.mesh), sides)):
        assert best_stars(other, divisions) is equilibrate_by_stars


def test_one_set_of_stars_serves_all_problems_of_its_mesh() -> None:
    sides = (8, 8)
    given = posed(sides, np.ones(128))
    both = of(given, sides)
    for factor in (1.0, 3.0):
        again = replace(given, conductivity=factor * given.conductivity)
        u = solve_field(again).x
        flux, _ = both(again, u)
        assert certificate_by(again, u, flux).bound.relative < 0.5
