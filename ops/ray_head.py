"""Keeps the head of a local Ray cluster alive: a daemon of it that dies is started again as it was.

Ray itself restarts none of them. The head's state is on disk, so replicas outlive a death of the GCS; a raylet takes
its workers along, so after its death the whole head is begun anew.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from cluster import local_ray, serve_environment
from cluster.local_ray import RayHead
from ops import cluster_options, logs, processes, readiness
from ops.processes import Command
from ops.settings import Settings
from ops.state import StateFolder, write_private

log = logging.getLogger(__name__)
_START_TIMEOUT_S = 60.0
_LOOK_S = 0.25
_END_GRACE_S = 2.0  # nothing is in flight any more; Serve's controller and Ray's agents never end by SIGTERM alone


class RayHeadFailed(Exception):
    """`ray start` did not end well; the message is the end of what it said."""


class RayHeadKeeper:
    """This process must have called `processes.adopt_orphans`: the daemons become its children."""

    def __init__(self, make: Callable[[], RayHead], state_dir: Path) -> None:
        self._make = make
        self._state_dir = state_dir
        self._daemons: dict[int, Command] = {}
        self.head: RayHead | None = None

    async def start(self) -> RayHead:
        """Start a head, and end what an earlier run left of one. Raises RayHeadFailed."""
        self.head = head = self._make()
        await asyncio.to_thread(processes.end, processes.naming(head.folder), 2.0)
        shutil.rmtree(head.folder, ignore_errors=True)
        head.folder.mkdir(mode=0o700)
        before = set(processes.children())
        starting = await asyncio.create_subprocess_exec(
            *head.command,
            env={**os.environ, **head.environment},
            cwd=self._state_dir,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(starting.communicate(), _START_TIMEOUT_S)
        if starting.returncode != 0:
            raise RayHeadFailed(said.decode(errors="replace")[-2000:])
        adopted = set(processes.children()) - before
        found = {pid: processes.command_of(pid) for pid in adopted}
        self._daemons = {
            pid: command
            for pid, command in found.items()
            if command is not None and any(str(head.folder) in part for part in command.argv)
        }
        return head

    async def keep(self) -> None:
        """Return when the raylet has died; until then start again what else dies."""
        while True:
            await asyncio.sleep(_LOOK_S)
            for pid in [pid for pid in self._daemons if _ended(pid)]:
                command = self._daemons.pop(pid)
                name = Path(command.argv[0]).name
                if name == "raylet":
                    log.error("the raylet died; Ray begins anew")
                    return
                log.error("%s of Ray's head died and is started again", name)
                self._daemons[_begin(command)] = command

    async def stop(self) -> None:
        """End every process of the head, workers too."""
        descendants = processes.family(os.getpid())[1:]
        await asyncio.to_thread(processes.end, descendants, _END_GRACE_S)
        if self.head is not None:
            shutil.rmtree(self.head.folder, ignore_errors=True)
            self.head = None


def _begin(command: Command) -> int:
    """Start a daemon as it was started before; its pid."""
    return subprocess.Popen(command.argv, env=command.environment, cwd=command.folder, stdin=subprocess.DEVNULL).pid


def _ended(pid: int) -> bool:
    """Whether this child has ended; takes its exit status if so."""
    try:
        return os.waitpid(pid, os.WNOHANG) != (0, 0)
    except ChildProcessError:
        return True


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ops.ray_head")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--ready-fd", type=int, required=True)
    arguments = parser.parse_args()
    processes.end_with_parent()
    processes.adopt_orphans()
    state = StateFolder(arguments.state)
    settings = Settings.model_validate_json(state.settings.read_text())
    logs.configure(settings.telemetry.log_level, logs.Format(settings.telemetry.log_format), "ray")
    asyncio.run(_run(settings, state, readiness.teller(arguments.ready_fd)))


async def _run(settings: Settings, state: StateFolder, tell: Callable[[str], None]) -> None:
    """Until SIGTERM, or until the raylet dies."""
    asked_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_end.set)
    options = cluster_options.ray_options(settings, state)
    keeper = RayHeadKeeper(lambda: local_ray.head(options, serve_environment.ENVIRONMENT), state.root)
    ending = asyncio.create_task(asked_to_end.wait())
    keeping = asyncio.create_task(_keep(keeper, state, tell))
    await asyncio.wait([ending, keeping], return_when=asyncio.FIRST_COMPLETED)
    keeping.cancel()  # it would start again what is ended now
    await asyncio.wait([keeping])
    await keeper.stop()
    if not keeping.cancelled():
        keeping.result()


async def _keep(keeper: RayHeadKeeper, state: StateFolder, tell: Callable[[str], None]) -> None:
    try:
        head = await keeper.start()
    except (RayHeadFailed, local_ray.ForeignFolder) as error:
        tell(str(error))
        raise
    write_private(state.ray_head, json.dumps({"address": head.address, "dashboard": head.dashboard_url}))
    tell("ready")
    await keeper.keep()


if __name__ == "__main__":
    main()
