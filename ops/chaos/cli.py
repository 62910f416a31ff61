"""`faraday chaos`: break things on purpose, and say by the exit code whether all held."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import asdict

import click

from ops.chaos.ledger.machines import Stuck
from ops.chaos.ledger.mutants import MUTANTS, SOUND
from ops.chaos.ledger.stores import STORES
from ops.chaos.ledger.trials import Campaign, run
from ops.flushes import CannotWatch


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def chaos() -> None:
    """Break things on purpose; exits with 0 only where everything that must hold has held."""


@chaos.command()
@click.option("--store", type=click.Choice(tuple(STORES)), default="sqlite", show_default=True)
@click.option("--kills", type=click.IntRange(min=0), default=10_000, show_default=True, help="Trials with kill -9.")
@click.option("--power-losses", type=click.IntRange(min=0), default=1_000, show_default=True, help="Trials with these.")
@click.option("--seed", help="What was drawn at random before; by default something new. Timing stays the machine's.")
@click.option("--mutant", type=click.Choice(tuple(MUTANTS)), help="Break the ledger: this must be found.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
@click.pass_context
def ledger(
    context: click.Context,
    store: str,
    kills: int,
    power_losses: int,
    seed: str | None,
    mutant: str | None,
    as_json: bool,
) -> None:
    """Kill a ledger's processes and cut its power in the middle of their work, and check its promises after each."""
    begun = time.monotonic()
    chosen = MUTANTS[mutant] if mutant else SOUND
    campaign = Campaign(STORES[store], chosen, kills, power_losses, seed or secrets.token_hex(4))
    try:
        tally = run(campaign, lambda line: click.echo(line, err=True))
    except (Stuck, CannotWatch) as error:
        raise click.ClickException(str(error)) from error
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error}: pip install 'faraday-server[postgres]'") from error
    said: dict[str, object] = {
        "store": store,
        "mutant": mutant,
        "seed": campaign.seed,
        "seconds": round(time.monotonic() - begun, 1),
    }
    said |= asdict(tally)
    click.echo(json.dumps(said, indent=1) if as_json else _text(said))
    context.exit(0 if tally.ok else 1)


def _text(said: dict[str, object]) -> str:
    return "\n".join(f"{name.replace('_', ' '):<13} {value}" for name, value in said.items())
