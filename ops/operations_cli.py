"""`faraday operations`: the long-running operations of the installation on this machine, from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from faraday.client import Client


@click.group()
def operations() -> None:
    """List, show, follow and cancel what was started by whoever may read this installation's token.

    NAME is "operations/" and a UUID, or the UUID alone.
    """


@operations.command("list")
@click.option("--done/--running", default=None, help="Only those that have ended, or have not.")
def list_(done: bool | None) -> None:
    """List operations, newest first."""
    with _client() as client:
        for operation in client.operations.list(done):
            click.echo(str(operation))


@operations.command()
@click.argument("name")
def show(name: str) -> None:
    """Show how far an operation is."""
    with _client() as client:
        told = client.operations.get(_whole(name)).latest
    click.echo(str(told))
    for title, value in (("method", told.method), ("started", told.created), ("expires", told.expires)):
        click.echo(f"  {title:<9} {value}")
    if told.ended is not None:
        click.echo(f"  {'ended':<9} {told.ended}")
    for title, number in told.scalars.items():
        click.echo(f"  {title:<9} {number:.6g}")
    if told.attempt_count > 1:
        click.echo(f"  taken up {told.attempt_count} times")


@operations.command()
@click.argument("name")
def wait(name: str) -> None:
    """Follow an operation to its end; fails where it does."""
    with _client() as client:
        operation = client.operations.get(_whole(name))
        for told in operation.watch():
            click.echo(str(told))
        operation.result()


@operations.command()
@click.argument("name")
def cancel(name: str) -> None:
    """Stop an operation at its next step."""
    with _client() as client:
        operation = client.operations.get(_whole(name))
        operation.cancel()
        click.echo(str(operation.progress()))


def _whole(name: str) -> str:
    return name if "/" in name else f"operations/{name}"


@contextmanager
def _client() -> Iterator[Client]:
    from faraday.client import Client, FaradayError

    try:
        with Client.local() as client:
            yield client
    except FaradayError as error:
        raise click.ClickException(str(error)) from error
