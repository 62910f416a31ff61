"""The first five minutes: what a new user types, and what comes back."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys

import numpy as np
import pytest
import skfem
from skfem.models.poisson import laplace, unit_load

from faraday.client import (
    BoundKind,
    Client,
    Forbidden,
    NotFound,
    Outcome,
    RequestIdReused,
    Unauthenticated,
    unit_square,
)
from models.catalog import CATALOG
from tests.support.installation import Installation

pytestmark = pytest.mark.cluster


def test_status_names_every_process_and_says_ready(faraday: Installation) -> None:
    told = faraday.cli("status")
    assert told.code == 0
    assert told.out.startswith(f"ready  {faraday.endpoint}")
    assert re.findall(r"^  (\S+) +ready ", told.out, re.MULTILINE) == ["worker-0", "worker-1", "ray", "controller"]
    assert re.search(r"memory +\d+ MiB", told.out)


def test_a_second_up_says_that_one_runs_already(faraday: Installation) -> None:
    told = faraday.cli("up")
    assert told.code == 1
    assert "runs already" in told.err and "faraday down" in told.err


def test_solve_prints_the_answer_with_its_evidence(faraday: Installation) -> None:
    told = faraday.cli("solve", "--divisions", "8", "--degree", "2")
    assert told.code == 0, told.err
    assert "u on 289 points: 0 … 0.0736" in told.out
    assert "(guaranteed)" in told.out
    assert re.search(r"trace [0-9a-f]{32}", told.out)


def test_models_lists_the_catalogue(faraday: Installation) -> None:
    told = faraday.cli("models")
    assert told.code == 0
    for spec in CATALOG.values():
        assert f"{spec.name}  version {spec.version}" in told.out


def test_a_token_of_the_command_line_opens_the_door_and_its_roles_are_what_it_may(faraday: Installation) -> None:
    analyst = faraday.cli("token", "--subject", "ada", "--tenant", "clinic").out.strip()
    auditor = faraday.cli("token", "--subject", "max", "--role", "auditor").out.strip()
    mesh = unit_square(2)
    with Client(faraday.endpoint, token=analyst) as client:
        assert client.fem.solve(mesh, source=1.0, dirichlet=0.0).values.max() > 0.0
    with Client(faraday.endpoint, token=auditor) as client, pytest.raises(Forbidden):
        client.fem.solve(mesh, source=1.0, dirichlet=0.0)
    with Client(faraday.endpoint) as client, pytest.raises(Unauthenticated):
        client.fem.solve(mesh, source=1.0, dirichlet=0.0)


def test_the_program_that_up_prints_runs_as_it_stands(faraday: Installation) -> None:
    program = (
        "from faraday.client import Client, unit_square\n"
        "with Client.local() as client:\n"
        "    field = client.fem.solve(unit_square(32), source=1.0, dirichlet=0.0)\n"
        "    print(field.values.max(), field.evidence)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=faraday.environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert float(done.stdout.split()[0]) == pytest.approx(0.0737, abs=2e-4)  # the series solution at the centre


@pytest.mark.parametrize("degree", [1, 2])
def test_the_answer_agrees_with_scikit_fem_on_the_same_mesh(client: Client, degree: int) -> None:
    mesh = unit_square(9, 7)
    field = client.fem.solve(mesh, source=1.0, dirichlet=0.0, degree=degree)
    element = skfem.ElementTriP1() if degree == 1 else skfem.ElementTriP2()
    basis = skfem.Basis(skfem.MeshTri(mesh.nodes.T, mesh.cells.T), element)
    boundary = basis.get_dofs()
    u = skfem.solve(*skfem.condense(laplace.assemble(basis), unit_load.assemble(basis), D=boundary))
    theirs = {tuple(np.round(at, 9)): value for at, value in zip(basis.doflocs.T, u, strict=True)}
    ours = {tuple(np.round(at, 9)): value for at, value in zip(field.points, field.values, strict=True)}
    assert ours.keys() == theirs.keys()
    # Two direct solvers on one matrix of condition below 1e3: they differ by rounding alone.
    assert max(abs(ours[at] - theirs[at]) for at in ours) < 1e-13


def test_the_guaranteed_bound_is_above_the_true_error_and_close_to_it(client: Client) -> None:
    """u = x (1 − x) y (1 − y): f is a polynomial of degree 2, so that P2 interpolates it exactly."""
    mesh = unit_square(8)
    field = client.fem.solve(mesh, source=lambda x, y: 2 * (x * (1 - x) + y * (1 - y)), dirichlet=0.0, degree=2)
    bound = field.evidence.error_bound
    assert bound is not None
    assert bound.kind is BoundKind.GUARANTEED
    assert bound.norm == "energy"
    basis = skfem.Basis(skfem.MeshTri(mesh.nodes.T, mesh.cells.T), skfem.ElementTriP2(), intorder=6)
    order = {tuple(np.round(at, 9)): value for at, value in zip(field.points, field.values, strict=True)}
    uh = basis.interpolate(np.array([order[tuple(np.round(at, 9))] for at in basis.doflocs.T]))
    x, y = basis.global_coordinates()
    off_x, off_y = (1 - 2 * x) * y * (1 - y) - uh.grad[0], x * (1 - x) * (1 - 2 * y) - uh.grad[1]
    error = float(np.sqrt((((off_x**2) + (off_y**2)) * basis.dx).sum()))
    assert 0.0 < error <= bound.value <= 3.0 * error
    assert np.sqrt(field.cell_bound.sum()) == pytest.approx(bound.value)


def test_the_evidence_says_who_answered_how_and_under_which_trace(client: Client) -> None:
    evidence = client.fem.solve(unit_square(4), source=1.0, dirichlet=0.0).evidence
    assert re.fullmatch(r"[0-9a-f]{32}", evidence.trace_id)
    assert (evidence.model, evidence.model_version) == ("fem.diffusion", CATALOG["fem.diffusion"].version)
    assert evidence.outcome is Outcome.CONVERGED
    assert evidence.residual is not None and evidence.residual < 1e-10
    assert evidence.privacy is None
    assert 0.0 < evidence.elapsed_s < 10.0
    assert not evidence.replayed


def test_a_repeat_of_a_request_gets_the_first_answer(client: Client) -> None:
    name = "b5f2cf6c-6b32-4a5f-8f1c-0f6f4c1f5a10"
    first = client.fem.solve(unit_square(3), source=1.0, dirichlet=0.0, request_id=name)
    again = client.fem.solve(unit_square(3), source=1.0, dirichlet=0.0, request_id=name)
    assert not first.evidence.replayed
    assert again.evidence.replayed
    assert np.array_equal(first.values, again.values)
    with pytest.raises(RequestIdReused):
        client.fem.solve(unit_square(5), source=1.0, dirichlet=0.0, request_id=name)


def test_what_only_this_user_may_read_is_private(faraday: Installation) -> None:
    state = faraday.state
    for path in (state.root, state.run, state.token, state.signing_key, state.client, state.root / "ray.token"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    for path in state.run.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert json.loads(state.client.read_text())["endpoint"] == faraday.endpoint


def test_health_says_serving_and_knows_its_services(client: Client) -> None:
    assert client.health()
    assert client.health("faraday.v1.FiniteElementService")
    assert client.health("inference.GRPCInferenceService")
    with pytest.raises(NotFound):
        client.health("faraday.v1.NoSuchService")
