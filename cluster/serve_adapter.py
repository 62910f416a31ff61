"""Ray Serve's alpha APIs, all of them, in one place: what changes with a release of Ray changes here.

`tests/integration/test_serve_adapter.py` holds what we rely on: a replica's metadata reaches a request router's
`update_replicas`, its autoscaling stats reach a policy, and `__del__` is awaited before a replica is stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ray import serve
from ray.serve import Deployment
from ray.serve.config import AutoscalingConfig, AutoscalingPolicy, RequestRouterConfig
from ray.serve.experimental.round_robin_router import RoundRobinRouter
from ray.serve.handle import DeploymentHandle
from ray.serve.schema import ApplicationStatus

from cluster.dispatch import Endpoint
from cluster.placement import Placement, actor_options
from cluster.replica import ENDPOINT, Replica, ReplicaOptions

Feed = Callable[[str, tuple[Endpoint, ...]], None]
_feeds: list[Feed] = []


class FeedingRouter(RoundRobinRouter):
    """Serve's request router of the controller's handles: it also tells `_feeds` which replicas there are.

    Serve copies this class by value, so that its globals are copies: the real ones are imported where they are needed.
    """

    def update_replicas(self, replicas: list[Any]) -> None:
        super().update_replicas(replicas)
        from cluster import serve_adapter

        serve_adapter.feed(
            self._deployment_id.app_name,
            tuple(
                Endpoint(
                    replica=replica.replica_id.unique_id, node=replica.node_id, **replica.replica_metadata[ENDPOINT]
                )
                for replica in replicas
                if ENDPOINT in replica.replica_metadata
            ),
        )


def feed(model: str, endpoints: tuple[Endpoint, ...]) -> None:
    """Called by `FeedingRouter`, on a thread of Serve's."""
    for each in tuple(_feeds):
        each(model, endpoints)


def subscribe(each: Feed) -> None:
    """From now on call `each` with (model, its replicas) whenever they change; on a thread of Serve's."""
    _feeds.append(each)


def unsubscribe(each: Feed) -> None:
    _feeds.remove(each)


def start() -> None:
    """Start Serve's control plane in the cluster, without proxies: the router is our own."""
    serve.start(proxy_location="Disabled", logging_config={"encoding": "JSON", "enable_access_log": False})


def deploy(
    models: Sequence[tuple[Placement, ReplicaOptions]], cluster_gpus: float, version: str
) -> dict[str, DeploymentHandle[Replica]]:
    """Deploy models and follow their replicas; returns before these are up. Replicas of the same `version` stay."""
    targets = [
        serve.RunTarget(
            target=_deployment(placement, options, cluster_gpus, version).bind(options),
            name=placement.model,
            route_prefix=None,
        )
        for placement, options in models
    ]
    handles = serve.run_many(targets, wait_for_applications_running=False)
    for handle in handles:
        handle._init()  # begins to follow the replicas; a call would also wake a model that sleeps
    return {placement.model: handle for (placement, _), handle in zip(models, handles, strict=True)}


def failures() -> dict[str, str]:
    """The models that Serve gave up deploying, and what it says of them."""
    applications = serve.status().applications.items()
    return {name: status.message for name, status in applications if status.status == ApplicationStatus.DEPLOY_FAILED}


def _deployment(placement: Placement, options: ReplicaOptions, cluster_gpus: float, version: str) -> Deployment:
    resources = placement.resources
    drain = options.plane.drain_grace_s + options.plane.drain_timeout_s
    deployment = serve.deployment(
        name=placement.model,
        ray_actor_options=actor_options(placement, cluster_gpus),
        max_ongoing_requests=1024,  # of handle calls; the data plane is admitted by the router
        graceful_shutdown_timeout_s=drain + 5.0,
        graceful_shutdown_wait_loop_s=0.05,
        health_check_period_s=5.0,
        request_router_config=RequestRouterConfig(request_router_class=FeedingRouter),  # type: ignore[arg-type]  # Ray takes it
        autoscaling_config=AutoscalingConfig(
            min_replicas=resources.min_replicas,
            initial_replicas=resources.min_replicas,
            max_replicas=resources.max_replicas,
            upscale_delay_s=0.0,
            downscale_delay_s=placement.downscale_delay_s,
            downscale_to_zero_delay_s=placement.sleep_after_s,
            metrics_interval_s=1.0,
            look_back_period_s=2.0,
            policy=AutoscalingPolicy(
                policy_function="cluster.autoscaling:InFlightPolicy",
                policy_kwargs={"target": placement.target_in_flight},
            ),
        ),
    )(Replica)
    # Without a version Serve takes every deployment for new code and replaces all replicas.
    return deployment.options(version=version, _internal=True)
