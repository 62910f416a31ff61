from __future__ import annotations

import numpy as np
import pytest

from models.fem.assembly import stiffness
from models.fem.element import ELEMENTS, Element
from models.fem.mesh import Triangulation
from models.fem.operator import operator
from models.fem.plan import plan
from tests.unit.models.fem.meshes import MESHES, boundary_points

every_mesh = pytest.mark.parametrize("mesh", MESHES.values(), ids=MESHES)
every_element = pytest.mark.parametrize("element", ELEMENTS.values(), ids=lambda element: element.name)


@every_mesh
@every_element
def test_a_plan_makes_the_stiffness_that_is_assembled_without_it(mesh: Triangulation, element: Element) -> None:
    conductivity = np.random.default_rng(0).uniform(0.1, 10, len(mesh.cells))
    fixed = boundary_points(mesh, element.degree, lambda x, y: y == 0)
    made = plan(mesh, element, fixed)
    whole = stiffness(mesh, element, conductivity)
    free = np.setdiff1d(np.arange(whole.shape[0]), fixed)
    np.testing.assert_array_equal(made.free, free)
    block = whole.toarray()[np.ix_(free, free)]
    np.testing.assert_allclose(made.matrix(conductivity).toarray(), block, atol=1e-14 * abs(whole).max())
    u = np.random.default_rng(1).standard_normal(whole.shape[0])
    np.testing.assert_allclose(made.apply(conductivity, u), whole @ u, atol=1e-12 * abs(whole).max())


@every_mesh
@every_element
def test_the_energy_is_the_sum_of_its_derivatives_times_the_conductivities(
    mesh: Triangulation, element: Element
) -> None:
    rng = np.random.default_rng(0)
    conductivity = rng.uniform(0.1, 10, len(mesh.cells))
    made = plan(mesh, element, boundary_points(mesh, element.degree))
    u, v = rng.standard_normal((2, made.point_count))
    energy = v @ (stiffness(mesh, element, conductivity) @ u)
    assert conductivity @ made.conductivity_gradient(u, v) == pytest.approx(energy, rel=1e-11, abs=1e-11)


def test_a_plan_where_every_point_is_fixed_has_an_empty_matrix() -> None:
    mesh = MESHES["one triangle"]
    made = plan(mesh, ELEMENTS[1], np.arange(3))
    assert made.matrix(np.ones(1)).shape == (0, 0)
    [solution] = operator(made, np.ones(1)).solve([np.ones(3)], [np.arange(3.0)])
    np.testing.assert_array_equal(solution.x, np.arange(3.0))
    assert solution.residual == 0


def test_the_size_of_an_operator_counts_its_plan_and_its_factors() -> None:
    mesh = MESHES["ring"]
    made = plan(mesh, ELEMENTS[2], boundary_points(mesh, 2))
    held = operator(made, np.ones(1))
    assert made.size_bytes > made.local.nbytes + mesh.gradients.nbytes
    assert held.factor is not None
    assert held.size_bytes > made.size_bytes + 8 * held.factor.nonzeros
