"""From settings to what the cluster's parts are built from: plain frozen dataclasses. Imports neither Ray nor gRPC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version

from cluster.artefact_files import ArtefactFiles
from cluster.local_ray import RayOptions
from cluster.placement import Placement, Plane, PlaneOptions, default_placement
from cluster.shipped_artefacts import WithShipped
from cluster.tracing import TracingOptions
from models.base import Spec
from models.catalog import CATALOG
from ops.settings import MIB, ModelSettings, Settings
from ops.state import StateFolder

VERSION = version("faraday-server")


def served(settings: Settings) -> dict[str, Spec]:
    """The models of the catalogue that are enabled, by name."""
    return {name: spec for name, spec in CATALOG.items() if settings_of(settings, name).enabled}


def placements(settings: Settings) -> Sequence[tuple[Spec, Placement]]:
    """How the models are deployed that run on replicas of ours."""
    return [
        (spec, _placement(spec, settings_of(settings, name)))
        for name, spec in served(settings).items()
        if settings_of(settings, name).upstream is None
    ]


def settings_of(settings: Settings, model: str) -> ModelSettings:
    """What the operator wishes of one model."""
    return settings.models.get(model, ModelSettings())


def _placement(spec: Spec, wishes: ModelSettings) -> Placement:
    default = default_placement(spec)
    resources = {
        name: wish
        for name in ("cpus", "gpus", "min_replicas", "max_replicas")
        if (wish := getattr(wishes, name)) is not None
    }
    max_batch = wishes.max_batch or default.max_batch
    return replace(
        default,
        resources=replace(default.resources, **resources),
        max_batch=max_batch,
        target_in_flight=wishes.target_in_flight or 2.0 * max_batch,
        downscale_delay_s=wishes.downscale_delay_s or default.downscale_delay_s,
        sleep_after_s=wishes.sleep_after_s or default.sleep_after_s,
    )


def artefacts(settings: Settings, state: StateFolder) -> WithShipped:
    """Where replicas read and publish, and routers list, what is kept under a name."""
    registry = settings.registry
    return WithShipped(ArtefactFiles(registry.folder or state.registry, registry.max_bytes_per_tenant))


def plane_options(settings: Settings, state: StateFolder) -> PlaneOptions:
    return PlaneOptions(
        plane=Plane(settings.plane), socket_dir=state.run, drain_timeout_s=settings.server.drain_timeout_s
    )


def ray_options(settings: Settings, state: StateFolder) -> RayOptions:
    ray = settings.ray
    return RayOptions(
        address=ray.address,
        state_dir=state.root,
        temp_dir=ray.temp_dir,
        cpus=ray.num_cpus,
        gpus=ray.num_gpus,
        dashboard=ray.dashboard,
        dashboard_port=ray.dashboard_port,
        object_store_bytes=ray.object_store_memory_mib * MIB,
        token_auth=ray.auth_mode == "token",
    )


def tracing_options(settings: Settings, part: str, instance: str) -> TracingOptions:
    telemetry = settings.telemetry
    return TracingOptions(
        service_name=f"{telemetry.service_name}-{part}",
        instance_id=instance,
        service_version=VERSION,
        otlp_endpoint=telemetry.otlp_endpoint,
        headers_file=telemetry.otlp_headers_file,
    )
