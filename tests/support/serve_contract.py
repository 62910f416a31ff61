"""A driver of Ray that tries, in a cluster that runs, what `cluster/serve_adapter.py` relies on. Prints JSON.

Run by `tests/integration/test_serve_adapter.py`, each part in a process of its own, as controllers are.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ray
from ray import serve
from ray.serve.config import AutoscalingConfig, AutoscalingPolicy

from cluster import serve_adapter
from cluster.artefact_files import ArtefactFiles
from cluster.dispatch import Endpoint
from cluster.placement import Placement, Plane, PlaneOptions
from cluster.replica import ReplicaOptions
from cluster.tracing import TracingOptions
from models import identity
from models.base import Resources

MODEL = "contract"


class Policy:
    """Notes what it is given, and asks for what there is: it wakes nobody."""

    def __init__(self, notes: str) -> None:
        self._notes = notes

    def __call__(self, context: Any) -> tuple[int, dict[str, Any]]:
        stats = {name: list(of.values()) for name, of in (context.aggregated_metrics or {}).items()}
        seen = {"stats": stats, "at_handles": context.total_num_requests, "replicas": context.target_num_replicas}
        with Path(self._notes).open("a") as file:
            file.write(json.dumps(seen) + "\n")
        return context.target_num_replicas, {}


class Lingering:
    """Takes its time to end."""

    def __init__(self, farewell: str) -> None:
        self._farewell = farewell

    def record_autoscaling_stats(self) -> dict[str, float]:
        return {"in_flight": 7.0}

    async def wake(self) -> None:
        pass

    async def __del__(self) -> None:
        await asyncio.sleep(1.0)
        await asyncio.to_thread(Path(self._farewell).write_text, "ended in peace")


def main(what: str, folder: Path) -> None:
    serve_adapter.start()
    kinds = {"failure": failure, "stub": stub}
    print(json.dumps(kinds[what](folder) if what in kinds else deployed(what, folder)))


def deployed(version: str, folder: Path) -> dict[str, Any]:
    """Deploy one replica by the adapter; which one the handle then tells of, once Serve has come to rest."""
    fed: dict[str, tuple[Endpoint, ...]] = {}
    serve_adapter.subscribe(fed.__setitem__)
    _deploy(MODEL, version, folder)
    time.sleep(1.5)  # Serve replaces a replica within this, where it does
    (endpoint,) = _until(lambda: fed.get(MODEL))
    return {"replica": endpoint.replica, "listening": Path(endpoint.unix).is_socket()}


def failure(folder: Path) -> dict[str, Any]:
    """Deploy what cannot start: it has no place for its socket."""
    _deploy("impossible", "first", Path("/proc/none"))
    failures = _until(serve_adapter.failures)
    serve.delete("impossible")
    serve.delete(MODEL)
    return {"failures": list(failures)}


def _deploy(model: str, version: str, sockets: Path) -> None:
    plane = PlaneOptions(Plane.UNIX, sockets, drain_grace_s=0.1, drain_timeout_s=1.0)
    placement = Placement(model, Resources(cpus=0.1, min_replicas=1, max_replicas=1), 1, 1.0)
    options = ReplicaOptions(identity.SPEC, 1, plane, None, TracingOptions("", ""), ArtefactFiles(sockets, 1 << 20))
    serve_adapter.deploy([(placement, options)], 0.0, version)


def stub(folder: Path) -> dict[str, Any]:
    """Serve's autoscaling and end of a replica, with classes that do nothing else."""
    notes, farewell = folder / "notes", folder / "farewell"
    scaling = AutoscalingConfig(
        min_replicas=0,
        initial_replicas=0,
        max_replicas=1,
        upscale_delay_s=0.0,
        metrics_interval_s=0.5,
        look_back_period_s=1.0,
        policy=AutoscalingPolicy(policy_function=f"{__name__}:Policy", policy_kwargs={"notes": str(notes)}),
    )
    deployment = serve.deployment(
        name="stub",
        ray_actor_options={"num_cpus": 0.1},
        graceful_shutdown_timeout_s=10.0,
        graceful_shutdown_wait_loop_s=0.05,
        autoscaling_config=scaling,
    )
    # After the policy, which Serve pickles by value and then has done with: workers cannot import this module.
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    handle = serve.run(deployment(Lingering).bind(str(farewell)), name="stub", route_prefix=None)
    handle.wake.remote().result(timeout_s=20.0)  # at zero replicas it is this call that starts one
    waiting = _until(lambda: [line for line in _lines(notes) if line["at_handles"]])
    awake = _until(lambda: [line for line in _lines(notes) if line["stats"]])
    serve.delete("stub")  # returns when the replica has ended
    return {"waiting": waiting[0], "awake": awake[-1], "farewell": farewell.exists() and farewell.read_text()}


def _lines(notes: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in notes.read_text().splitlines()] if notes.exists() else []


def _until(ask: Callable[[], Any], timeout_s: float = 30.0) -> Any:
    end = time.monotonic() + timeout_s
    while not (answer := ask()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return answer
