"""The gateway as a process, started by the supervisor or by hand, and what it is made from."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest
import requests
from click.testing import CliRunner
from pydantic import ValidationError

from cluster.certificates import issue
from ops.cli import cli
from ops.settings import Server, ServerTls, Settings, Tesseract
from ops.state import StateFolder
from ops.supervisor import Supervisor
from ops.tesseract import serving
from ops.tesseract.options import Options
from ops.tesseract.process import options

ROOT = Path(__file__).resolve().parents[4]


@contextmanager
def taken() -> Iterator[int]:
    """A port on which nothing answers, and nobody else can listen."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        yield held.getsockname()[1]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate and its key in one PEM file."""
    made = issue(datetime.now(UTC))
    made.write(tmp_path / "pem")
    return tmp_path / "pem"


def prepared(folder: Path, port: int) -> StateFolder:
    state = StateFolder(folder / "s")
    state.prepare()
    settings = Settings(state_dir=folder / "s", tesseract=Tesseract(port=port))
    state.settings.write_text(settings.model_dump_json())
    return state


def test_it_says_when_it_is_ready_and_ends_when_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    state = prepared(tmp_path, port)
    reading, writing = os.pipe()
    arguments = ("--state", str(state.root), "--router", "1", "--ready-fd", str(writing))
    command = (sys.executable, "-m", "ops.tesseract.process", *arguments)
    with subprocess.Popen(command, cwd=ROOT, pass_fds=(writing,), stderr=subprocess.PIPE) as process:
        os.close(writing)
        assert os.read(reading, 100) == b"ready"
        os.close(reading)
        answered = requests.get(f"http://127.0.0.1:{port}/tesseract/identity/health", timeout=10)
        assert (answered.status_code, answered.json()["error"]["reason"]) == (503, "UNAVAILABLE")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    assert process.returncode in (0, -signal.SIGTERM)


def test_where_its_port_is_taken_it_says_so(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with taken() as port:
        arguments = ("--state", str(prepared(tmp_path, port).root), "--router", "1", "--ready-fd", str(writing))
        command = (sys.executable, "-m", "ops.tesseract.process", *arguments)
        assert subprocess.run(command, cwd=ROOT, pass_fds=(writing,), capture_output=True).returncode == 1
    os.close(writing)
    assert os.read(reading, 200).decode().startswith(f"tesseract.port {port} of 127.0.0.1 cannot be had")
    os.close(reading)


def test_by_hand_it_tells_its_address_and_ends_with_ctrl_c() -> None:
    command = (sys.executable, "-c", "from ops.cli import main; main()", "tesseract", "serve", "--port", "0")
    with subprocess.Popen((*command, "--router", "127.0.0.1:1"), cwd=ROOT, stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split("/tesseract")[0]
        assert requests.get(address, timeout=10).status_code == 404
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)


def test_by_hand_it_refuses_what_would_give_tokens_away(
    tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FARADAY_STATE_DIR", str(tmp_path))

    def told(*arguments: str) -> str:
        result = CliRunner().invoke(cli, ["tesseract", "serve", *arguments])
        assert result.exit_code == 1
        return result.output

    assert "faraday up" in told()
    assert "--certificate" in told("--router", "r:1", "--host", "0.0.0.0")
    assert "go together" in told("--router", "r:1", "--certificate", str(certificate))
    with taken() as port:
        assert f"cannot serve on port {port}" in told("--router", "r:1", "--port", str(port))


def test_its_settings_are_refused_where_they_would_give_tokens_away(certificate: Path) -> None:
    tls = ServerTls(certificate_file=certificate, key_file=certificate)
    with pytest.raises(ValidationError, match="open to other machines"):
        Settings(tesseract=Tesseract(port=1, host="0.0.0.0"))
    Settings(tesseract=Tesseract(port=1, host="0.0.0.0"), server=Server(tls=tls))
    Settings(tesseract=Tesseract(host="0.0.0.0"))
    mutual = ServerTls(certificate_file=certificate, key_file=certificate, client_ca_file=certificate)
    with pytest.raises(ValidationError, match="the gateway has no certificate"):
        Settings(tesseract=Tesseract(port=1), server=Server(tls=mutual))


def test_it_goes_to_the_router_of_this_machine(certificate: Path) -> None:
    tls = ServerTls(certificate_file=certificate, key_file=certificate)
    for host, target in (("0.0.0.0", "127.0.0.1:7"), ("::1", "[::1]:7"), ("127.0.0.5", "127.0.0.5:7")):
        made = options(Settings(tesseract=Tesseract(port=1), server=Server(host=host, tls=tls)), 7)
        assert (made.target, made.ca_file, made.key_file) == (target, certificate, certificate)
    with pytest.raises(ValueError, match="not set"):
        options(Settings(), 7)


async def test_its_channel_is_as_secure_as_the_router_s(certificate: Path) -> None:
    for ca_file in (None, certificate):
        async with serving.channel(Options("127.0.0.1:1", ca_file=ca_file)) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await channel.unary_unary("/x/y")(b"", timeout=5)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(("port", "children"), [(None, ["ray", "controller"]), (1, ["tesseract", "ray", "controller"])])
def test_the_supervisor_keeps_it_where_a_port_is_set(tmp_path: Path, port: int | None, children: list[str]) -> None:
    settings = Settings.model_validate(
        {"tesseract": {"port": port}, "server": {"port": 0, "workers": 1}, "metrics": {"port": 0}}
    )
    state = StateFolder(tmp_path / "s")
    state.prepare()
    supervisor = Supervisor(settings, state)
    assert [child.name for child in supervisor._children] == ["worker-0", *children]
    supervisor._metrics.close()
    supervisor._reserved.close()
