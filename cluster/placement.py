"""Where replicas run and how many: the catalogue's needs, the operator's wishes and what the cluster has, made one."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path

from models.base import Resources, Spec


class Plane(enum.Enum):
    """How the router reaches replicas."""

    UNIX = "unix"  # private sockets; router and replicas on one node
    TLS = "tls"  # private sockets on one node, mutual TLS across nodes
    HANDLE = "handle"  # through Ray Serve's handle: slower, and needs nothing of the replica


@dataclass(frozen=True)
class Placement:
    """How one model is deployed."""

    model: str
    resources: Resources
    max_batch: int
    target_in_flight: float  # requests in flight per replica that autoscaling aims at
    downscale_delay_s: float = 30.0
    sleep_after_s: float = 300.0  # idle for so long, a model with min_replicas 0 gives its actor back


@dataclass(frozen=True)
class PlaneOptions:
    """What a replica must know to be reached: the same for all models."""

    plane: Plane
    socket_dir: Path  # private to this user and short: a unix socket's path is limited to 107 bytes
    tls_host: str = "0.0.0.0"  # what a replica listens on where plane is TLS
    drain_grace_s: float = 0.3  # routers read the endpoint table every 0.05 s
    drain_timeout_s: float = 20.0


def actor_options(placement: Placement, cluster_gpus: float) -> dict[str, float]:
    """Ray's options for one replica. A model that can use a GPU gets its share of one where the cluster has any."""
    resources = placement.resources
    gpus = resources.gpus if cluster_gpus > 0 else 0.0
    return {"num_cpus": resources.cpus, "num_gpus": gpus}


def default_placement(spec: Spec) -> Placement:
    """What the catalogue says, for whoever has no wishes."""
    return Placement(spec.name, spec.resources, spec.max_batch, target_in_flight=2.0 * spec.max_batch)
