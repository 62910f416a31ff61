"""Ours and neuraloperator pass the same weights forward: small grids, and no time is held to anything."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from models.operators.operator import Functions
from ops.bench.contract import Run
from ops.bench.fem.programs import PeerMissing, Program, Ran
from ops.bench.operators import forward, forward_ours

SMALL = forward.Work(2, 12, 1.5, 3)
QUIET = Run(2, lambda line: None)
VALUES = np.arange(1.0, 5.0)


def test_ours_answers_from_the_file_what_the_network_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problem, answer = tmp_path / "forward.npz", tmp_path / "answer.npz"
    SMALL.write(problem)
    before = torch.get_num_threads()
    forward_ours.main(str(problem), str(answer), 3)
    torch.set_num_threads(before)
    assert len(json.loads(capsys.readouterr().out)["eager"]) == 3
    with np.load(problem) as given, np.load(answer) as found:
        values = torch.from_numpy(given["values"]).flatten(2).mT
        direct = forward.NETWORK.build(forward.SEED)(Functions(values, torch.zeros(0), (12, 12))).detach().mT
        np.testing.assert_allclose(found["eager"].reshape(2, 1, -1), direct.numpy(), rtol=1e-5, atol=1e-6)


def programs(ours_s: float, peer_s: float, off: float) -> forward.Runner:
    """A peer whose answer is off by so much of the largest value."""

    def run(program: Program, work: str, problem: Path, repetitions: int) -> Ran:
        ours = program is forward.OURS
        answer = VALUES if ours else VALUES + off * VALUES.max()
        return Ran({"eager": [ours_s if ours else peer_s] * repetitions}, {"eager": answer})

    return run


def test_a_row_says_how_many_times_faster_ours_is() -> None:
    row = forward.beside(SMALL, QUIET, programs(0.25, 0.5, off=0.0))
    assert (row.ratio, row.ok, row.difference, row.peer_name) == (2.0, True, 0.0, "neuraloperator, eager")
    assert not forward.beside(SMALL, QUIET, programs(0.25, 0.25, off=0.0)).ok


def test_answers_that_differ_compare_nothing() -> None:
    assert not forward.beside(SMALL, QUIET, programs(0.25, 0.5, off=1e-5)).ok


def test_without_the_peer_the_row_says_how_to_install_it() -> None:
    def run(program: Program, work: str, problem: Path, repetitions: int) -> Ran:
        if program is forward.PEER:
            raise PeerMissing("neuraloperator is missing: make bench-env")
        return Ran({"eager": [0.25] * repetitions}, {"eager": VALUES})

    row = forward.beside(SMALL, QUIET, run)
    assert (row.ok, row.note, row.ours) == (False, "neuraloperator is missing: make bench-env", 0.25)
