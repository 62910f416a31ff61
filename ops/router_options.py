"""From settings to what a router worker is built from: plain frozen dataclasses."""

from __future__ import annotations

from ops.cluster_options import served, settings_of
from ops.settings import Settings
from ops.state import StateFolder
from router.admission import AdmissionLimits
from router.auth import AuthOptions, CertificateGrant
from router.call import Principal
from router.edge import EdgeLimits
from router.gcra import RateLimit
from router.keyring import Algorithm, TokenKey, load_public_key
from router.minting import kid_of
from router.operations.contract import Limits
from router.operations.runner import RunnerOptions
from router.operations.running import Pace
from router.rate import RateOptions
from router.replay import ReplayLimits
from router.server import ConnectionLimits, ServerOptions
from router.tls import TlsOptions
from router.tokens import TokenOptions
from router.upstream import UpstreamOptions


def upstreams(settings: Settings) -> dict[str, UpstreamOptions]:
    """The models that an external server answers for."""
    found = {name: settings_of(settings, name).upstream for name in served(settings)}
    return {
        name: UpstreamOptions(upstream.target, upstream.tls_ca_file, upstream.token_file)
        for name, upstream in found.items()
        if upstream is not None
    }


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


def operation_limits(settings: Settings) -> Limits:
    operations = settings.operations
    return Limits(operations.max_unfinished_per_tenant, operations.max_kept_per_tenant, operations.retention_s)


def runner_options(settings: Settings, holder: str) -> RunnerOptions:
    operations = settings.operations
    beat_s = min(Pace().beat_s, operations.lease_s / 4)  # a lease survives three beats that fail
    return RunnerOptions(holder, pace=Pace(beat_s, operations.lease_s, operations.checkpoint_interval_s))


def epsilon_per_answer(settings: Settings) -> dict[str, float]:
    """The most that one answer may cost, of the datasets whose settings say so in one way or another."""
    return {
        name: dataset.plan().epsilon_per_query
        for name, dataset in settings.privacy.datasets.items()
        if dataset.epsilon_per_answer or dataset.noise_multiplier or dataset.answers
    }


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
