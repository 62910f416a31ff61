"""client.fem against a whole router: every problem, batches, derivatives, meshes that the server keeps."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator

import numpy as np
import pytest

from faraday.client import (
    BoundKind,
    Client,
    Diffusion,
    Elasticity,
    Field,
    Functional,
    InvalidRequest,
    MalformedReply,
    NotFound,
    Outcome,
    Posed,
    Shape,
    box,
    rectangle,
    triangles,
    unit_square,
)
from faraday.client.errors import CallFailed, DeadlineExceeded
from faraday.client.exchange import exchange
from faraday.client.tensors import decode
from faraday.v1 import finite_element_pb2 as pb
from tests.support.router import Router

MESH = unit_square(6)
OWN = triangles(MESH.nodes, MESH.cells)


# Elasticity


def test_a_bar_is_stretched_as_hooke_says(live: Client) -> None:
    """Plane stress under a uniform pull: u = (p/E) x, v = −ν (p/E) y, and σ = (p, 0, 0) everywhere."""
    mesh = rectangle(4, 2, (2.0, 0.5))
    solved = live.fem.elasticity(
        mesh,
        young_modulus=200.0,
        poisson_ratio=0.25,
        plane="stress",
        fixed=[(lambda x, y: x == 0, (0.0, None)), (lambda x, y: y == 0, (None, 0.0))],
        tractions=[(lambda x, y: x == 2.0, (3.0, 0.0))],
    )
    x, y = solved.points.T
    strain = 3.0 / 200.0
    np.testing.assert_allclose(solved.values, np.column_stack((strain * x, -0.25 * strain * y)), atol=1e-13)
    np.testing.assert_allclose(solved.outputs["stress"][:, :2], np.tile([3.0, 0.0], (len(solved.cells), 1)), atol=1e-11)
    assert solved.outputs["reaction"].sum() == pytest.approx(-3.0 * 0.5, rel=1e-12)
    assert solved.evidence.error_bound is not None
    assert solved.evidence.error_bound.kind is BoundKind.ESTIMATED


def test_a_box_is_sheared_by_given_displacements(live: Client) -> None:
    """A linear field is exact: u = (z / 10, 0, 0) given on the whole boundary."""
    mesh = box(2, 1, 2, lengths=(1.0, 0.5, 2.0))
    solved = live.fem.elasticity(
        mesh,
        young_modulus=lambda x, y, z: 1.0 + 0.0 * x,
        poisson_ratio=0.3,
        degree=1,
        fixed=[(lambda x, y, z: x == x, 5.0), (lambda x, y, z: x == x, (lambda x, y, z: z / 10, 0.0, 0.0))],
    )
    np.testing.assert_allclose(solved.values[:, 0], solved.points[:, 2] / 10, atol=1e-14)
    assert not solved.values[:, 1:].any()


def test_functions_of_the_coordinates_say_forces(live: Client) -> None:
    def bent(**how: object) -> np.ndarray:
        return live.fem.elasticity(
            rectangle(4, 2, (2.0, 1.0)),
            young_modulus=1.0,
            poisson_ratio=0.3,
            degree=1,
            fixed=[(lambda x, y: x == 0, 0.0)],
            expansion=1e-3,
            temperature=lambda x, y: 10 * y,
            cell_temperature=0.0,
            **how,  # type: ignore[arg-type]
        ).values

    told = bent(body_force=lambda x, y: (0.0, -0.01), tractions=[(lambda x, y: x == 2.0, lambda x, y: (0.0, 0.02))])
    same = bent(body_force=(0.0, -0.01), tractions=[(lambda x, y: x == 2.0, (0.0, 0.02))])
    np.testing.assert_allclose(told, same, rtol=1e-13)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"fixed": [(lambda x, y: x > 9, 0.0)]}, "no point"),
        ({"fixed": [(lambda x, y: x == 0, (0.0, 0.0, 0.0))]}, "2 are needed"),
        ({"tractions": [(lambda x, y: x > 9, (1.0, 0.0))]}, "no edge"),
        ({"body_force": lambda x, y: (0.0,)}, "2 are needed"),
        ({"degree": 3}, "degree"),
    ],
)
def test_what_cannot_be_sent_is_a_value_error(live: Client, wrong: dict[str, object], told: str) -> None:
    given = {"young_modulus": 1.0, "poisson_ratio": 0.3, "fixed": [(lambda x, y: x == 0, 0.0)], **wrong}
    with pytest.raises(ValueError, match=told):
        live.fem.elasticity(unit_square(2), **given)  # type: ignore[arg-type]


def test_a_dry_run_returns_evidence_alone(live: Client) -> None:
    solved = live.fem.elasticity(
        unit_square(2), young_modulus=1.0, poisson_ratio=0.3, fixed=[(lambda x, y: x == 0, 0.0)], validate_only=True
    )
    assert solved.evidence.outcome is Outcome.VALIDATED
    assert (solved.values.size, solved.outputs) == (0, {})


# Any problem


def test_any_problem_is_asked_by_the_names_of_its_data(live: Client) -> None:
    asked = live.fem.ask(
        "diffusion",
        MESH,
        degree=2,
        conductivity=2.0,
        source=[1.0],
        dirichlet_points=MESH.boundary(2),
        dirichlet_values=np.zeros(len(MESH.boundary(2))),
    )
    assert np.array_equal(asked.values, live.fem.solve(MESH, conductivity=2, source=1, dirichlet=0, degree=2).values)
    bar = live.fem.ask(
        "elasticity",
        unit_square(2),
        plane="stress",
        young_modulus=1.0,
        poisson_ratio=0.3,
        body_force=np.array([[1.0, 0.0]]),
        fixed_points=np.array([0, 0, 6, 3]),
        fixed_axes=np.array([0, 1, 0, 0]),
        fixed_values=[0.0, 0.0, 0.0, 0.0],
        degree=1,
    )
    assert bar.outputs["reaction"].sum() == pytest.approx(-1.0)


def test_what_is_no_problem_or_none_of_its_data_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="choose among diffusion"):
        Posed("fusion", MESH, {}).request()
    with pytest.raises(ValueError, match="takes no 'colour'"):
        Posed("diffusion", MESH, {"colour": 1.0}).request()
    with pytest.raises(ValueError, match="makes the mesh"):
        Shape("annulus", (2, 8)).content()


def test_a_shape_is_sent_by_its_name(live: Client) -> None:
    sent = Posed("elasticity", Shape("annulus", (2, 8), (1.0, 3.0), "quadrilateral"), {}).request().mesh.structured
    assert (sent.shape, sent.cell_kind) == ("annulus", "quadrilateral")
    with pytest.raises(InvalidRequest, match=r"mesh.structured.(shape|cell_kind): there is no input"):
        live.fem.ask("elasticity", Shape("annulus", (2, 8)))


# A stream of problems


def test_many_problems_are_answered_in_order(live: Client) -> None:
    conductivities = [1.0, 2.0, -1.0, *range(3, 80)]
    problems = (Diffusion(MESH, k, source=1.0, dirichlet=0.0) for k in conductivities)
    answers = list(live.fem.solve_batch(problems))
    assert len(answers) == len(conductivities)
    alone = live.fem.solve(MESH, source=1.0, dirichlet=0.0).values
    for k, answer in zip(conductivities, answers, strict=True):
        if k < 0:
            assert isinstance(answer, InvalidRequest)
            assert answer.failure.violations[0].field == "diffusion.conductivity[0]"
        else:
            assert isinstance(answer, Field)
            np.testing.assert_allclose(answer.values, alone / k, rtol=1e-11, atol=1e-16)


def test_problems_of_several_kinds_share_a_stream(live: Client) -> None:
    bar = Elasticity(unit_square(2), 1.0, 0.3, fixed=[(lambda x, y: x == 0, 0.0)], body_force=(1.0, 0.0))
    answers = list(live.fem.solve_batch([Diffusion(MESH, dirichlet=1.0), bar]))
    assert [answer.evidence.model for answer in answers if not isinstance(answer, CallFailed)] == [
        "fem.diffusion",
        "fem.elasticity",
    ]


def test_answers_come_before_the_last_problem_is_asked_for(live: Client) -> None:
    asked = 0

    def endless() -> Iterator[Diffusion]:
        nonlocal asked
        while True:
            asked += 1
            yield Diffusion(MESH, float(asked), dirichlet=0.0)

    answers = live.fem.solve_batch(endless())
    for _ in range(5):
        assert isinstance(next(answers), Field)
    answers.close()  # type: ignore[attr-defined]
    assert asked < 64


def test_a_problem_that_cannot_be_sent_ends_the_stream_with_its_own_error(live: Client) -> None:
    with pytest.raises(ValueError, match="degree"):
        list(live.fem.solve_batch([Diffusion(MESH, dirichlet=0.0), Diffusion(MESH, dirichlet=0.0, degree=7)]))


def test_a_stream_that_is_too_late_says_so(live: Client) -> None:
    with pytest.raises(DeadlineExceeded):
        list(live.fem.solve_batch([Diffusion(MESH, dirichlet=0.0)] * 50, timeout_s=1e-3))


def test_a_stream_that_ends_early_is_no_answer() -> None:
    class Ended:
        def __iter__(self) -> Ended:
            return self

        def __next__(self) -> None:
            raise StopIteration

        def cancel(self) -> None:
            pass

    with pytest.raises(MalformedReply, match="before all"):
        list(exchange(lambda requests: Ended(), [1, 2, 3], window=8))


# Derivatives


def test_a_gradient_and_a_tangent_are_transposes(live: Client) -> None:
    rng = np.random.default_rng(0)
    problem = Diffusion(
        MESH,
        rng.uniform(1, 2, len(MESH.cells)),
        source=rng.standard_normal(len(MESH.nodes)),
        dirichlet=(lambda x, y: x == 0, 0.5),
        neumann=(lambda x, y: x == 1, 1.0),
    )
    data = problem.data()
    direction = {name: rng.standard_normal(data[name].shape) for name in ("conductivity", "source", "neumann_values")}
    weights = rng.standard_normal(len(MESH.nodes))
    found = live.fem.differentiate(problem, Functional(weights), tangent=direction, session=str(uuid.uuid4()))
    assert found.tangent is not None
    slope = sum(float(np.sum(found.gradients[name] * change)) for name, change in direction.items())
    assert weights @ found.tangent == pytest.approx(slope, rel=1e-11)
    assert found.value == pytest.approx(weights @ found.solution, rel=1e-12)
    assert found.evidence.model == "fem.diffusion.gradient"


def test_nodes_that_move_change_a_functional_as_their_gradient_says(live: Client) -> None:
    """Twice as large a body holds four times the integral of u = 1: by its places, the slope is twice that."""
    problem = Diffusion(OWN, dirichlet=1.0)
    found = live.fem.differentiate(problem, Functional(integrals="cells: u"), by_nodes=True)
    assert found.value == pytest.approx(1.0)
    assert np.sum(found.gradients["nodes"] * MESH.nodes) == pytest.approx(2.0)


def test_a_misfit_is_valued_as_it_is_defined(live: Client) -> None:
    problem = Diffusion(MESH, source=1.0, dirichlet=0.0)
    misfit = Functional(measured_points=[8, 9], measured_values=[0.1, 0.2], measured_deviations=[0.5])
    u = live.fem.solve(MESH, source=1.0, dirichlet=0.0).values
    expected = 0.5 * np.sum(((u[[8, 9]] - [0.1, 0.2]) / 0.5) ** 2)
    assert live.fem.evaluate(problem, misfit).value == pytest.approx(expected, rel=1e-12)
    assert live.fem.differentiate(problem, misfit).value == pytest.approx(expected, rel=1e-12)


def test_what_has_no_tangent_is_a_value_error(live: Client) -> None:
    with pytest.raises(ValueError, match="no degree to change"):
        live.fem.differentiate(Diffusion(MESH, dirichlet=0.0), tangent={"degree": [1.0]})


def test_a_dry_run_differentiates_nothing(live: Client) -> None:
    found = live.fem.differentiate(Diffusion(MESH, dirichlet=0.0), Functional(np.ones(49)), validate_only=True)
    assert found.evidence.outcome is Outcome.VALIDATED
    assert (found.value, found.solution.size, dict(found.gradients)) == (0.0, 0, {})


# Certificates


def test_any_field_has_a_guaranteed_bound(live: Client) -> None:
    """A solution's own bound, and that of the solution of another problem, which is much larger."""
    problem = Diffusion(MESH, source=1.0, dirichlet=0.0)
    solved = live.fem.solve(MESH, source=1.0, dirichlet=0.0)
    certified = live.fem.estimate_error(problem, solved.values)
    assert certified.evidence.error_bound is not None and solved.evidence.error_bound is not None
    assert certified.evidence.error_bound.kind is BoundKind.GUARANTEED
    assert certified.evidence.error_bound.value == pytest.approx(solved.evidence.error_bound.value, rel=0.2)
    assert certified.cell_bound.sum() == pytest.approx(certified.evidence.error_bound.value**2, rel=1e-6)
    worse = live.fem.estimate_error(problem, 0.5 * solved.values, bound="sharp").evidence.error_bound
    assert worse is not None and worse.value > 1.5 * certified.evidence.error_bound.value
    assert live.fem.estimate_error(problem, solved.values, validate_only=True).cell_bound.size == 0


def test_a_bound_may_be_left_out_or_sharp(live: Client) -> None:
    def solved(kind: str) -> Field:
        return live.fem.solve(MESH, source=1.0, dirichlet=0.0, error_bound=kind)

    none, fast, sharp = solved("none"), solved("fast"), solved("sharp")
    assert none.evidence.error_bound is None
    assert none.cell_bound.size == 0
    assert fast.evidence.error_bound is not None and sharp.evidence.error_bound is not None
    assert sharp.evidence.error_bound.value <= 1.001 * fast.evidence.error_bound.value
    np.testing.assert_allclose(none.values, fast.values, rtol=1e-9)
    with pytest.raises(InvalidRequest, match="error_bound: is 'loose'"):
        solved("loose")


def test_solves_of_a_session_are_those_without(live: Client) -> None:
    session = str(uuid.uuid4())
    alone = live.fem.solve(MESH, source=1.0, dirichlet=0.0)
    for _ in range(2):
        kept = live.fem.solve(MESH, source=1.0, dirichlet=0.0, session=session)
        np.testing.assert_allclose(kept.values, alone.values, rtol=1e-9)
    with pytest.raises(InvalidRequest, match="session: is no UUID"):
        live.fem.solve(MESH, source=1.0, dirichlet=0.0, session="mine")


# Other equations


def test_flow_past_a_cylinder_is_asked_by_its_name(live: Client) -> None:
    """Schäfer & Turek's channel, coarsely."""
    walls = "walls: u = 0, 0; cylinder: u = 0, 0"
    flow = live.fem.ask(
        "navier_stokes",
        Shape("channel", (3, 2, 3)),
        viscosity=1e-3,
        stress="gradient",
        body="cylinder",
        conditions=f"inlet: u = 1.2*y*(0.41 - y)/0.41**2, 0; {walls}",
    )
    assert flow.values.shape == flow.points.shape
    assert flow.outputs["body_force"][0] > 0  # drag
    assert flow.outputs["pressure"].ndim == 1
    with pytest.raises(InvalidRequest, match=r"UNKNOWN_BOUNDARY: navier_stokes\.conditions"):
        live.fem.ask("navier_stokes", Shape("channel", (3, 2, 3)), viscosity=1e-3, conditions="roof: u = 0, 0")


def test_named_parts_of_a_kept_mesh_carry_conditions(live: Client) -> None:
    """u = x on the unit square: what is left of no name has no flux."""
    kept = live.fem.upload(OWN.named(left=lambda x, y: x == 0, right=lambda x, y: x == 1))
    solved = live.fem.ask("transport", kept, diffusivity=2.0, conditions="left: u = 0; right: u = 1")
    np.testing.assert_allclose(solved.values, solved.points[:, 0], atol=1e-12)


# Meshes


def test_a_mesh_that_is_kept_is_named_and_answers_alike(live: Client) -> None:
    kept = live.fem.upload(OWN)
    assert len(kept.mesh_id) == 64
    sent = Diffusion(kept, source=1.0, dirichlet=0.0).request()
    assert sent.mesh.WhichOneof("mesh") == "mesh_id"
    assert np.array_equal(
        live.fem.solve(kept, source=1.0, dirichlet=0.0).values, live.fem.solve(OWN, source=1.0, dirichlet=0.0).values
    )


def test_a_mesh_that_the_server_forgot_is_sent_again(live: Client, router: Router) -> None:
    kept = live.fem.upload(OWN)
    shutil.rmtree(router.folder / "meshes")
    assert live.fem.solve(kept, source=1.0, dirichlet=0.0).values.shape == (49,)
    shutil.rmtree(router.folder / "meshes")
    assert live.fem.evaluate(Diffusion(kept, dirichlet=0.0), Functional(np.ones(49))).value == 0.0
    shutil.rmtree(router.folder / "meshes")
    [answer] = live.fem.solve_batch([Diffusion(kept, dirichlet=0.0)])
    assert isinstance(answer, NotFound)  # in a stream it is told, not mended


def test_a_box_is_kept_too(live: Client) -> None:
    assert live.fem.upload(box(1, 1, 1)).mesh_id


def test_parts_of_the_boundary_are_kept_by_name(live: Client) -> None:
    mesh = OWN.named(left=lambda x, y: x == 0, corner=[[0, 1]])
    sent = mesh.content()
    assert sent.boundary_names == "left, corner"
    assert decode(sent.boundary_labels).tolist() == [0] * 6 + [1]
    assert mesh.message().WhichOneof("mesh") == "cells"
    kept = live.fem.upload(mesh)
    assert kept.mesh_id != live.fem.upload(OWN).mesh_id
    assert kept.named(right=lambda x, y: x == 1).mesh_id == ""  # another mesh, which nobody keeps
    assert live.fem.solve(kept, source=1.0, dirichlet=0.0).values.shape == (49,)


# The list of problems


def test_problems_are_described(live: Client) -> None:
    kinds = {kind.name: kind for kind in live.fem.problems()}
    assert {"diffusion", "elasticity", "diffusion_inverse"} <= kinds.keys()
    inputs = {field.name: field for field in kinds["elasticity"].inputs}
    assert inputs["young_modulus"].paths == ("elasticity.young_modulus",)
    assert inputs["plane"].choices == ("strain", "stress")
    outputs = {field.name: field for field in kinds["elasticity"].outputs}
    assert outputs["displacement"].paths == ("solution",)


def test_a_request_is_small_where_the_server_makes_the_mesh() -> None:
    assert Diffusion(unit_square(500)).request().ByteSize() < 100
    assert Diffusion(unit_square(2)).request().mesh == pb.Mesh(unit_square=pb.UnitSquare(x_count=2, y_count=2))
