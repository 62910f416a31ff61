"""The command line where nothing runs: what it says, and how it refuses."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from models.catalog import CATALOG
from ops import settings_reference
from ops.cli import cli
from ops.cluster_options import VERSION
from ops.router_options import auth_options
from ops.settings import Settings
from ops.state import StateFolder
from router.call import Role
from router.tokens import TokenVerifier


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    """A prepared folder that the commands find; no setting of the machine's own is seen."""
    for name in [name for name in os.environ if name.startswith(("FARADAY_", "XDG_STATE"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FARADAY_STATE_DIR", str(tmp_path / "s"))
    prepared = StateFolder(tmp_path / "s")
    prepared.prepare()
    return prepared


def faraday(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def test_every_command_has_a_line_of_help() -> None:
    told = faraday("--help")
    assert told.exit_code == 0
    for name, command in cli.commands.items():
        assert name in told.output
        assert command.help, name
        assert faraday(name, "-h").exit_code == 0


def test_it_knows_its_version() -> None:
    assert faraday("--version").output == f"faraday, version {VERSION}\n"


@pytest.mark.parametrize("command", ["status", "solve", "problems", "operations list"])
def test_where_nothing_runs_it_says_how_to_start(state: StateFolder, command: str) -> None:
    told = faraday(*command.split())
    assert told.exit_code == 1
    assert "faraday up" in told.output


def test_down_where_nothing_runs_is_no_error(state: StateFolder) -> None:
    told = faraday("down")
    assert (told.exit_code, told.stdout) == (0, "nothing runs\n")


def test_a_status_file_whose_process_is_another_now_counts_as_nothing(state: StateFolder) -> None:
    told = {"phase": "ready", "problem": "", "pid": 1, "endpoint": "", "metrics": "", "dashboard": ""}
    state.status.write_text(json.dumps({**told, "ready_after_s": 1.0, "children": {}}))
    assert faraday("status").exit_code == 1
    assert faraday("down").stdout == "nothing runs\n"


@pytest.mark.parametrize("command", ["up", "status", "down", "token", "demo", "doctor"])
def test_settings_that_make_no_sense_stop_every_command_before_any_effect(
    state: StateFolder, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("FARADAY_ROUTR__PORT", "1")
    monkeypatch.setenv("FARADAY_SERVER__PORT", "none")
    told = faraday(command, *(["--subject", "ada"] if command == "token" else []))
    assert told.exit_code == 1
    assert "FARADAY_ROUTR__PORT" in told.output and "FARADAY_SERVER__PORT" in told.output
    assert not state.settings.exists()


def test_a_configuration_file_that_is_not_there_is_named(state: StateFolder, tmp_path: Path) -> None:
    told = faraday("--config", str(tmp_path / "missing.yaml"), "status")
    assert told.exit_code == 1
    assert "missing.yaml" in told.output


def test_models_and_settings_list_all_that_there_are() -> None:
    models, settings = faraday("models"), faraday("settings")
    assert models.exit_code == settings.exit_code == 0
    assert all(f"{spec.name}  version {spec.version}" in models.output for spec in CATALOG.values())
    assert all(line.path in settings.output for line in settings_reference.describe())


def test_a_token_is_for_whom_it_was_asked_for(state: StateFolder) -> None:
    told = faraday("token", "--subject", "ada", "--tenant", "clinic", "--role", "auditor", "--role", "analyst")
    assert told.exit_code == 0, told.output
    verifier = TokenVerifier(auth_options(Settings(state_dir=state.root), state).tokens)
    principal = verifier.verify(told.output.strip(), time.time())
    assert principal.name == "clinic/ada"
    assert principal.roles == {Role.AUDITOR, Role.ANALYST}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--subject", "ada", "--role", "king"], "king"),
        (["--subject", "ada", "--hours", "-1"], ""),
        ([], "--subject"),
    ],
)
def test_a_token_for_nobody_or_for_no_role_is_refused(state: StateFolder, arguments: list[str], said: str) -> None:
    told = faraday("token", *arguments)
    assert told.exit_code != 0
    assert said in told.output
    assert told.exception is None or isinstance(told.exception, SystemExit), "an error without a traceback"


def test_a_signing_key_that_others_can_read_is_not_used(state: StateFolder) -> None:
    state.signing_key.chmod(0o644)
    told = faraday("token", "--subject", "ada")
    assert told.exit_code == 1
    assert str(state.signing_key) in told.output
