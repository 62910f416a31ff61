"""`faraday doctor` finds what is wrong, and says the next step."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ops import doctor
from ops.doctor import Finding, examine
from ops.settings import Settings
from ops.state import StateFolder


def findings(settings: Settings) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in examine(settings, StateFolder(settings.state_dir)):
        found.setdefault(finding.code, []).append(finding)
    return found


def anywhere(root: Path, port: int = 0) -> Settings:
    settings = Settings(state_dir=root)
    return settings.model_copy(
        update={
            "server": settings.server.model_copy(update={"port": port}),
            "metrics": settings.metrics.model_copy(update={"port": 0}),
        }
    )


def test_a_fresh_folder_and_free_ports_are_fine(tmp_path: Path) -> None:
    found = findings(anywhere(tmp_path / "not-made-yet"))
    assert [finding.advice for code in ("PYTHON", "PACKAGE", "PORT") for finding in found[code]] == [""] * 6
    assert "FILE_MODE" not in found
    assert not (tmp_path / "not-made-yet").exists()


def test_a_taken_port_is_named_with_the_setting_to_change(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (server, metrics) = findings(anywhere(tmp_path, port))["PORT"]
    assert str(port) in server.what
    assert "set server.port" in server.advice
    assert metrics.advice == ""


def test_a_secret_that_others_can_read_is_named_with_its_remedy(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    token = tmp_path / "token"
    token.write_text("hunter2")
    token.chmod(0o644)
    folder, file = findings(anywhere(tmp_path))["FILE_MODE"]
    assert folder.advice == ""
    assert file.advice == f"others can read it: chmod go= {token}"
    assert "hunter2" not in file.what


@pytest.mark.parametrize(
    ("limit", "code", "remedy"),
    [
        ("_MEMORY_BYTES", "MEMORY", "stop something"),
        ("_DISK_BYTES", "DISK", "make room"),
        ("_SHM_BYTES", "SHARED_MEMORY", "--shm-size"),
    ],
)
def test_too_little_of_something_comes_with_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, code: str, remedy: str
) -> None:
    monkeypatch.setattr(doctor, limit, 1 << 60)
    (finding,) = findings(anywhere(tmp_path))[code]
    assert remedy in finding.advice
