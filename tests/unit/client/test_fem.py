"""client.fem.solve: what is sent for each way to say a value, and what comes back."""

import numpy as np
import pytest

from faraday.client import (
    BoundKind,
    ErrorBound,
    Evidence,
    MalformedReply,
    Outcome,
    PlotUnavailable,
    PrivacySpend,
    triangles,
    unit_square,
)
from faraday.client import evidence as evidence_of
from faraday.client.field import Field
from faraday.client.tensors import decode, encode
from faraday.v1 import common_pb2, finite_element_pb2
from tests.unit.client.conftest import Serve
from tests.unit.client.scripted import answer


def test_a_problem_in_four_lines(serve: Serve) -> None:
    servicer, client = serve()
    mesh = unit_square(2)
    field = client.fem.solve(mesh, source=1.0, dirichlet=0.0)
    (request,) = servicer.requests
    assert (request.mesh.unit_square.x_count, request.mesh.unit_square.y_count) == (2, 2)
    assert request.element == finite_element_pb2.ELEMENT_P1
    assert decode(request.diffusion.conductivity).tolist() == [1.0]
    assert decode(request.diffusion.source).tolist() == [1.0]
    assert decode(request.diffusion.dirichlet_points).tolist() == [0, 1, 2, 3, 5, 6, 7, 8]
    assert decode(request.diffusion.dirichlet_values).tolist() == [0.0] * 8
    assert not request.diffusion.HasField("neumann_edges")
    assert not request.diffusion.HasField("cell_source")
    assert field.values.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert field.points.shape == (4, 2)
    assert field.cells.tolist() == [[0, 1, 3], [0, 3, 2]]


def test_functions_are_taken_where_their_values_live(serve: Serve) -> None:
    servicer, client = serve()
    mesh = unit_square(2, 1)
    client.fem.solve(
        mesh,
        conductivity=lambda x, y: 1 + x,
        source=lambda x, y: x * y,
        cell_source=lambda x, y: y,
        dirichlet=(lambda x, y: x == 0, lambda x, y: y),
        neumann=(lambda x, y: x == 1, lambda x, y: y**2),
        degree=2,
    )
    problem = servicer.requests[0].diffusion
    points = mesh.points(2)
    assert np.array_equal(decode(problem.conductivity), 1 + mesh.centroids[:, 0])
    assert np.array_equal(decode(problem.source), points[:, 0] * points[:, 1])
    assert np.array_equal(decode(problem.cell_source), mesh.centroids[:, 1])
    where = decode(problem.dirichlet_points)
    assert sorted(points[where].tolist()) == [[0.0, 0.0], [0.0, 0.5], [0.0, 1.0]]
    assert np.array_equal(decode(problem.dirichlet_values), points[where][:, 1])
    assert decode(problem.neumann_edges).tolist() == [[2, 5]]
    assert decode(problem.neumann_values).tolist() == [[0.0, 1.0, 0.25]]


def test_arrays_go_as_they_are(serve: Serve) -> None:
    servicer, client = serve()
    client.fem.solve(
        unit_square(1),
        conductivity=[1, 2],
        cell_source=3,
        dirichlet=([0, 1], [5.0, 6.0]),
        neumann=([[2, 3]], [[7.0, 8.0]]),
    )
    problem = servicer.requests[0].diffusion
    assert decode(problem.conductivity).tolist() == [1.0, 2.0]
    assert decode(problem.cell_source).tolist() == [3.0, 3.0]
    assert decode(problem.dirichlet_points).dtype == np.int64
    assert decode(problem.dirichlet_values).tolist() == [5.0, 6.0]
    assert decode(problem.neumann_values).tolist() == [[7.0, 8.0]]


def test_one_flux_holds_for_every_edge(serve: Serve) -> None:
    servicer, client = serve()
    client.fem.solve(unit_square(3), dirichlet=(lambda x, y: x == 0, 0), neumann=(lambda x, y: x == 1, 2))
    assert decode(servicer.requests[0].diffusion.neumann_values).tolist() == [[2.0]] * 3


def test_a_mesh_of_one_s_own_is_sent_whole(serve: Serve) -> None:
    servicer, client = serve()
    client.fem.solve(triangles([[0, 0], [1, 0], [0, 1]], [[0, 1, 2]]), dirichlet=0)
    sent = servicer.requests[0].mesh.triangles
    assert decode(sent.nodes).tolist() == [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    assert decode(sent.cells).tolist() == [[0, 1, 2]]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"degree": 3}, "degree"),
        ({"dirichlet": (lambda x, y: x > 2, 0.0)}, "no point"),
        ({"neumann": (lambda x, y: x > 2, 0.0)}, "no edge"),
        ({"dirichlet": ([0, 1], [1.0, 2.0, 3.0])}, "broadcast"),
    ],
)
def test_what_cannot_be_sent_is_a_value_error(serve: Serve, wrong: dict[str, object], told: str) -> None:
    servicer, client = serve()
    with pytest.raises(ValueError, match=told):
        client.fem.solve(unit_square(1), **wrong)  # type: ignore[arg-type]
    assert servicer.requests == []


def test_a_dry_run_returns_evidence_alone(serve: Serve) -> None:
    def validated(request, context):  # type: ignore[no-untyped-def]
        made = common_pb2.Evidence(outcome=common_pb2.OUTCOME_VALIDATED, model="fem.diffusion", model_version="1")
        return finite_element_pb2.SolveResponse(evidence=made)

    servicer, client = serve(validated)
    field = client.fem.solve(unit_square(1), dirichlet=0.0, validate_only=True)
    assert servicer.requests[0].options.validate_only
    assert field.evidence.outcome is Outcome.VALIDATED
    assert (field.values.size, field.points.shape, field.cells.shape) == (0, (0, 2), (0, 3))
    assert str(field.evidence).startswith("validated, ")


def test_an_answer_without_its_field_is_malformed(serve: Serve) -> None:
    _, client = serve(lambda request, context: finite_element_pb2.SolveResponse())
    with pytest.raises(MalformedReply):
        client.fem.solve(unit_square(1), dirichlet=0.0)


def test_an_answer_of_the_wrong_rank_is_malformed(serve: Serve) -> None:
    def flat(request, context):  # type: ignore[no-untyped-def]
        reply = answer(request, context)
        reply.points.CopyFrom(encode(np.zeros(8)))
        return reply

    _, client = serve(flat)
    with pytest.raises(MalformedReply, match="points"):
        client.fem.solve(unit_square(1), dirichlet=0.0)


def test_evidence_comes_whole(serve: Serve) -> None:
    _, client = serve()
    assert client.fem.solve(unit_square(1)).evidence == Evidence(
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
        model="fem.diffusion",
        model_version="1",
        outcome=Outcome.CONVERGED,
        advice="",
        method="sparse Cholesky",
        residual=3e-16,
        error_bound=ErrorBound(
            3e-3, 0.01, "energy", BoundKind.GUARANTEED, "f is polynomial", "Ern and Vohralík (2015), theorem 3.3"
        ),
        privacy=None,
        elapsed_s=0.0125,
        replayed=False,
    )


def test_evidence_reads_as_a_sentence(serve: Serve) -> None:
    _, client = serve()
    assert str(client.fem.solve(unit_square(1)).evidence) == (
        "error in energy norm ≤ 0.003 (guaranteed), relative 0.01, residual 3.0e-16, sparse Cholesky, fem.diffusion 1, "
        "12.5 ms, trace 4bf92f3577b34da6a3ce929d0e0e4736"
    )


def test_evidence_tells_what_went_less_well() -> None:
    message = common_pb2.Evidence(
        outcome=common_pb2.OUTCOME_NOT_CONVERGED,
        advice="allow more iterations",
        privacy=common_pb2.PrivacySpend(kind=common_pb2.PrivacySpend.KIND_CHARGED, epsilon=0.1, delta=1e-6),
        replayed=True,
    )
    made = evidence_of.decode(message)
    assert (made.privacy, made.residual, made.error_bound) == (PrivacySpend(0.1, 1e-6), None, None)
    assert str(made) == "not converged, allow more iterations, privacy ε = 0.1 at δ = 1.0e-06, 0 ms, replayed"


def test_an_outcome_of_a_newer_server_is_unspecified() -> None:
    newer = common_pb2.Evidence(outcome=77, error_bound=common_pb2.ErrorBound(kind=88))  # type: ignore[arg-type]
    made = evidence_of.decode(newer)
    assert made.outcome is Outcome.UNSPECIFIED
    assert made.error_bound is not None and made.error_bound.kind is BoundKind.UNSPECIFIED


@pytest.fixture
def linear(serve: Serve) -> Field:
    return serve()[1].fem.solve(unit_square(1))


def test_a_field_and_its_error_map_draw(linear: Field) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    axes = linear.plot()
    assert axes.get_title().startswith("error in energy norm")
    assert axes.collections[0].get_array().tolist() == [0.0, 1.0, 2.0, 3.0]
    shares = linear.error_map().collections[0].get_array()
    assert np.allclose(shares, np.sqrt([4e-6, 5e-6]), rtol=1e-15)
    _, own = pyplot.subplots()
    assert linear.plot(own) is own
    own.figure.canvas.draw()
    pyplot.close("all")


def test_a_quadratic_field_draws_four_triangles_a_cell(linear: Field) -> None:
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib import pyplot

    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    points = np.concatenate((corners, (corners + np.roll(corners, -1, axis=0)) / 2))
    field = Field(points @ [1.0, 2.0], points, np.arange(6).reshape(1, 6), np.array([1.0]), linear.evidence)
    drawn = field.plot().collections[0]
    pieces = drawn.get_paths() if drawn.get_paths() else []
    pyplot.close("all")
    assert len(pieces) == 4
    areas = [0.5 * abs(np.linalg.det(np.column_stack(p.vertices[1:3] - p.vertices[0]))) for p in pieces]
    assert np.allclose(areas, 1 / 8, rtol=1e-14)  # a quarter of the cell each


def test_without_matplotlib_a_plot_says_what_to_install(linear: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(PlotUnavailable, match=r"faraday-client\[plot\]"):
        linear.plot()
