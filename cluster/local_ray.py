"""A Ray cluster of our own on this machine: how to start its head, and how a process joins a cluster, own or not.

The head is not started inside the driver, so that the driver may end without ending the replicas; and its state is kept
on disk, so that a head process that dies can be started again under running replicas.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path


@dataclass(frozen=True)
class RayOptions:
    """How to come by a Ray cluster."""

    address: str  # "local" starts one; anything else joins that one
    state_dir: Path  # ours, private: workers must not find a stranger's packages in their working directory
    temp_dir: Path  # short: Ray puts unix sockets below it, whose paths end at 107 bytes
    cpus: float | None = None
    gpus: float | None = None
    dashboard: bool = True
    dashboard_port: int = 0
    object_store_bytes: int = 128 * 2**20  # tensors travel on our own plane; the store holds deployment code only
    token_auth: bool = True


@dataclass(frozen=True)
class RayHead:
    """A head to start: its command, which returns when the head runs on its own, and where it will be."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    address: str
    dashboard_url: str
    folder: Path  # every process of this head names it in its command line


@dataclass(frozen=True)
class RayCluster:
    """A cluster that this process is connected to."""

    gpus: float
    node: str


class ForeignFolder(Exception):
    """The folder for Ray's sockets belongs to somebody else, who could listen in."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"{self.path} belongs to another user: set ray.temp_dir to a folder of your own"


def head(options: RayOptions, environment: Mapping[str, str]) -> RayHead:
    """A new head on free ports of loopback; `environment` is added to what every process of the cluster sees."""
    _private(options.temp_dir)
    # One folder per installation, so that the processes of one head can be told from another's.
    folder = options.temp_dir / blake2b(os.fsencode(options.state_dir), digest_size=4).hexdigest()
    _private(folder)
    port, agent_port, client_port = _free_port(), _free_port(), _free_port()
    dashboard_port = options.dashboard_port if _is_free(options.dashboard_port) else _free_port()
    command = [
        *(sys.executable, "-m", "ray.scripts.scripts", "start", "--head"),
        *("--node-ip-address", "127.0.0.1", "--port", str(port)),
        *("--temp-dir", str(folder)),
        *("--include-dashboard", str(options.dashboard).lower(), "--dashboard-host", "127.0.0.1"),
        *("--dashboard-port", str(dashboard_port), "--dashboard-agent-listen-port", str(agent_port)),
        *("--object-store-memory", str(options.object_store_bytes)),
        *("--ray-client-server-port", str(client_port)),  # it cannot be left out, and 10001 may be another's
        *("--include-log-monitor", "false", "--disable-usage-stats", "--log-color", "false"),
    ]
    if options.cpus is not None:
        command += ["--num-cpus", f"{options.cpus:g}"]
    if options.gpus is not None:
        command += ["--num-gpus", f"{options.gpus:g}"]
    kept = folder / f"gcs-{port}"
    return RayHead(
        command=tuple(command),
        environment={
            **environment,
            **driver_environment(options),
            "RAY_gcs_storage": "rocksdb",
            "RAY_gcs_storage_path": str(kept),
        },
        address=f"127.0.0.1:{port}",
        dashboard_url=f"http://127.0.0.1:{dashboard_port}" if options.dashboard else "",
        folder=folder,
    )


def connect(options: RayOptions, address: str) -> RayCluster:
    """Join a cluster. Call once, first thing, in one process that was started with `driver_environment`.

    The process's working directory becomes the state directory: Ray puts it ahead of site-packages on workers, and the
    folder that a user happens to stand in may hold another `models/`.
    """
    os.chdir(options.state_dir)
    import ray

    ray.init(address=address, namespace="faraday", log_to_driver=False, logging_level=logging.WARNING)
    return RayCluster(
        gpus=ray.cluster_resources().get("GPU", 0.0),
        node=ray.get_runtime_context().get_node_id(),
    )


DRIVER_ENVIRONMENT = {"RAY_ENABLE_AUTO_CONNECT": "0"}  # a driver that loses its cluster would start one of its own


def driver_environment(options: RayOptions) -> dict[str, str]:
    """How a process proves to Ray that it may join. Ray reads it when it is imported, so it comes with the process."""
    if not options.token_auth:
        return {"RAY_AUTH_MODE": "disabled"}
    path = options.state_dir / "ray.token"
    if options.address == "local" and not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(path)}


def _private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise ForeignFolder(str(folder))
    folder.chmod(0o700)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return port != 0
