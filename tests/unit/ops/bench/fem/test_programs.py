"""Ours and a peer solve the same discrete systems: small ones, and no time is held to anything."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.base import Array
from models.fem.assembly import stiffness
from models.fem.element import ELEMENTS
from models.fem.mesh import triangulate
from ops.bench.contract import BenchFailed
from ops.bench.fem import ours, problems
from ops.bench.fem.problems import Problem
from ops.bench.fem.programs import PEERS, Program, run

SCIKIT = PEERS / "fem_scikit.py"  # scikit-fem is in the tests' environment, too


def dense(given: Problem, field: Array, load: Array) -> Array:
    """K u = load by a dense solver."""
    matrix = stiffness(triangulate(given.nodes, given.cells), ELEMENTS[1], field).toarray()
    matrix[given.fixed] = 0.0
    matrix[given.fixed, given.fixed] = 1.0
    return np.linalg.solve(matrix, load)


@pytest.mark.parametrize("given", [problems.square(6), problems.unstructured(6)], ids=["square", "unstructured"])
def test_ours_solves_what_the_file_says(given: Problem) -> None:
    seconds, answers = ours.solve(given, 2)
    assert len(seconds["solve"]) == 2
    np.testing.assert_allclose(answers["solve"], dense(given, given.fields[0], given.loads[0]), rtol=1e-8, atol=1e-12)


def test_ours_solves_every_field_and_every_load() -> None:
    many = problems.square(6, fields=3)
    expected = np.concatenate([dense(many, field, many.loads[0]) for field in many.fields])
    np.testing.assert_allclose(ours.fields(many, 1)[1]["fields"], expected, rtol=1e-8, atol=1e-12)
    many = problems.square(5, 1, loads=3)
    expected = np.concatenate([dense(many, many.fields[0], load) for load in many.loads])
    np.testing.assert_allclose(ours.loads(many, 1)[1]["loads"], expected, rtol=1e-12, atol=1e-15)


def test_the_derivative_is_that_of_half_the_square() -> None:
    given = problems.square(8, 1)
    seconds, answers = ours.derivative(given, 2)
    assert {name: len(every) for name, every in seconds.items()} == dict.fromkeys(seconds, 2)
    found = answers["direct, gradient"]
    np.testing.assert_allclose(answers["multigrid, gradient"], found, rtol=1e-7)
    direction = np.random.default_rng(0).standard_normal(len(given.cells))

    def objective(step: float) -> float:
        u = dense(given, given.fields[0] + step * direction, given.loads[0])
        return float(u @ u / 2)

    assert found @ direction == pytest.approx((objective(1e-5) - objective(-1e-5)) / 2e-5, rel=1e-6)


def test_a_peer_has_our_answer(tmp_path: Path) -> None:
    given = problems.unstructured(6, 1)
    given.write(tmp_path / "problem.npz")
    peer = Program("scikit-fem", (sys.executable, str(SCIKIT)), "skfem", "make bench-env")
    ran = run(peer, "heat", tmp_path / "problem.npz", 1)
    [answer] = ran.answers.values()
    [mine] = ours.heat(given, 1)[1].values()
    np.testing.assert_allclose(answer, mine, rtol=1e-10, atol=1e-13)


def test_the_bar_is_bent_by_its_load_and_assembly_and_certificate_say_what_they_took() -> None:
    bar = problems.bar(2)
    u = ours.elastic(bar, 1)[1]["elastic"].reshape(-1, 3)
    assert u @ np.array(problems.BENDING) @ bar.loads[0].reshape(-1, 3)[:, 0] > 0
    assert not u[bar.fixed].any()
    whole = problems.bricks(2)
    bent = ours.bricks(whole, 1)[1]["bricks"].reshape(-1, 3)
    assert bent.ravel() @ whole.loads[0] > 0
    assert not bent[whole.fixed].any()
    total = np.array(problems.BENDING) * np.prod(problems.BAR)
    np.testing.assert_allclose(whole.loads[0].reshape(-1, 3).sum(axis=0), total * 7 / 8)  # an eighth is at fixed nodes
    little = problems.square(4, 1)
    assert set(ours.certificate(little, 1)[0]) == {"solve", "certificate"}
    assert set(ours.assembly(little, 1)[0]) == {"assembly"}


def test_ours_runs_as_a_program(tmp_path: Path) -> None:
    problems.square(8, 1).write(tmp_path / "problem.npz")
    command = (sys.executable, "-m", "ops.bench.fem.ours", "solve", "problem.npz", "answer.npz", "1")
    environment = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout)) == {"solve"}
    with np.load(tmp_path / "answer.npz") as arrays:
        assert arrays["solve"].shape == (81,)


def test_a_program_that_fails_fails_the_bench(tmp_path: Path) -> None:
    broken = Program("broken", (sys.executable, "-c", "raise SystemExit('no such work')"))
    with pytest.raises(BenchFailed, match="broken ended with 1 at solve: no such work"):
        run(broken, "solve", tmp_path / "problem.npz", 1)
