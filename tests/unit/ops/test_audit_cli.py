"""`faraday audit`, as an operator types it. The commands run their own event loop, so these tests have none."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ops.audit_cli import audit
from ops.audit_files import AuditFiles
from ops.cli import cli
from router.audit.event import AuditEvent, Kind
from router.audit.log import open_audit_log


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AuditFiles:
    """An installation with three events; no setting of the machine's own is seen."""
    for name in [name for name in os.environ if name.startswith(("FARADAY_", "XDG_STATE"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FARADAY_STATE_DIR", str(tmp_path / "s"))
    (tmp_path / "s").mkdir(mode=0o700)
    files = AuditFiles(tmp_path / "s")
    files.prepare(os.urandom)
    happened(
        files,
        AuditEvent(Kind.OPENED, 1.0, "ward", "clinic/owner", "clinic/ada", limit=100, epsilon=1.0, delta=1e-6),
        AuditEvent(Kind.CHARGED, 2.0, "ward", "clinic/ada", model="llm.notes", request_id="r1", cost=7),
        AuditEvent(Kind.RELEASED, 3.0, "ward", "clinic/ada", request_id="r1", digest=b"\xab\xcd"),
        AuditEvent(Kind.REFUSED, 4.0, "trial", "clinic/bob", reason="BUDGET_SPENT"),
    )
    return files


def happened(files: AuditFiles, *events: AuditEvent) -> None:
    async def record() -> None:
        log = await open_audit_log(files.log, files.subject_keys(os.urandom), files.signer(), 0.0, os.urandom)
        await log.record(*events)
        await log.close(9.0)

    asyncio.run(record())


def faraday(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(cli, ["audit", *arguments], input=answer)


def forged(files: AuditFiles, statement: str) -> None:
    with closing(sqlite3.connect(files.log, isolation_level=None)) as stranger:
        for (name,) in stranger.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            stranger.execute(f"DROP TRIGGER {name}")
        stranger.execute(statement)


def test_every_command_has_a_line_of_help() -> None:
    for name, command in audit.commands.items():
        assert command.help, name
        assert faraday(name, "-h").exit_code == 0


def test_a_good_log_is_said_to_be_good_and_what_that_is_worth(files: AuditFiles) -> None:
    told = faraday("verify")
    assert told.exit_code == 0, told.output
    assert "good: 4 events" in told.output
    assert "no checkpoint from outside" in told.output
    assert "not signed" not in told.output


def test_a_checkpoint_from_before_is_extended(files: AuditFiles, tmp_path: Path) -> None:
    told = faraday("checkpoint", "--out", str(tmp_path / "held.json"))
    assert told.exit_code == 0 and "event 4" in told.output
    happened(files, AuditEvent(Kind.FROZEN, 5.0, "ward", "clinic/owner", reason="review"))
    told = faraday("verify", "--since", str(tmp_path / "held.json"))
    assert told.exit_code == 0, told.output
    assert "good: 5 events" in told.output and "extends what you hold" in told.output


def test_a_forged_event_is_named_and_the_exit_code_says_so(files: AuditFiles) -> None:
    forged(files, "UPDATE event SET body = CAST(replace(body, 'charged', 'voided') AS BLOB) WHERE sequence = 2")
    told = faraday("verify")
    assert told.exit_code == 1
    assert "event 2" in told.output and "good before it: 1" in told.output


def test_a_truncated_log_is_seen_with_a_checkpoint_that_was_printed(files: AuditFiles, tmp_path: Path) -> None:
    (tmp_path / "held.json").write_text(faraday("checkpoint").output)
    forged(files, "DELETE FROM event WHERE sequence > 3")
    forged(files, "DELETE FROM checkpoint")
    told = faraday("verify")
    assert told.exit_code == 0 and "not signed yet: 3" in told.output
    told = faraday("verify", "--since", str(tmp_path / "held.json"))
    assert told.exit_code == 1 and "event 4: missing" in told.output


def test_an_auditor_needs_the_log_and_public_keys_alone(files: AuditFiles, tmp_path: Path) -> None:
    shutil.copy(files.log, tmp_path / "copy.sqlite")
    shutil.copy(files.public_key, tmp_path / "key.pub")
    shutil.rmtree(files.root)
    told = faraday("verify", "--log", str(tmp_path / "copy.sqlite"), "--public-key", str(tmp_path / "key.pub"))
    assert told.exit_code == 0, told.output


def test_show_prints_the_newest_first_and_one_dataset_where_asked(files: AuditFiles) -> None:
    newest, released, charged, opened = faraday("show").output.splitlines()
    assert "refused" in newest and "trial" in newest and "reason=BUDGET_SPENT" in newest
    assert "1970-01-01T00:00:03.000+00:00" in released and "digest=abcd" in released
    assert "actor=clinic/ada model=llm.notes request_id=r1 cost=7" in charged
    assert "actor=clinic/owner limit=100 epsilon=1.0 delta=1e-06" in opened and "holder=clinic/ada" in opened
    assert faraday("show", "--dataset", "ward", "--limit", "1").output.splitlines() == [released]


def test_a_forgotten_person_is_not_shown_and_the_log_verifies(files: AuditFiles, tmp_path: Path) -> None:
    (tmp_path / "held.json").write_text(faraday("checkpoint").output)
    told = faraday("forget", "clinic/ada", "--by", "clinic/officer", answer="y\n")
    assert told.exit_code == 0, told.output
    shown = faraday("show").output
    assert "clinic/ada" not in shown and shown.count("(forgotten, key ") == 3
    assert "key_destroyed" in shown and "actor=clinic/officer" in shown
    assert faraday("verify", "--since", str(tmp_path / "held.json")).exit_code == 0


def test_what_was_forged_for_the_terminal_is_shown_as_it_is(files: AuditFiles) -> None:
    forged(
        files,
        """UPDATE event SET body = CAST('{"format":"v1","kind":"charged","at":1e300,"dataset":"\\u001b[2J",'
        || '"parts":[]}' AS BLOB) WHERE sequence = 4""",
    )
    told = faraday("show", "--limit", "1")
    assert told.exit_code == 0, told.output
    assert "1e+300" in told.output and "'\\x1b[2J'" in told.output


def test_forgetting_asks_first(files: AuditFiles) -> None:
    told = faraday("forget", "clinic/ada", answer="n\n")
    assert told.exit_code == 1
    assert "clinic/ada" in faraday("show").output
    assert faraday("forget", "clinic/ada", "--yes").exit_code == 0
    told = faraday("forget", "clinic/ada", "--yes")
    assert told.exit_code == 1 and "forgotten already" in told.output


@pytest.mark.parametrize("arguments", [("checkpoint",), ("show",), ("forget", "clinic/ada", "--yes"), ("verify",)])
def test_where_there_is_no_log_none_is_begun(files: AuditFiles, arguments: tuple[str, ...]) -> None:
    files.log.unlink()
    told = faraday(*arguments)
    assert told.exit_code == 1
    assert isinstance(told.exception, SystemExit), "an error without a traceback"
    assert not files.log.exists()


@pytest.mark.parametrize("arguments", [("checkpoint",), ("show",), ("forget", "clinic/ada", "--yes")])
def test_a_master_key_that_others_can_read_is_not_used(files: AuditFiles, arguments: tuple[str, ...]) -> None:
    files.master_key.chmod(0o644)
    told = faraday(*arguments)
    assert told.exit_code == 1
    assert "chmod 600" in told.output


@pytest.mark.parametrize("content", [None, "", "{}"])
def test_what_is_no_checkpoint_is_named(files: AuditFiles, tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "held.json").write_text(content)
    told = faraday("verify", "--since", str(tmp_path / "held.json"))
    assert told.exit_code == 1
    assert "held.json" in told.output and isinstance(told.exception, SystemExit)


def test_a_checkpoint_is_never_overwritten(files: AuditFiles, tmp_path: Path) -> None:
    (tmp_path / "held.json").write_text("precious")
    told = faraday("checkpoint", "--out", str(tmp_path / "held.json"))
    assert told.exit_code == 1 and "File exists" in told.output
    assert (tmp_path / "held.json").read_text() == "precious"


def test_settings_that_make_no_sense_are_told(files: AuditFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARADAY_ROUTR__PORT", "1")
    told = faraday("verify")
    assert told.exit_code == 1 and "FARADAY_ROUTR__PORT" in told.output
