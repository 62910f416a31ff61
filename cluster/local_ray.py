"""A Ray cluster of our own on this machine, or a place in one that exists."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RayOptions:
    """How to come by a Ray cluster."""

    address: str = "local"  # "local" starts one; anything else joins that one
    state_dir: Path = Path()  # ours, private: workers must not find a stranger's packages in their working directory
    temp_dir: Path = Path("/tmp/faraday-ray")  # short: Ray puts unix sockets below it, whose paths end at 107 bytes
    cpus: float | None = None
    gpus: float | None = None
    dashboard: bool = True
    dashboard_port: int = 0
    object_store_bytes: int = 128 * 2**20  # tensors travel on our own plane; the store holds deployment code only
    token_auth: bool = True


@dataclass(frozen=True)
class RayCluster:
    """A cluster that this process is connected to."""

    address: str
    dashboard_url: str
    gpus: float
    node: str


def connect(options: RayOptions, environment: Mapping[str, str]) -> RayCluster:
    """Start or join a cluster; `environment` is set for every process of it. Call once, first thing, in one process.

    The process's working directory becomes the state directory: Ray puts it ahead of site-packages on workers, and the
    folder that a user happens to stand in may hold another `models/`.
    """
    os.chdir(options.state_dir)
    os.environ.update(environment)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_AUTH_MODE"] = "token" if options.token_auth else "disabled"
    if options.token_auth:
        os.environ["RAY_AUTH_TOKEN_PATH"] = str(_token_file(options.state_dir))
    import ray

    joined = ray.init(
        address=options.address,
        namespace="faraday",
        log_to_driver=False,
        logging_level=logging.WARNING,
        **(_own(options) if options.address == "local" else {}),
    )
    context = ray.get_runtime_context()
    return RayCluster(
        address=context.gcs_address,
        dashboard_url=joined.dashboard_url or "",
        gpus=ray.cluster_resources().get("GPU", 0.0),
        node=context.get_node_id(),
    )


def _own(options: RayOptions) -> dict[str, Any]:
    options.temp_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        "_node_ip_address": "127.0.0.1",  # everything of a local cluster stays on loopback
        "num_cpus": options.cpus,
        "num_gpus": options.gpus,
        "include_dashboard": options.dashboard,
        "dashboard_host": "127.0.0.1",
        "dashboard_port": options.dashboard_port or None,
        "object_store_memory": options.object_store_bytes,
        "_temp_dir": str(options.temp_dir),
    }


def _token_file(state_dir: Path) -> Path:
    path = state_dir / "ray.token"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    return path
