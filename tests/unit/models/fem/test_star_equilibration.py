from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from models.fem import dual_graph, energy, fans, hats, mismatch, round_off, shape, star_descent, star_flux
from models.fem.bound import certificate, certificate_by
from models.fem.equilibration import equilibrate, imbalance, prescribed
from models.fem.fans import Fans
from models.fem.mesh import Triangulation, triangulate, unit_square
from models.fem.problem import Problem, problem
from models.fem.solve import solve_field
from models.fem.star_equilibration import equilibrate_by_stars
from tests.unit.models.fem.meshes import MESHES, ONE, boundary_points, distorted, l_shape, task_on
from tests.unit.models.fem.posing import with_all_data
from tests.unit.models.fem.test_fans import BOW_TIE

both_degrees = pytest.mark.parametrize("degree", (1, 2))
COMPILED = dual_graph, energy, fans, hats, mismatch, round_off, shape, star_descent, star_flux


def with_sides(mesh: Triangulation, degree: int, flux_size: int) -> Problem:
    return problem(with_all_data(mesh, degree, flux_size), mesh)


@settings(deadline=None, max_examples=30)
@forall(name=st.sampled_from(sorted(set(MESHES) - {"one triangle"})), degree=st.sampled_from((1, 2)))
def test_stars_of_a_galerkin_solution_balance_every_cell(name: str, degree: int) -> None:
    given = with_sides(MESHES[name], degree, 3)
    net, _ = star_flux.star_flux(given, solve_field(given).x, given.mesh.fans)
    assert abs(imbalance(given, net)).max() < 1e-12 * abs(net).max()
    edges = given.boundary.neumann_edges
    np.testing.assert_allclose(net[edges], prescribed(given).coefficients[edges], atol=1e-12)


@both_degrees
def test_stars_leave_nothing_where_hats_are_in_balance(degree: int) -> None:
    """Of a field that is wrong at one node: nothing is left but around its neighbours."""
    given = with_sides(distorted(l_shape(2), seed=3), degree, 2)
    u = solve_field(given).x
    inner = np.setdiff1d(np.arange(len(given.mesh.nodes)), given.mesh.edges[given.mesh.is_boundary])
    u[inner[0]] += 1.0
    net, _ = star_flux.star_flux(given, u, given.mesh.fans)
    left = imbalance(given, net)
    around = np.unique(given.mesh.cells[(given.mesh.cells == inner[0]).any(axis=1)])
    near = np.isin(given.mesh.cells, around).any(axis=1)
    assert abs(left[~near]).max(initial=0.0) < 1e-12
    assert abs(left[near]).max() > 1e-3


@both_degrees
def test_a_round_keeps_the_balance_and_comes_nearer_but_not_beyond_the_nearest(degree: int) -> None:
    given = with_sides(distorted(l_shape(3), seed=3), degree, 3)
    u = solve_field(given).x
    net, _ = star_flux.star_flux(given, u, given.mesh.fans)
    start = prescribed(given)
    coefficients = start.coefficients.copy()
    coefficients[: len(net)] = net
    start = replace(start, coefficients=coefficients)
    after = star_descent.descend(given, u, start, given.mesh.fans)
    count, closed = len(net), given.boundary.neumann_edges
    assert abs(imbalance(given, after.coefficients[:count])).max() < 1e-12
    for first in range(0, (1 + max(degree, 2)) * count, count):
        np.testing.assert_array_equal(after.coefficients[first + closed], start.coefficients[first + closed])
    nearest, reached, begun = (
        mismatch.mismatch(given, u, flux).sum() for flux in (equilibrate(given, u), after, start)
    )
    assert nearest * (1 - 1e-9) <= reached < 0.9 * begun


@both_degrees
def test_moments_follow_each_step(degree: int) -> None:
    """A second round starts from moments that are computed afresh; it must gain less than the first."""
    given = with_sides(distorted(unit_square(5, 5), seed=3), degree, 1)
    u = solve_field(given).x
    flux, _ = equilibrate_by_stars(given, u)
    squares = [mismatch.mismatch(given, u, flux).sum()]
    for _ in range(3):
        flux = star_descent.descend(given, u, flux, given.mesh.fans)
        squares.append(mismatch.mismatch(given, u, flux).sum())
    gains = -np.diff(squares)
    assert (gains > 0).all() and (np.diff(gains) < 0).all()


@both_degrees
@pytest.mark.parametrize("stretch", (30, 1000))
def test_flat_cells_get_the_sharpest_bound(stretch: float, degree: int) -> None:
    square = unit_square(6, 6)
    mesh = triangulate(square.nodes * [stretch, 1], square.cells)
    given = problem(task_on(mesh, degree, source=ONE), mesh)
    u = solve_field(given).x
    assert certificate(given, u).bound.value == certificate(given, u, "sharp").bound.value


def test_a_domain_that_touches_itself_gets_a_bound_even_so() -> None:
    """Its hats are balanced over both parts together, not over each: the tree carries what is missing."""
    nodes = boundary_points(BOW_TIE, 1, lambda x, y: abs(x) == 1)
    task = task_on(BOW_TIE, 1, cell_source=np.array([1.0, 3.0]), dirichlet_points=nodes)
    given = problem(task, BOW_TIE)
    u = solve_field(given).x
    found, sharp = certificate(given, u), certificate(given, u, "sharp")
    assert sharp.bound.value * (1 - 1e-9) <= found.bound.value <= 1.1 * sharp.bound.value


@both_degrees
def test_a_flux_out_of_balance_is_charged_for_it(degree: int) -> None:
    given = with_sides(distorted(l_shape(2), seed=3), degree, 1)
    u = solve_field(given).x
    found = certificate(given, u)
    coefficients = found.flux.coefficients.copy()
    inner = np.flatnonzero(~given.mesh.is_boundary)
    coefficients[inner] *= 1 + 1e-6
    other = certificate_by(given, u, replace(found.flux, coefficients=coefficients))
    assert 1e-7 < other.bound.value - found.bound.value < 1e-3


@both_degrees
def test_compiled_loops_do_what_their_source_says(degree: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same certificate without the compiler, and its fans made anew."""
    mesh = distorted(l_shape(2), seed=4)
    given = with_sides(mesh, degree, 3)
    u = solve_field(given).x
    expected = certificate(given, u)
    for module in COMPILED:
        for name, function in list(vars(module).items()):
            if hasattr(function, "py_func"):
                monkeypatch.setattr(module, name, function.py_func)
    again = replace(given, mesh=replace(mesh))
    found = certificate(again, u)
    assert found.bound.value == pytest.approx(expected.bound.value, rel=1e-12)
    np.testing.assert_allclose(found.shares, expected.shares, rtol=1e-9)
    assert isinstance(again.mesh.fans, Fans)
