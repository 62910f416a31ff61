"""The matrix and the load vectors against scikit-fem, and what makes the matrix one of elasticity."""

from __future__ import annotations

import numpy as np
import pytest
import skfem
from skfem.helpers import ddot, div, dot, eye, sym_grad, trace
from skfem.models.elasticity import lame_parameters, linear_elasticity
from skfem.quadrature import get_quadrature
from skfem.refdom import RefLine, RefTri

from models.base import Array
from models.fem.elasticity.form import body_load, stiffness, thermal_load, traction_load
from models.fem.elasticity.problem import Problem
from models.fem.elasticity.rigid import rigid_modes
from models.fem.simplicial import Simplicial
from tests.unit.models.fem.elasticity.bodies import BODIES, boundary_facets, clamped, posed, solved, task_on

every_body = pytest.mark.parametrize("mesh", BODIES.values(), ids=BODIES)
both_degrees = pytest.mark.parametrize("degree", (1, 2))
PEERS = {
    2: (skfem.MeshTri, {1: skfem.ElementTriP1, 2: skfem.ElementTriP2}),
    3: (skfem.MeshTet, {1: skfem.ElementTetP1, 2: skfem.ElementTetP2}),
}


def varied(mesh: Simplicial, degree: int) -> Problem:
    """E, ν, f, α ΔT and t at random; a single point is held, which these matrices do not see."""
    rng = np.random.default_rng(0)
    d, cells = mesh.nodes.shape[1], len(mesh.cells)
    facets = mesh.facets[boundary_facets(mesh)]
    task = task_on(
        mesh,
        degree,
        young_modulus=rng.uniform(0.5, 5, cells),
        poisson_ratio=rng.uniform(-0.5, 0.45, cells),
        body_force=rng.standard_normal((len(mesh.points(degree)), d)),
        expansion=rng.uniform(0, 1, cells),
        temperature=rng.standard_normal(len(mesh.nodes)),
        cell_temperature=rng.standard_normal(cells),
        traction_facets=facets,
        traction_values=rng.standard_normal((*facets.shape, d)),
        fixed_points=np.array([0]),
        fixed_axes=np.array([0]),
        fixed_values=np.zeros(1),
    )
    return posed(task, mesh)


def peer_basis(mesh: Simplicial, degree: int) -> tuple[skfem.Basis, Array]:
    """scikit-fem's basis, and the number there of each of our unknowns, in our order."""
    kind, elements = PEERS[mesh.nodes.shape[1]]
    peer = kind(mesh.nodes.T.copy(), mesh.cells.T.copy())
    basis = skfem.Basis(peer, skfem.ElementVector(elements[degree]()), intorder=4)
    places = np.round(basis.doflocs.T, 9)
    numbers = []
    for a in range(mesh.nodes.shape[1]):
        own = basis.nodal_dofs[a]
        if degree == 2:
            own = np.concatenate((own, (basis.facet_dofs if mesh.nodes.shape[1] == 2 else basis.edge_dofs)[a]))
        ours = np.round(mesh.points(degree), 9)
        numbers.append(own[np.lexsort(places[own].T)][np.argsort(np.lexsort(ours.T))])
    return basis, np.stack(numbers, axis=1).ravel()


@every_body
@both_degrees
def test_the_stiffness_matrix_is_that_of_scikit_fem(mesh: Simplicial, degree: int) -> None:
    problem = varied(mesh, degree)
    basis, numbers = peer_basis(mesh, degree)

    @skfem.BilinearForm
    def energy(u, v, w):  # type: ignore[no-untyped-def]
        strain = sym_grad(u)
        return ddot(w["lame"] * eye(trace(strain), len(strain)) + 2 * w["shear"] * strain, sym_grad(v))

    fields = {name: values[:, None] for name, values in _lame(problem).items()}
    peer = energy.assemble(basis, **fields).toarray()
    ours = stiffness(mesh, problem.element, problem.material).toarray()
    np.testing.assert_allclose(ours, peer[np.ix_(numbers, numbers)], atol=1e-12 * abs(peer).max())


@every_body
@both_degrees
def test_the_loads_are_those_of_scikit_fem(mesh: Simplicial, degree: int) -> None:
    problem = varied(mesh, degree)
    basis, numbers = peer_basis(mesh, degree)
    force = np.empty(len(numbers))
    force[numbers[np.arange(len(numbers)).reshape(-1, mesh.nodes.shape[1])[mesh.cell_points(degree)]]] = (
        problem.body_force
    )

    @skfem.LinearForm
    def body(v, w):  # type: ignore[no-untyped-def]
        return dot(w["f"], v)

    @skfem.LinearForm
    def thermal(v, w):  # type: ignore[no-untyped-def]
        return w["pressure"] * div(v)

    ours = body_load(mesh, problem.element, problem.body_force).ravel()
    np.testing.assert_allclose(ours, body.assemble(basis, f=basis.interpolate(force))[numbers], atol=1e-13)

    # θ at scikit-fem's quadrature points, whose barycentric coordinates are those of its reference cell.
    reference = np.vstack((1 - basis.X.sum(axis=0), basis.X))
    order = _corner_order(mesh, basis)
    theta = np.take_along_axis(problem.thermal_strain, order, axis=1) @ reference
    pressure = _lame(problem)["thermal"][:, None] * theta
    ours = thermal_load(mesh, problem.element, problem.material, problem.thermal_strain).ravel()
    np.testing.assert_allclose(ours, thermal.assemble(basis, pressure=pressure)[numbers], atol=1e-12)


@every_body
@both_degrees
def test_the_traction_load_does_the_work_of_the_traction(mesh: Simplicial, degree: int) -> None:
    """∫ t·v for v of the element's degree, by a quadrature of its own: the product is of degree 3 at most."""
    problem = varied(mesh, degree)
    d = mesh.nodes.shape[1]

    def v(x: Array) -> Array:
        return np.asarray((0.5 + x @ np.array([[3.0, 1, 2], [-1, 2, 1], [1, 1, 1]])[:d, :d]) ** degree)

    points, weights = get_quadrature({2: RefLine, 3: RefTri}[d], 4)
    barycentric = np.vstack((1 - points.sum(axis=0), points)).T
    corners = mesh.nodes[mesh.facets[problem.traction_facets]]
    areas = mesh.facet_measures[problem.traction_facets]
    x, t = np.einsum("qk,fka->qfa", barycentric, corners), np.einsum("qk,fka->qfa", barycentric, problem.traction)
    exact = np.einsum("q,f,qfa,qfa->", weights / weights.sum(), areas, t, v(x))
    load = traction_load(mesh, problem.element, problem.traction_facets, problem.traction)
    assert np.sum(load * v(mesh.points(degree))) == pytest.approx(exact, rel=1e-11, abs=1e-11)


@every_body
@both_degrees
def test_the_stiffness_is_symmetric_and_positive_but_for_rigid_motions(mesh: Simplicial, degree: int) -> None:
    problem = varied(mesh, degree)
    matrix = stiffness(mesh, problem.element, problem.material).toarray()
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-13 * abs(matrix).max())
    modes = rigid_modes(mesh.points(degree)).reshape(len(matrix), -1)
    np.testing.assert_allclose(matrix @ modes, 0, atol=1e-12 * abs(matrix).max())
    values = np.linalg.eigvalsh(matrix)
    assert values[: modes.shape[1]] == pytest.approx(0, abs=1e-12 * values[-1])
    assert (values[modes.shape[1] :] > 1e-6 * values[-1]).all()


@both_degrees
@pytest.mark.parametrize("name", ("distorted square", "distorted box"))
def test_the_displacement_is_that_of_scikit_fem(name: str, degree: int) -> None:
    mesh = BODIES[name]
    d = mesh.nodes.shape[1]
    result = solved(task_on(mesh, degree, body_force=np.eye(d)[-1:], **clamped(mesh, degree)))
    basis, numbers = peer_basis(mesh, degree)

    @skfem.LinearForm
    def weight(v, w):  # type: ignore[no-untyped-def]
        return v[len(v) - 1]

    form = linear_elasticity(*lame_parameters(2.0, 0.3))
    held = basis.get_dofs(lambda x: np.isclose(x[0], 0))
    u = skfem.solve(*skfem.condense(form.assemble(basis), weight.assemble(basis), D=held))
    np.testing.assert_allclose(result.displacement.ravel(), u[numbers], atol=1e-11 * abs(u).max())


def _lame(problem: Problem) -> dict[str, Array]:
    """By their definitions in terms of the bulk modulus."""
    e, nu = problem.material.young, problem.material.poisson
    bulk, shear = e / (3 * (1 - 2 * nu)), e / (2 * (1 + nu))
    return {"lame": bulk - 2 / 3 * shear, "shear": shear, "thermal": 3 * bulk}


def _corner_order(mesh: Simplicial, basis: skfem.Basis) -> Array:
    """(cells, d + 1): which of our corners is scikit-fem's corner 0, 1, …"""
    theirs = basis.mesh.t.T
    order = np.argmax(mesh.cells[:, None, :] == theirs[:, :, None], axis=2)
    assert (np.take_along_axis(mesh.cells, order, axis=1) == theirs).all()
    return np.asarray(order)
