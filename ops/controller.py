"""The controller's process: joins Ray and runs `cluster.controller`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
from collections.abc import Callable
from pathlib import Path

from cluster.certificates import Certificate
from cluster.controller import Controller, ControllerOptions, DeploymentFailed
from cluster.local_ray import connect
from cluster.placement import Plane
from ops import cluster_options, logs, processes, readiness
from ops.settings import Settings
from ops.state import StateFolder

log = logging.getLogger(__name__)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ops.controller")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--ray", required=True)
    parser.add_argument("--ready-fd", type=int, required=True)
    arguments = parser.parse_args()
    processes.end_with_parent()
    state = StateFolder(arguments.state)
    settings = Settings.model_validate_json(state.settings.read_text())
    ours = logs.stderr_apart(state.ray_log)
    logs.configure(settings.telemetry.log_level, logs.Format(settings.telemetry.log_format), "controller", ours)
    logs.capture_prints()
    tell = readiness.teller(arguments.ready_fd)
    cluster = connect(cluster_options.ray_options(settings, state), arguments.ray)
    logs.adopt("ray", "ray.serve")
    controller = Controller(_options(settings, state), cluster)
    try:
        asyncio.run(_run(controller, lambda: tell("ready")))
    except (DeploymentFailed, TimeoutError) as error:
        tell(str(error))
        raise SystemExit(f"controller: {error}") from error
    os._exit(0)  # Ray's own farewell takes for ever where its cluster is gone


def _options(settings: Settings, state: StateFolder) -> ControllerOptions:
    plane = cluster_options.plane_options(settings, state)
    return ControllerOptions(
        models=cluster_options.placements(settings),
        plane=plane,
        table_file=state.table,
        wake_socket=state.wake_socket,
        certificate=Certificate.read(state.certificate) if plane.plane is Plane.TLS else None,
        tracing=cluster_options.tracing_options(settings, "replica", ""),
        artefacts=cluster_options.artefacts(settings, state),
        run=str(state.settings.stat().st_mtime_ns),  # `faraday up` writes it anew
    )


async def _run(controller: Controller, ready: Callable[[], None]) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        await controller.run(ready)
    except asyncio.CancelledError:
        log.info("ends as asked")


if __name__ == "__main__":
    main()
