"""`faraday bench`: measure, print, and say by the exit code whether every row reached what it must."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import click

from ops.bench import machine, report
from ops.bench.catalog import BENCHES, Bench
from ops.bench.contract import BenchFailed, Report, Run


@click.command("bench", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("name", required=False, type=click.Choice(tuple(BENCHES)))
@click.option("--list", "list_", is_flag=True, help="Name the benches and what they measure.")
@click.option("--json", "json_", is_flag=True, help="Print the report as JSON.")
@click.option(
    "--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="Rounds to take the median of."
)
@click.pass_context
def bench(context: click.Context, name: str | None, list_: bool, json_: bool, rounds: int) -> None:
    """Measure Faraday beside its peers; exits with 0 only where every row reached what it must."""
    if list_:
        width = max(map(len, BENCHES))
        click.echo("\n".join(f"{each.name:{width}}  {each.summary}" for each in BENCHES.values()))
    elif name is None:
        raise click.UsageError("name a bench; `faraday bench --list` lists them")
    else:
        context.exit(run(name, json=json_, rounds=rounds))


def run(name: str, json: bool, rounds: int = 3, benches: Mapping[str, Bench] = BENCHES) -> int:
    """Run one bench and print its report; 0 only where every row is ok. What it does meanwhile goes to stderr."""
    before = machine.describe()
    try:
        found = benches[name].load()(Run(rounds, say=lambda line: click.echo(line, err=True)))
    except BenchFailed as failure:
        raise click.ClickException(str(failure)) from failure
    result = Report(name, replace(before, notes=found.notes), found.rows)
    click.echo(report.as_json(result) if json else report.as_table(result))
    return 0 if result.ok else 1
