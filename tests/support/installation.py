"""An installation of a test's own, started and stopped as a user would: by the real command line, in a short folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cluster import local_ray, serve_environment
from faraday.client import Client, Settings
from ops import processes
from ops.state import StateFolder
from tests.support.eventually import eventually

FARADAY = str(Path(sys.executable).with_name("faraday"))
_COMMAND_TIMEOUT_S = 240.0
_LEFTOVER_PATIENCE_S = 5.0  # what was killed may take a moment to be gone

# Small and apart from every other installation on the machine: free ports, two workers, no dashboard.
DEFAULTS = {
    "FARADAY_SERVER__PORT": "0",
    "FARADAY_SERVER__WORKERS": "2",
    "FARADAY_METRICS__PORT": "0",
    "FARADAY_RAY__DASHBOARD": "false",
    "FARADAY_RAY__NUM_CPUS": "8",  # what Ray plans with; the machine may have fewer
}


@dataclass(frozen=True)
class Told:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Process:
    """One process, also when its pid has become another's."""

    pid: int
    began: str

    def runs(self) -> bool:
        return processes.alive(self.pid) and _began(self.pid) == self.began


class Installation:
    """One state folder and the commands on it."""

    def __init__(self, root: Path, settings: Mapping[str, str]) -> None:
        self.state = StateFolder(root / "s")
        self.ray_folder = root / "r"
        ours = {"FARADAY_STATE_DIR": str(self.state.root), "FARADAY_RAY__TEMP_DIR": str(self.ray_folder)}
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FARADAY_")}
        self.environment = {**clean, **DEFAULTS, **ours, **settings}

    def cli(self, *arguments: str, folder: Path | None = None) -> Told:
        """`faraday ...` in a process of its own, started from `folder`."""
        done = subprocess.run(
            [FARADAY, *arguments],
            env=self.environment,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_COMMAND_TIMEOUT_S,
            check=False,
        )
        return Told(done.returncode, done.stdout, done.stderr)

    def up(self, folder: Path | None = None) -> None:
        told = self.cli("up", folder=folder)
        assert told.code == 0, f"{told.err}\n{self.log()[-4000:]}"

    def down(self) -> None:
        """Stop it, and see that nothing of it is left."""
        family = self.family()
        told = self.cli("down")
        assert told.code == 0, told.err
        self.assert_gone(family)

    def status(self) -> dict[str, Any]:
        """What the supervisor wrote last."""
        told: dict[str, Any] = json.loads(self.state.status.read_text())
        return told

    @property
    def supervisor(self) -> int:
        return int(self.status()["pid"])

    @property
    def endpoint(self) -> str:
        return str(self.status()["endpoint"])

    def token(self) -> str:
        return self.state.token.read_text().strip()

    def client(self, settings: Settings | None = None) -> Client:
        return Client.local(self.state.root, settings)

    def ask_ray(self, program: str) -> str:
        """What a Python program prints that is connected to this installation's Ray, in a process of its own."""
        address = json.loads(self.state.ray_head.read_text())["address"]
        connect = f"import ray; ray.init(address={address!r}, namespace='test', log_to_driver=False)\n"
        joining = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(self.state.root / "ray.token")}
        done = subprocess.run(
            [sys.executable, "-c", connect + program],
            env={**self.environment, **serve_environment.ENVIRONMENT, **local_ray.DRIVER_ENVIRONMENT, **joining},
            cwd=self.state.root,
            capture_output=True,
            text=True,
            timeout=_COMMAND_TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def log(self) -> str:
        return self.state.log.read_text() if self.state.log.exists() else ""

    def family(self) -> list[Process]:
        """Every process of it that runs."""
        found = [Process(pid, _began(pid)) for pid in processes.family(self.supervisor)]
        return [process for process in found if process.runs()]

    def named(self, name: str) -> list[int]:
        """The processes whose command begins with `name`."""
        return [process.pid for process in self.family() if name_of(process.pid).startswith(name)]

    def wait_ready(self, timeout_s: float = 60.0) -> None:
        eventually(lambda: self.cli("status").code == 0, timeout_s, "the installation is not ready again")

    def remove(self) -> None:
        """Stop it where it runs, and delete all that it has."""
        if self.state.status.exists():
            self.cli("down")
        shutil.rmtree(self.state.root.parent)

    def assert_gone(self, family: Sequence[Process]) -> None:
        """None of these processes runs, nor any other that names our folders; no socket is left."""

        def left() -> list[str]:
            named = [pid for folder in (self.state.root, self.ray_folder) for pid in processes.naming(folder)]
            running = [process.pid for process in family if process.runs()]
            return [f"{pid} {name_of(pid)}" for pid in {*running, *named}]

        eventually(lambda: not left(), _LEFTOVER_PATIENCE_S, lambda: f"left running: {left()}")
        sockets = [path for path in self.state.root.parent.rglob("*") if path.is_socket()]
        assert not sockets


def short_folder() -> Path:
    """A new one, whose name leaves room for unix sockets: their paths are limited to 107 bytes."""
    return Path(tempfile.mkdtemp(prefix="fx-", dir="/tmp"))


def name_of(pid: int) -> str:
    """Its command, without the folder of the program; empty where it does not run."""
    command = processes.command_of(pid)
    if command is None or not processes.alive(pid):
        return ""
    program, *arguments = command.argv
    return " ".join((program if "::" in program else Path(program).name, *arguments))


def _began(pid: int) -> str:
    """When it was started, in the kernel's own count; empty where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except FileNotFoundError:
        return ""


@contextmanager
def installation(settings: Mapping[str, str] | None = None, folder: Path | None = None) -> Iterator[Installation]:
    """Up for as long as the block, with FARADAY_* `settings` over `DEFAULTS`; started from `folder`."""
    made = Installation(short_folder(), settings or {})
    try:
        made.up(folder)
        try:
            yield made
        except BaseException:
            print(made.log()[-6000:], file=sys.stderr)
            raise
        finally:
            if made.state.status.exists():
                made.down()
    finally:
        made.remove()
