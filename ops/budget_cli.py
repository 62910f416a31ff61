"""`faraday budget`: the privacy accounts of the installation on this machine, from the command line."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ops import settings_sources
from ops.state import StateFolder

if TYPE_CHECKING:
    from faraday.client import Client

_TOKEN_S = 300.0


@click.group()
def budget() -> None:
    """Open, show and limit privacy accounts. DATASET is "owner/name".

    Who may read the installation's signing key acts for every owner.
    """


@budget.command("open")
@click.argument("dataset")
@click.option("--epsilon", type=float, required=True, help="What may be spent in all.")
@click.option("--delta", type=float, required=True, help="At this δ; well below one over the number of units.")
@click.option("--unit", type=click.Choice(["patient", "record", "client"]), required=True, help="Whom it protects.")
@click.option("--adjacency", type=click.Choice(["add-remove", "replace"]), default="add-remove", show_default=True)
@click.option("--order", type=float, help="Count at this Rényi order; by default ρ of zCDP.")
@click.option("--block", default="", help="The time partition of the records, such as 2026Q3.")
@click.pass_obj
def open_(
    config: Path | None,
    dataset: str,
    epsilon: float,
    delta: float,
    unit: str,
    adjacency: str,
    order: float | None,
    block: str,
) -> None:
    """Open a dataset's account. Its terms are for ever."""
    from faraday.client import Adjacency, Unit

    with _client(config, dataset) as client:
        opened = client.privacy.open_account(
            dataset,
            epsilon=epsilon,
            delta=delta,
            unit=Unit[unit.upper()],
            adjacency=Adjacency[adjacency.upper().replace("-", "_")],
            order=order,
            block=block,
        )
    click.echo(str(opened))


@budget.command()
@click.argument("dataset")
@click.option("--tenant", required=True, help="Who may ask of the dataset from now on.")
@click.option("--user", default="", help="Cap this one of its users.")
@click.option("--epsilon", type=float, required=True, help="What they may spend in all.")
@click.pass_obj
def grant(config: Path | None, dataset: str, tenant: str, user: str, epsilon: float) -> None:
    """Let a tenant ask of a dataset, up to a cap."""
    with _client(config, dataset) as client:
        click.echo(str(client.privacy.grant(dataset, tenant, user=user, epsilon=epsilon)))


@budget.command("set")
@click.argument("dataset")
@click.option("--tenant", default="", help="Its cap, in place of the dataset's own account.")
@click.option("--user", default="", help="That user's cap.")
@click.option("--epsilon", type=float, required=True, help="What may be spent in all.")
@click.pass_obj
def set_(config: Path | None, dataset: str, tenant: str, user: str, epsilon: float) -> None:
    """Set what an account may spend in all."""
    with _client(config, dataset) as client:
        click.echo(str(client.privacy.set_limit(dataset, tenant=tenant, user=user, epsilon=epsilon)))


@budget.command()
@click.argument("dataset")
@click.option("--tenant", default="", help="Its cap, in place of the dataset's own account.")
@click.option("--user", default="", help="That user's cap.")
@click.option("--reason", required=True, help="Shown to whoever is refused.")
@click.pass_obj
def freeze(config: Path | None, dataset: str, tenant: str, user: str, reason: str) -> None:
    """Stop an account."""
    with _client(config, dataset) as client:
        click.echo(str(client.privacy.freeze(dataset, reason, tenant=tenant, user=user)))


@budget.command()
@click.argument("dataset")
@click.option("--tenant", default="", help="Its cap, in place of the dataset's own account.")
@click.option("--user", default="", help="That user's cap.")
@click.pass_obj
def thaw(config: Path | None, dataset: str, tenant: str, user: str) -> None:
    """Let a stopped account go on."""
    with _client(config, dataset) as client:
        click.echo(str(client.privacy.thaw(dataset, tenant=tenant, user=user)))


@budget.command()
@click.argument("dataset")
@click.option("--tenant", default="", help="Its cap, in place of the dataset's own account.")
@click.option("--user", default="", help="That user's cap.")
@click.pass_obj
def show(config: Path | None, dataset: str, tenant: str, user: str) -> None:
    """Show what an account may spend and has spent."""
    with _client(config, dataset) as client:
        click.echo(str(client.privacy.budget(dataset, tenant=tenant, user=user)))


@budget.command()
@click.argument("dataset")
@click.pass_obj
def releases(config: Path | None, dataset: str) -> None:
    """List the answers that have left and touched a dataset."""
    with _client(config, dataset) as client:
        for release in client.privacy.releases(dataset):
            paid = f"{release.time:%Y-%m-%d %H:%M:%S}  {release.cost_picorho / 1e12:.6f} ρ"
            click.echo(f"{paid}  {release.tenant}  {release.request_id}  {release.event}")


@contextmanager
def _client(config: Path | None, dataset: str) -> Iterator[Client]:
    """A client of the local installation that acts for the dataset's owner, with a token good for some minutes."""
    from faraday.client import Client, FaradayError, Tls, local
    from router.call import Principal, Role
    from router.minting import mint, read_signing_key
    from router.pricing import owner_of
    from router.secret_files import SecretExposed, SecretUnusable

    try:
        settings = settings_sources.load(config, os.environ)
        state = StateFolder(settings.state_dir)
        found = local.find(state.root)
        key = read_signing_key(settings.auth.eddsa_private_key_file or state.signing_key)
        principal = Principal("operator", owner_of(dataset), frozenset({Role.DATA_OWNER, Role.ANALYST, Role.AUDITOR}))
        token = mint(key, principal, settings.auth.issuer, settings.auth.audience, time.time(), _TOKEN_S)
        tls = None if found.ca_file is None else Tls(found.ca_file)
        with Client(found.endpoint, token=token, tls=tls) as client:
            yield client
    except (FaradayError, SecretExposed, SecretUnusable, settings_sources.SettingsRefused, ValueError) as error:
        raise click.ClickException(str(error)) from error
