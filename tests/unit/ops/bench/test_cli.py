"""`faraday bench` prints a report and says by its exit code whether all was reached."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner

from ops.bench import cli
from ops.bench.catalog import BENCHES, Bench
from ops.bench.contract import BenchFailed, Better, Findings, Run, compare


def _findings(run: Run, reach: float) -> Findings:
    run.say("measuring")
    rounds = [2.0] * run.rounds
    row = compare("work", rounds, [1.0], peer_name="peer", unit="u", better=Better.MORE, reach=reach)
    return Findings((row,), notes=(f"{run.rounds} rounds",))


def reaches(run: Run) -> Findings:
    return _findings(run, reach=1.0)


def misses(run: Run) -> Findings:
    return _findings(run, reach=3.0)


def breaks(run: Run) -> Findings:
    raise BenchFailed("the peer did not start: install it")


OURS = {
    measure.__name__: Bench(measure.__name__, "a bench of this test", f"{__name__}:{measure.__name__}")
    for measure in (reaches, misses, breaks)
}


def test_the_exit_code_is_0_only_where_every_row_is_ok() -> None:
    assert cli.run("reaches", json=False, benches=OURS) == 0
    assert cli.run("misses", json=False, benches=OURS) == 1


def test_a_bench_that_could_not_measure_says_why() -> None:
    with pytest.raises(click.ClickException, match="the peer did not start: install it"):
        cli.run("breaks", json=True, benches=OURS)


def test_json_on_stdout_is_the_report_alone_and_progress_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run("reaches", json=True, rounds=4, benches=OURS) == 0
    printed = capsys.readouterr()
    said = json.loads(printed.out)
    assert (said["bench"], said["machine"]["notes"], said["rows"][0]["ratio"]) == ("reaches", ["4 rounds"], 2.0)
    assert printed.err == "measuring\n"


def test_list_names_every_bench_with_its_summary() -> None:
    result = CliRunner().invoke(cli.bench, ["--list"])
    assert result.exit_code == 0
    for bench in BENCHES.values():
        assert bench.name in result.output and bench.summary in result.output


def test_without_a_name_the_user_is_told_where_names_are() -> None:
    result = CliRunner().invoke(cli.bench, [])
    assert result.exit_code == 2
    assert "--list" in result.output


def test_an_unknown_name_is_refused() -> None:
    assert CliRunner().invoke(cli.bench, ["nonsense"]).exit_code == 2
