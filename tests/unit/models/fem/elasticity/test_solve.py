"""The model as it is served: evidence, batches, both solvers, meshes of either kind."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models import schema
from models.base import BoundKind, Outcome, Refusal
from models.fem.elasticity.solve import ElasticitySolver
from models.fem.elasticity.system import DIRECT_UP_TO, balance
from models.fem.elasticity.task import SPEC, ElasticityResult, ElasticityTask
from models.fem.mesh import unit_square
from models.fem.simplicial import Simplicial
from models.fem.tetrahedra import box
from tests.unit.models.fem.elasticity.bodies import clamped, distorted_box, posed, solved, task_on


def hanging(mesh: Simplicial, degree: int) -> ElasticityTask:
    """Clamped at x = 0, under its weight."""
    return task_on(mesh, degree, body_force=-np.eye(mesh.nodes.shape[1])[-1:], **clamped(mesh, degree))


def test_the_answer_carries_its_evidence() -> None:
    task = SPEC.example()
    assert isinstance(task, ElasticityTask)
    result = solved(task)
    evidence = result.evidence
    assert evidence.outcome is Outcome.CONVERGED
    assert evidence.method == "P1 Lagrange elements, sparse Cholesky; error estimate by patch recovery"
    assert evidence.residual is not None
    assert evidence.residual < 1e-12
    assert evidence.error_bound is not None
    assert evidence.error_bound.kind is BoundKind.ESTIMATED
    assert 0 < evidence.error_bound.relative < 1
    assert evidence.error_bound.value**2 == pytest.approx(result.cell_estimate.sum())


def test_a_result_is_of_the_declared_shapes() -> None:
    for mesh in (unit_square(2, 2), box(1, 2, 1)):
        for degree in (1, 2):
            flat = schema.flatten(solved(hanging(mesh, degree)))
            kinds = {name: (array.dtype, array.shape) for name, array in flat[1].items()}
            schema.fit(ElasticityResult, flat[0], kinds)


@pytest.mark.parametrize(("degree", "count"), [(1, 12), (2, 6)])
def test_both_solvers_find_the_same_displacement(degree: int, count: int) -> None:
    mesh = box(2 * count, count, count)
    problem = posed(hanging(mesh, degree), mesh)
    iterated = balance(problem, direct_up_to={3: 10_000})
    assert "smoothed aggregation" in iterated.method
    assert "above 10000 unknowns" in iterated.method
    assert len(iterated.u) * 3 < DIRECT_UP_TO[3]
    direct = balance(problem)
    assert direct.method == "sparse Cholesky"
    np.testing.assert_allclose(iterated.u, direct.u, atol=1e-7 * np.abs(direct.u).max())
    np.testing.assert_allclose(iterated.imbalance, 0, atol=1e-7)
    assert iterated.residual < 1e-8


def test_single_components_are_held_in_both_solvers_alike() -> None:
    mesh = distorted_box((4, 4, 4))
    points = np.flatnonzero(np.isclose(mesh.nodes[:, 2], 0))
    rollers = {
        "fixed_points": points,
        "fixed_axes": np.full(len(points), 2),
        "fixed_values": 0.1 * mesh.nodes[points, 0],
    }
    stops = np.array([points[0], points[0], points[-1]])
    fixed = {
        "fixed_points": np.concatenate((rollers["fixed_points"], stops)),
        "fixed_axes": np.concatenate((rollers["fixed_axes"], [0, 1, 1])),
        "fixed_values": np.concatenate((rollers["fixed_values"], [0.1, 0.2, 0.3])),
    }
    problem = posed(task_on(mesh, 1, body_force=np.ones((1, 3)), **fixed), mesh)
    iterated, direct = balance(problem, direct_up_to={3: 0}), balance(problem)
    np.testing.assert_allclose(iterated.u, direct.u, atol=1e-8 * np.abs(direct.u).max())
    np.testing.assert_allclose(iterated.u.ravel()[problem.fixed], problem.fixed_values)
    np.testing.assert_allclose(iterated.reactions, direct.reactions, atol=1e-7 * np.abs(direct.reactions).max())


@pytest.mark.parametrize("divisions", [(3, 2), (2, 1, 3)])
def test_a_rectangle_or_box_is_the_same_mesh_as_its_own_cells(divisions: tuple[int, ...]) -> None:
    mesh = unit_square(*divisions) if len(divisions) == 2 else box(*divisions)
    lengths = np.array([2.0, 0.5, 3.0])[: len(divisions)]
    scaled = dataclasses.replace(mesh, nodes=mesh.nodes * lengths)
    own = hanging(scaled, 2)
    generated = dataclasses.replace(own, nodes=None, cells=None, divisions=np.array(divisions), lengths=lengths)
    np.testing.assert_allclose(solved(own).displacement, solved(generated).displacement, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("mesh", [unit_square(3, 3), box(2, 2, 2)], ids=("square", "box"))
def test_a_traction_may_be_given_by_its_nodes_in_any_order(mesh: Simplicial) -> None:
    facets = mesh.facets[mesh.is_boundary & (mesh.nodes[mesh.facets][:, :, 0] == 1).all(axis=1)]
    values = np.random.default_rng(0).standard_normal((*facets.shape, facets.shape[1]))
    one = dataclasses.replace(hanging(mesh, 2), traction_facets=facets, traction_values=values)
    other = dataclasses.replace(one, traction_facets=facets[:, ::-1], traction_values=values[:, ::-1])
    np.testing.assert_allclose(solved(one).displacement, solved(other).displacement, rtol=1e-12, atol=1e-14)


def test_a_stress_field_of_many_units_scales_with_them() -> None:
    """Millimetres and megapascals in place of metres and pascals: exact powers of ten apart."""
    metres = hanging(box(2, 2, 2), 2)
    assert metres.nodes is not None and metres.body_force is not None
    millimetres = dataclasses.replace(
        metres,
        nodes=1e3 * metres.nodes,
        young_modulus=1e-6 * metres.young_modulus,
        body_force=1e-9 * metres.body_force,
    )
    one, other = solved(metres), solved(millimetres)
    np.testing.assert_allclose(1e3 * one.displacement, other.displacement, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(1e-6 * one.stress, other.stress, rtol=1e-8, atol=1e-17)


def test_a_matrix_that_is_too_ill_conditioned_is_answered_with_advice() -> None:
    """Moduli over thirty decades leave few digits in double precision: the balance shows it."""
    mesh = unit_square(8, 8)
    young = 10 ** np.random.default_rng(0).uniform(-15, 15, len(mesh.cells))
    evidence = solved(dataclasses.replace(hanging(mesh, 1), young_modulus=young)).evidence
    assert evidence.outcome is Outcome.NOT_CONVERGED
    assert "contrast" in evidence.advice


def test_a_bad_task_does_not_spoil_its_batch() -> None:
    good = hanging(unit_square(3, 3), 1)
    assert good.nodes is not None
    unsolvable = dataclasses.replace(good, nodes=np.zeros_like(good.nodes))
    wrong = dataclasses.replace(good, young_modulus=-np.ones(1))
    first, second, third, fourth = ElasticitySolver("cpu").run([good, unsolvable, wrong, good])
    assert isinstance(first, ElasticityResult)
    assert isinstance(second, Refusal)
    assert isinstance(third, Refusal)
    assert isinstance(fourth, ElasticityResult)
    np.testing.assert_array_equal(first.displacement, fourth.displacement)


def test_an_empty_batch_has_no_answers() -> None:
    assert ElasticitySolver("cpu").run([]) == []


def test_no_load_has_the_zero_answer() -> None:
    mesh = box(1, 1, 1)
    result = solved(task_on(mesh, 2, **clamped(mesh, 2)))
    assert not result.displacement.any()
    assert not result.stress.any()
    assert not result.imbalance.any()
    assert result.evidence.error_bound is not None
    assert result.evidence.error_bound.relative == np.inf


def test_the_clamp_carries_the_weight() -> None:
    mesh = box(2, 2, 2)
    problem = posed(hanging(mesh, 1), mesh)
    right = balance(problem)
    vertical = right.reactions.reshape(-1, 3)[:, 2].sum()
    assert vertical == pytest.approx(1)
    np.testing.assert_allclose(right.imbalance, 0, atol=1e-13)
