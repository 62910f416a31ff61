"""`faraday chaos ledger`, as a user runs it: sound ledgers hold, and every mutant is found."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

_FARADAY = (sys.executable, "-c", "from ops.cli import main; main()")


def chaos(store: str, kills: int, power_losses: int, *options: str) -> tuple[int, dict[str, Any]]:
    """The exit code and what was said. The seed is fixed, so that the same things are asked for in every run."""
    counts = ("--kills", str(kills), "--power-losses", str(power_losses))
    command = (*_FARADAY, "chaos", "ledger", "--store", store, *counts, "--seed", "test", "--json", *options)
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.stdout, ended.stderr
    return ended.returncode, json.loads(ended.stdout)


WORK = ("left", "settled", "voided", "denied", "repeated", "cut_off")


def held(store: str, kills: int, power_losses: int) -> None:
    code, said = chaos(store, kills, power_losses)
    assert said["findings"] == []
    assert (code, said["kills"], said["power_losses"]) == (0, kills, power_losses)
    for kind in WORK:
        assert said[kind] > kills + power_losses, f"too little happened to mean anything: {kind}"
    if power_losses:
        assert said["files_lost"] > 0


def test_sqlite_holds_under_some_of_both() -> None:
    held("sqlite", kills=16, power_losses=8)


@pytest.mark.slow
def test_sqlite_holds_under_kill_9() -> None:
    held("sqlite", kills=300, power_losses=0)


@pytest.mark.slow
def test_sqlite_holds_under_loss_of_power() -> None:
    held("sqlite", kills=0, power_losses=100)


@pytest.mark.slow
def test_postgres_holds_under_kill_9_of_its_server_and_its_clients() -> None:
    held("postgres", kills=40, power_losses=0)


@pytest.mark.slow
def test_postgres_holds_under_loss_of_power() -> None:
    held("postgres", kills=0, power_losses=20)


@pytest.mark.slow
def test_leases_from_postgres_hold_under_both() -> None:
    held("leases", kills=14, power_losses=8)


@pytest.mark.parametrize("store", ["sqlite", "postgres", "leases"])
def test_flushes_that_are_turned_down_are_found_by_a_loss_of_power(store: str) -> None:
    code, said = chaos(store, 0, 50, "--mutant", "unflushed")
    assert code == 1
    assert set(said["broken"]) & {"UNPAID", "REFUNDED", "BOOKS"}


def test_sqlite_without_flushes_survives_kill_9_as_it_should() -> None:
    """What it has written is with the system: it is the loss of power alone that tells the two apart."""
    code, said = chaos("sqlite", 12, 0, "--mutant", "unflushed")
    assert (code, said["findings"]) == (0, [])


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_a_gate_that_any_order_opens_is_found_to_overspend(store: str) -> None:
    code, said = chaos(store, 50, 0, "--mutant", "any-order")
    assert code == 1
    assert "OVERSPENT" in said["broken"]


def test_releases_that_return_before_they_are_durable_are_found() -> None:
    code, said = chaos("sqlite", 50, 0, "--mutant", "hasty")
    assert code == 1
    assert "UNPAID" in said["broken"]


def test_credits_that_are_too_high_are_found() -> None:
    code, said = chaos("sqlite", 50, 0, "--mutant", "generous")
    assert code == 1
    assert "REFUNDED" in said["broken"]
