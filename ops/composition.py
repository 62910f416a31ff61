"""From settings to the plain frozen dataclasses that each part is built from. The only place that knows both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version

from cluster.local_ray import RayOptions
from cluster.placement import Placement, Plane, PlaneOptions, default_placement
from cluster.tracing import TracingOptions
from models.base import Spec
from models.catalog import CATALOG
from ops.settings import MIB, ModelSettings, Settings
from ops.state import StateFolder
from router.admission import AdmissionLimits
from router.auth import AuthOptions, CertificateGrant
from router.call import Principal
from router.edge import EdgeLimits
from router.gcra import RateLimit
from router.keyring import Algorithm, TokenKey, load_public_key
from router.minting import kid_of
from router.rate import RateOptions
from router.replay import ReplayLimits
from router.server import ConnectionLimits, ServerOptions
from router.tls import TlsOptions
from router.tokens import TokenOptions
from router.upstream import UpstreamOptions

VERSION = version("faraday-server")


def served(settings: Settings) -> dict[str, Spec]:
    """The models of the catalogue that are enabled, by name."""
    return {name: spec for name, spec in CATALOG.items() if _of(settings, name).enabled}


def placements(settings: Settings) -> Sequence[tuple[Spec, Placement]]:
    """How the models are deployed that run on replicas of ours."""
    return [
        (spec, _placement(spec, _of(settings, name)))
        for name, spec in served(settings).items()
        if _of(settings, name).upstream is None
    ]


def upstreams(settings: Settings) -> dict[str, UpstreamOptions]:
    """The models that an external server answers for."""
    found = {name: _of(settings, name).upstream for name in served(settings)}
    return {
        name: UpstreamOptions(upstream.target, upstream.tls_ca_file, upstream.token_file)
        for name, upstream in found.items()
        if upstream is not None
    }


def _of(settings: Settings, model: str) -> ModelSettings:
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
    )


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


def auth_options(settings: Settings, state: StateFolder) -> AuthOptions:
    """Without keys in the settings, the installation trusts the one that it made itself."""
    auth = settings.auth
    public_files = auth.eddsa_public_key_files or (() if auth.hs256_secret_files else (state.public_key,))
    keys = [TokenKey(kid_of(load_public_key(file)), Algorithm.EDDSA, file) for file in public_files]
    keys += [TokenKey(file.stem, Algorithm.HS256, file) for file in auth.hs256_secret_files]
    return AuthOptions(
        tokens=TokenOptions(
            keys=tuple(keys),
            issuer=auth.issuer,
            audience=auth.audience,
            leeway_s=auth.leeway_s,
            cache_entries=auth.token_cache_entries,
        ),
        api_key_file=auth.api_keys_file,
        certificates=tuple(
            CertificateGrant(each.name, Principal(each.subject, each.tenant, each.roles))
            for each in auth.client_certificates
        ),
    )


def rate_options(settings: Settings) -> RateOptions:
    rate = settings.rate
    return RateOptions(
        default=RateLimit(rate.per_second, rate.burst),
        tenants={tenant: RateLimit(each.per_second, each.burst) for tenant, each in rate.tenants.items()},
    )


def admission_limits(settings: Settings) -> AdmissionLimits:
    admission = settings.admission
    return AdmissionLimits(
        calls_per_model=admission.max_calls_per_model,
        bytes_per_model=admission.max_bytes_per_model,
        bytes_in_all=admission.max_bytes,
    )


def replay_limits(settings: Settings) -> ReplayLimits:
    replay = settings.replay
    return ReplayLimits(replay.window_s, replay.max_entries, replay.max_bytes)


def server_options(settings: Settings, port: int) -> ServerOptions:
    server, tls = settings.server, settings.server.tls
    return ServerOptions(
        host=server.host,
        port=port,
        tls=None
        if tls.certificate_file is None or tls.key_file is None
        else TlsOptions(tls.certificate_file, tls.key_file, tls.client_ca_file),
        edge=EdgeLimits(
            message_bytes=server.max_message_bytes,
            metadata_bytes=server.max_metadata_bytes,
            body_timeout_s=server.body_timeout_s,
            default_timeout_s=server.default_timeout_s,
            access_log_ratio=settings.telemetry.access_log_ratio,
        ),
        connections=ConnectionLimits(
            handshake_timeout_s=server.handshake_timeout_s,
            idle_timeout_s=server.max_connection_idle_s,
            age_limit_s=server.max_connection_age_s,
            age_grace_s=server.max_connection_grace_s,
            streams=server.max_streams_per_connection,
            ping_interval_s=server.min_ping_interval_s,
            keepalive_interval_s=server.keepalive_interval_s,
            keepalive_timeout_s=server.keepalive_timeout_s,
        ),
        drain_timeout_s=server.drain_timeout_s,
    )
