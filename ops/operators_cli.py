"""`faraday operators`: the neural operators of the installation on this machine, from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from faraday.client import Client, ModelVersion, OperatorModel


@click.group()
def operators() -> None:
    """List, show, fetch and publish neural operators, as whoever may read this installation's token.

    NAME is "owner/name"; those of "faraday" come with the system.
    """


@operators.command("list")
def list_() -> None:
    """List those of this tenant and those that come with the system."""
    with _client() as client:
        for model in client.operators.models():
            click.echo(str(model))
            for version in model.versions:
                click.echo(f"  {version.card.architecture} for {version.card.problem}, {_metrics(version)}")


@operators.command()
@click.argument("name")
def show(name: str) -> None:
    """Show all versions of one, with where they come from."""
    with _client() as client:
        model = client.operators.model(name)
    click.echo(str(model))
    for version in model.versions:
        card = version.card
        click.echo(f"  version {version.number}  {version.created:%Y-%m-%d %H:%M}  by {version.publisher or '-'}")
        click.echo(
            f"    {card.architecture} for {card.problem}, {card.least_points} to {card.most_points} points a side"
        )
        click.echo(f"    uncertainty  {card.uncertainty or 'none'}")
        click.echo(f"    measured     {_metrics(version)}")
        click.echo(f"    data         {card.data_digest}, seed {card.seed}, code {card.code_version}")
        click.echo(f"    content      {version.digest}, {version.size_bytes:,} bytes")


@operators.command()
@click.argument("name")
@click.argument("version", type=click.IntRange(min=1))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def fetch(name: str, version: int, file: Path) -> None:
    """Write the content of a version to FILE: safetensors."""
    with _client() as client:
        file.write_bytes(client.operators.content(name, version))
    click.echo(str(file))


@operators.command()
@click.argument("name")
@click.option("--file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A safetensors file.")
@click.option("--version", type=click.IntRange(min=1), default=None, help="A version that is there, instead of a file.")
@click.option("--stable", "channel", flag_value="stable", help="From now on it answers where no version is named.")
@click.option("--canary", type=click.FloatRange(0.0, 1.0, min_open=True), help="It answers this part of those cases.")
def publish(name: str, file: Path | None, version: int | None, channel: str | None, canary: float | None) -> None:
    """Publish a file as a new version, or say where a version is to answer; or both."""
    if (file is None) == (version is None):
        raise click.UsageError("give either --file or --version")
    if channel and canary:
        raise click.UsageError("give either --stable or --canary")
    with _client() as client:
        model = client.operators.publish(
            name,
            b"" if file is None else file.read_bytes(),
            version=version or 0,
            channel=channel or ("canary" if canary else ""),
            canary_weight=canary or 0.0,
        )
    _published(model)


def _published(model: OperatorModel) -> None:
    click.echo(f"{model}  versions {', '.join(str(version.number) for version in model.versions)}")


def _metrics(version: ModelVersion) -> str:
    metrics = version.card.metrics
    return ", ".join(f"{name} {value:.4g}" for name, value in sorted(metrics.items())) or "nothing measured"


@contextmanager
def _client() -> Iterator[Client]:
    from faraday.client import Client, FaradayError

    try:
        with Client.local() as client:
            yield client
    except FaradayError as error:
        raise click.ClickException(str(error)) from error
