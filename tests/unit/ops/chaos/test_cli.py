"""`faraday chaos ledger` says what was done, and by its exit code whether all held. See tests/chaos for the trials."""

from __future__ import annotations

import json

from click.testing import CliRunner

from ops.chaos.cli import chaos
from ops.chaos.ledger.mutants import MUTANTS
from ops.chaos.ledger.stores import STORES

_NOTHING = ("ledger", "--kills", "0", "--power-losses", "0", "--seed", "s")


def test_what_was_done_is_said_as_json() -> None:
    result = CliRunner().invoke(chaos, [*_NOTHING, "--json"])
    assert result.exit_code == 0
    said = json.loads(result.stdout)
    assert (said["store"], said["mutant"], said["seed"], said["kills"], said["findings"]) == (
        "sqlite",
        None,
        "s",
        0,
        [],
    )


def test_what_was_done_is_said_in_lines() -> None:
    result = CliRunner().invoke(chaos, _NOTHING)
    assert result.exit_code == 0
    assert "power losses  0" in result.stdout


def test_a_seed_is_drawn_where_none_is_given() -> None:
    seeds = {json.loads(CliRunner().invoke(chaos, [*_NOTHING[:5], "--json"]).stdout)["seed"] for _ in range(2)}
    assert len(seeds) == 2


def test_every_store_makes_a_sound_site_and_a_careless_one() -> None:
    for store in STORES.values():
        assert store.site is not store.careless_site


def test_every_mutant_can_be_asked_for() -> None:
    for mutant in MUTANTS:
        assert CliRunner().invoke(chaos, [*_NOTHING, "--mutant", mutant]).exit_code == 0
    assert CliRunner().invoke(chaos, [*_NOTHING, "--mutant", "nonsense"]).exit_code == 2
