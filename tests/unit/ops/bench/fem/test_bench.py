"""The finite element bench asks for what was promised, and takes no other answer for ours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ops.bench.contract import Row
from ops.bench.fem import bench, problems
from ops.bench.fem.bench import SHARES, WORKS, Collected, Work, collect, rows
from ops.bench.fem.programs import DOLFINX, OURS, TORCH, Program, Ran

SOLUTION = np.array([1.0, 2.0])


def collected(ours: float, **peer: tuple[float, float]) -> Collected:
    """Ours took so long; each configuration of every peer so long, its answer so far from ours."""
    every = Collected()
    every.add(OURS, Ran({"ours": [ours]}, {"ours": SOLUTION}))
    for program in {peer for work in WORKS for peer in work.peers}:
        seconds = {name: [took] for name, (took, _) in peer.items()}
        every.add(program, Ran(seconds, {name: SOLUTION + off for name, (_, off) in peer.items()}))
    return every


def shares(part: float) -> Collected:
    every = Collected()
    for share in SHARES:
        every.add(OURS, Ran({share.whole: [1.0], share.part: [part]}, {share.part: SOLUTION}))
        every.add(TORCH, Ran({share.whole: [1.0], share.part: [0.5]}, {share.part: SOLUTION}))
    return every


def found(work: Collected, share: Collected) -> tuple[Row, ...]:
    return rows({**dict.fromkeys(WORKS, work), **dict.fromkeys(SHARES, share)})


def of(work: Work, every: tuple[Row, ...], program: Program = DOLFINX) -> Row:
    [row] = (row for row in every if row.work == work.name and row.peer_name.startswith(program.name))
    return row


def test_the_promises_are_asked_for() -> None:
    reach = {work.name: work.reach for work in WORKS}
    assert len(reach) == len(WORKS)
    assert [each for name, each in reach.items() if name.startswith("Poisson")] == [4.0] * 3
    assert [each for name, each in reach.items() if "unstructured" in name] == [1.5] * 2
    named = ("assembly", "64 coefficient", "64 right-hand", "3D elasticity", "heat")
    assert [reach[name] for word in named for name in reach if name.startswith(word)] == [
        10.0,
        6.0,
        20.0,
        1.0,
        1.0,
        1.6,
    ]
    assert [share.most for share in SHARES] == [0.3, 1.0, 0.25]


def test_the_fastest_configuration_with_the_right_answer_counts() -> None:
    row = of(WORKS[0], found(collected(1.0, wrong=(0.1, 1e-6), slow=(9.0, 0.0), fast=(5.0, 1e-9)), shares(0.1)))
    assert (row.peer_name, row.ratio, row.ok) == ("DOLFINx, fast", 5.0, True)
    assert row.difference == pytest.approx(5e-10)


def test_a_peer_with_another_answer_compares_to_nothing() -> None:
    row = of(WORKS[0], found(collected(1.0, wrong=(9.0, 1e-3)), shares(0.1)))
    assert not row.ok and "differ by" in row.note


def test_a_missing_peer_is_named_with_how_to_install_it_and_is_not_ok() -> None:
    every = collected(1.0, any=(9.0, 0.0))
    every.missing[DOLFINX] = "DOLFINx is missing: apt install it"
    row = of(WORKS[0], found(every, shares(0.1)))
    assert not row.ok and row.note == "DOLFINx is missing: apt install it"


@pytest.mark.parametrize(("part", "ok"), [(0.25, True), (0.31, False)])
def test_what_goes_with_a_solve_may_take_a_part_of_it(part: float, ok: bool) -> None:
    every = found(collected(1.0, any=(9.0, 0.0)), shares(part))
    wanted = [row for row in every if row.peer_name == "what is wanted"]
    assert [row.ok for row in wanted] == [ok, True, part <= 0.25]
    [torch] = (row for row in every if row.peer_name == TORCH.name and row.reach is None)
    assert torch.ratio == 0.5 / part


def test_a_program_that_is_not_there_is_missing_and_the_others_are_run(tmp_path: Path) -> None:
    nobody = Program("nobody", (str(tmp_path / "python"), "nothing.py"), "nothing", "make bench-env")
    work = Work("little", "solve", lambda: problems.square(6), (nobody,), 1.0, repetitions=1)
    every, said = Collected(), list[str]()
    collect(work, every, tmp_path / "problem.npz", 1, said.append)
    assert every.missing == {nobody: "nobody is missing: make bench-env"}
    assert len(every.seconds[OURS, "solve"]) == 1 and "little, ours" in said[0]
    assert bench.SAME == 1e-8
