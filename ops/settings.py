"""Every setting of Faraday, in one frozen tree: its type, its default, its bounds and what it is for.

Read by `ops.settings_sources` from the environment over YAML over these defaults. Nothing below `ops` sees it: the
composition root hands plain dataclasses down. Secrets are named by the file that holds them, never given here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from models.base import Refusal
from models.catalog import CATALOG
from models.privacy.settings import Plan, plan
from models.privacy.settings import Settings as PlanSettings
from router.call import Role
from router.pricing import DATASET

MIB = 1 << 20

# A unix socket's path holds 107 bytes; what Ray and we append to our folders has to fit.
_SOCKET_PATH = 107
_RAY_SOCKET = "/session_2026-01-01_00-00-00_000000_4194304/sockets/plasma_store"
_OUR_SOCKET = "/run/worker-63.metrics"


def setting(default: Any, doc: str, **bounds: Any) -> Any:
    """One setting and what it is for; `bounds` as in pydantic: gt, ge, le."""
    return Field(default, description=doc, **bounds)


def _absolute(path: Path) -> Path:
    path = path.expanduser()
    if not path.is_absolute():
        raise ValueError("is relative, and our processes run in folders of their own: write the whole path")
    return path


def _readable(path: Path) -> Path:
    if not os.access(path, os.R_OK) or not path.is_file():
        raise ValueError("is no file that can be read")
    return path


def _served(name: str) -> str:
    if name not in CATALOG:
        raise ValueError(f"no such model; there are {', '.join(CATALOG)}")
    return name


Folder = Annotated[Path, AfterValidator(_absolute)]
File = Annotated[Path, AfterValidator(_absolute), AfterValidator(_readable)]
ModelName = Annotated[str, AfterValidator(_served)]
DatasetName = Annotated[str, StringConstraints(pattern=DATASET.pattern)]
Port = Annotated[int, Field(ge=0, le=65535)]
Fraction = Annotated[float, Field(ge=0, le=1)]


def at_home(host: str) -> bool:
    """Whether what listens there is open to this machine only."""
    return host in {"localhost", "::1"} or host.startswith("127.")


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


class ServerTls(Section):
    certificate_file: File | None = setting(None, "PEM chain of the server; without it the port is in the clear")
    key_file: File | None = setting(None, "PEM private key of that certificate")
    client_ca_file: File | None = setting(None, "PEM authorities of client certificates; given, every client needs one")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file go together: give both or neither")
        if self.client_ca_file is not None and self.certificate_file is None:
            raise ValueError("client_ca_file needs certificate_file and key_file")
        return self


def _workers() -> int:
    # A router worker fills a core long before a quick model does; beyond four the replicas are the bottleneck.
    return min(4, len(os.sched_getaffinity(0)))


class Server(Section):
    host: str = setting("127.0.0.1", "address to listen on")
    port: Port = setting(50051, "port for gRPC; 0 takes any")
    workers: int = Field(
        default_factory=_workers, ge=1, le=64, description="router processes; as many as cores, at most 4"
    )
    tls: ServerTls = ServerTls()
    plaintext_allowed: bool = setting(
        False, "serve other machines without TLS: only behind something that ends TLS, since tokens pass in the clear"
    )
    reflection: bool = setting(True, "answer gRPC reflection, for buf curl and grpcurl")
    max_message_bytes: int = setting(64 * MIB, "largest request", gt=0, le=1 << 30)
    max_metadata_bytes: int = setting(16 << 10, "largest metadata of a request", ge=1024, le=1 << 20)
    body_timeout_s: float = setting(10.0, "a request's message must have arrived by then", gt=0)
    handshake_timeout_s: float = setting(10.0, "a connection must have said its first HTTP/2 words by then", gt=0)
    max_connection_idle_s: float = setting(300.0, "a connection without calls is closed after this", gt=0)
    max_connection_age_s: float = setting(
        3600.0, "a connection is told to leave after this, so that clients spread over workers that came later", gt=0
    )
    max_connection_grace_s: float = setting(60.0, "its calls may go on for so long", gt=0)
    keepalive_interval_s: float = setting(60.0, "a connection that says nothing is pinged after this", gt=0)
    keepalive_timeout_s: float = setting(10.0, "and closed when no answer comes within this", gt=0)
    min_ping_interval_s: float = setting(10.0, "a client that pings more often is disconnected (GOAWAY)", gt=0)
    max_streams_per_connection: int = setting(256, "calls at once on one connection; more of them wait", ge=1)
    default_timeout_s: float = setting(30.0, "deadline of calls that bring none", gt=0)
    drain_timeout_s: float = setting(20.0, "calls in flight may go on for so long after SIGTERM", gt=0)

    @model_validator(mode="after")
    def _private(self) -> Self:
        if not at_home(self.host) and self.tls.certificate_file is None and not self.plaintext_allowed:
            raise ValueError(
                f"host {self.host} is open to other machines and tls.certificate_file is not set: give a certificate, "
                "or set plaintext_allowed where something in front ends TLS"
            )
        return self


class ClientCertificate(Section):
    """Who a client is that brings a certificate of `server.tls.client_ca_file`."""

    name: str = Field(description="subject alternative name in the certificate (DNS or URI), else its common name")
    subject: str = Field(description="the principal, unique within its tenant")
    tenant: str = Field(description="the tenant that it belongs to")
    roles: frozenset[Role] = setting(frozenset({Role.ANALYST}), "what it may do")


class Auth(Section):
    """Without any key file, `faraday up` makes a key pair inside the state folder and trusts it."""

    issuer: str = setting("faraday", "the `iss` that a token must bear", min_length=1)
    audience: str = setting("faraday", "the `aud` that a token must bear", min_length=1)
    eddsa_public_key_files: tuple[File, ...] = setting((), "PEM Ed25519 keys to trust; several while keys change")
    eddsa_private_key_file: File | None = setting(None, "PEM Ed25519 key that `faraday token` signs with")
    hs256_secret_files: tuple[File, ...] = setting((), "shared secrets to trust, at least 32 bytes each")
    api_keys_file: File | None = setting(
        None, "JSON table of hashed API keys and their principals, as `faraday key create` writes it"
    )
    client_certificates: tuple[ClientCertificate, ...] = setting((), "who is who by certificate")
    leeway_s: float = setting(10.0, "how far clocks may differ when `exp` and `nbf` are checked", ge=0, le=300)
    token_cache_entries: int = setting(10_000, "verified tokens remembered by a worker: verifying costs 0.3 ms", ge=0)


class TenantRate(Section):
    per_second: float = Field(gt=0, description="calls a second of each principal of this tenant")
    burst: int = Field(ge=1, description="calls at once after a pause")


class Rate(Section):
    """Of one principal, over all workers of this host."""

    per_second: float = setting(1000.0, "calls a second of one principal: a guard against runaway loops", gt=0)
    burst: int = setting(2000, "calls at once after a pause: two seconds' worth", ge=1)
    tenants: Mapping[str, TenantRate] = setting({}, "tenants with a rate of their own, by name")


class Admission(Section):
    """What one worker takes on before it sheds load."""

    max_calls_per_model: int = setting(1024, "calls of one model at once: more would wait for seconds", ge=1)
    max_bytes_per_model: int = setting(256 * MIB, "bytes of one model's messages at once", gt=0)
    max_bytes: int = setting(512 * MIB, "bytes of all messages at once", gt=0)


class Replay(Section):
    """Answers remembered for a repeated request_id."""

    window_s: float = setting(600.0, "for so long, which is longer than any client retries", gt=0)
    max_entries: int = setting(10_000, "at most so many, in each worker", ge=0)
    max_bytes: int = setting(64 * MIB, "of at most so many bytes, in each worker", ge=0)


class Operations(Section):
    """Long-running operations: kept in a file, run by the workers of this host."""

    max_unfinished_per_tenant: int = setting(8, "of one tenant at once; more are refused", ge=1)
    max_kept_per_tenant: int = setting(200, "that have ended; the oldest are forgotten first", ge=0)
    retention_s: float = setting(604800.0, "one that has ended is kept for so long at most", gt=0)
    max_duration_s: float = setting(86400.0, "one that has not ended by then is given up", gt=0)
    lease_s: float = setting(10.0, "another worker goes on with those of a worker that was killed after this", ge=1)
    checkpoint_interval_s: float = setting(5.0, "so much work is done again where a replica or a worker is lost", ge=0)


class Meshes(Section):
    """Meshes that tenants send once and then name."""

    max_bytes_per_tenant: int = setting(
        1024 * MIB, "room for the meshes of one tenant on this host; beyond it the least recently used go", gt=0
    )


class Registry(Section):
    """Neural operators by name and version."""

    folder: Folder | None = setting(
        None, "where they are kept; in state_dir where not set; with several hosts, a folder that all of them share"
    )
    max_bytes_per_tenant: int = setting(4096 * MIB, "room for those of one tenant; beyond it nothing is taken", gt=0)


class Tesseract(Section):
    """Every model over HTTP, with the endpoints of a Tesseract; callers bring the credentials that gRPC asks for."""

    port: int | None = setting(None, "port for HTTP; nothing is served without", ge=1, le=65535)
    host: str = setting("127.0.0.1", "address to listen on; with server.tls it serves HTTPS, by the same certificate")
    max_body_bytes: int = setting(96 * MIB, "largest body: base64 takes 4 bytes for 3", gt=0, le=2 << 30)
    max_held_bytes: int = setting(512 * MIB, "bytes of all bodies at once; more are told to come back", gt=0)
    max_connections: int = setting(256, "connections at once; more are told to come back", ge=1)
    timeout_s: float = setting(300.0, "deadline of calls, since HTTP has none", gt=0)


class Dataset(Section):
    """The privacy account of a dataset, opened when Faraday starts. Its terms are for ever: a change of them is refused
    at the next start; what may be spent is set anew by `faraday budget set`."""

    unit: Literal["patient", "record", "client"] = Field(description="whose whole contribution is protected")
    adjacency: Literal["add-remove", "replace"] = setting("add-remove", "against which change of the records")
    epsilon: float = Field(gt=0, description="what may be learnt from it in all")
    delta: float = Field(gt=0, lt=1, description="at this δ; well below one over the number of units")
    order: float | None = setting(None, "count at this Rényi order; ρ of zCDP without", ge=1.001, le=1e6)
    block: str = setting("", "the time partition of the records, such as 2026Q3")
    epsilon_per_answer: float | None = setting(None, "an answer that costs more is refused", gt=0)
    noise_multiplier: float | None = setting(None, "of the Gaussian noise that answers are planned with", gt=0)
    answers: int | None = setting(None, "how many such answers the budget has to pay for", ge=1)
    grants: Mapping[str, float] = setting({}, "other tenants that may ask, and what each may learn: its ε")

    @model_validator(mode="after")
    def _agreed(self) -> Self:
        """What is said twice must agree."""
        try:
            self.plan()
        except Refusal as refusal:
            raise ValueError(refusal.message) from None
        return self

    def plan(self) -> Plan:
        """Raises Refusal with the numbers where the settings contradict each other, or give no budget at all."""
        return plan(
            PlanSettings(
                total_epsilon=self.epsilon,
                delta=self.delta,
                order=self.order,
                epsilon_per_query=self.epsilon_per_answer,
                noise_multiplier=self.noise_multiplier,
                queries=self.answers,
            )
        )


class Privacy(Section):
    """Budgets of private records: see `faraday.v1.PrivacyService`."""

    datasets: Mapping[DatasetName, Dataset] = setting({}, 'accounts, by the dataset\'s name, "owner/name"')

    ledger_file: Folder | None = setting(
        None, "SQLite file that all workers of this host charge; on a local disk; in state_dir where not set"
    )
    postgres_file: File | None = setting(
        None, "holds the connection string of the PostgreSQL that all hosts charge, instead of a file of this host's"
    )
    leased: tuple[DatasetName, ...] = setting(
        (), "hot datasets, charged on this host from parts leased to its ledger_file; for hosts with PostgreSQL"
    )
    host: str = setting("", "names this host's ledger_file in PostgreSQL, for its whole life; for leases")

    @model_validator(mode="after")
    def _leases(self) -> Self:
        if self.leased and (self.postgres_file is None or not self.host):
            raise ValueError("leased needs postgres_file, and a host: the name of this host's ledger_file")
        return self


class Telemetry(Section):
    service_name: str = setting("faraday", "prefix of `service.name`: faraday-router, faraday-replica")
    otlp_endpoint: str | None = setting(
        None,
        "collector of spans over OTLP/gRPC, http:// or https://; none are made without",
        pattern=r"^https?://[^/]+$",
    )
    otlp_headers_file: File | None = setting(None, "'name: value' lines sent with every export, such as a credential")
    # A sampled call costs 20 µs for each of its spans, a hundred or so in all: at 0.01, 1 µs on average.
    sampling_ratio: Fraction = setting(
        0.01, "of the traces that begin here; a client's own flag is followed, and failures are kept whatever it says"
    )
    log_level: Literal["debug", "info", "warning", "error"] = setting("info", "the least that is logged")
    log_format: Literal["json", "text"] = setting("json", "one JSON object a line, or lines for a terminal")
    access_log_ratio: Fraction = setting(
        0.0, "of the calls that went well; a line costs 22 µs, a fifteenth of a quick call"
    )


class Metrics(Section):
    host: str = setting("127.0.0.1", "address of /metrics and /health; they ask for no credential")
    port: Port = setting(9464, "their port, OpenTelemetry's own for Prometheus; 0 takes any")


def _ray_temp() -> Path:
    return Path("/tmp") / f"faraday-{os.getuid()}"  # made with mode 0700, refused where it is another's


class Ray(Section):
    address: str = setting(
        "local",
        "local starts a cluster, auto joins the one on this machine, host:port another",
        pattern=r"^(local|auto|[^\s:/]+:\d{1,5})$",
    )
    num_cpus: float | None = setting(None, "cores that a local cluster may plan with; all of them", gt=0)
    num_gpus: float | None = setting(None, "GPUs likewise", ge=0)
    dashboard: bool = setting(True, "run Ray's dashboard on loopback; it costs 200 MiB")
    dashboard_port: Port = setting(8265, "its port; 0 takes any")
    object_store_memory_mib: int = setting(
        128, "Ray's object store: small, since tensors pass beside it (Ray's least is 75)", ge=75
    )
    temp_dir: Folder = Field(
        default_factory=_ray_temp, description="Ray's sockets and logs; short, since a unix socket's path is limited"
    )
    auth_mode: Literal["token", "disabled"] = setting("token", "whether Ray's own ports ask for a token")

    @model_validator(mode="after")
    def _short(self) -> Self:
        longest = _SOCKET_PATH - len(_RAY_SOCKET)
        if len(os.fsencode(self.temp_dir)) > longest:
            raise ValueError(f"temp_dir is longer than {longest} bytes, so Ray's unix sockets would not fit")
        return self


class Upstream(Section):
    """An Open Inference Protocol server that answers for a model, instead of replicas of ours."""

    target: str = setting(..., "host:port", pattern=r"^[^\s/]+:\d{1,5}$")
    tls_ca_file: File | None = setting(None, "PEM authorities of its certificate; in the clear without")
    token_file: File | None = setting(None, "bearer token that it asks for; sent over TLS only")

    @model_validator(mode="after")
    def _secret(self) -> Self:
        if self.token_file is not None and self.tls_ca_file is None:
            raise ValueError("token_file needs tls_ca_file: the token would pass in the clear")
        return self


class ModelSettings(Section):
    """One model of the catalogue; what is not set here is as its `Spec` says."""

    enabled: bool = setting(True, "serve it")
    cpus: float | None = setting(None, "cores of one replica", ge=0)
    gpus: float | None = setting(None, "GPUs of one replica where there are any; a fraction shares one", ge=0)
    min_replicas: int | None = setting(None, "never fewer; 0 lets an idle model go", ge=0)
    max_replicas: int | None = setting(None, "never more", ge=1)
    max_batch: int | None = setting(None, "tasks that one run takes together", ge=1)
    target_in_flight: float | None = setting(None, "calls in flight per replica that autoscaling aims at", gt=0)
    downscale_delay_s: float | None = setting(None, "a replica too many is kept for so long: load comes back", gt=0)
    sleep_after_s: float | None = setting(None, "idle for so long, a model with min_replicas 0 is let go", gt=0)
    upstream: Upstream | None = setting(None, "an external server that answers instead")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_replicas is not None and self.max_replicas is not None and self.min_replicas > self.max_replicas:
            raise ValueError(f"min_replicas {self.min_replicas} is more than max_replicas {self.max_replicas}")
        return self


def _state() -> Path:
    return Path.home() / ".local" / "state" / "faraday"


class Settings(Section):
    state_dir: Folder = Field(
        default_factory=_state, description="keys, ledger, sockets and logs; $XDG_STATE_HOME/faraday where that is set"
    )
    server: Server = Server()
    auth: Auth = Auth()
    rate: Rate = Rate()
    admission: Admission = Admission()
    replay: Replay = Replay()
    meshes: Meshes = Meshes()
    registry: Registry = Registry()
    operations: Operations = Operations()
    tesseract: Tesseract = Tesseract()
    privacy: Privacy = Privacy()
    telemetry: Telemetry = Telemetry()
    metrics: Metrics = Metrics()
    ray: Ray = Ray()
    plane: Literal["unix", "tls", "handle"] = setting(
        "unix", "how the router reaches replicas: sockets on one node, TLS across nodes, or Ray Serve's handle (slower)"
    )
    models: Mapping[ModelName, ModelSettings] = setting({}, "what differs from the catalogue, by model")

    @model_validator(mode="after")
    def _short(self) -> Self:
        longest = _SOCKET_PATH - len(_OUR_SOCKET)
        if len(os.fsencode(self.state_dir)) > longest:
            raise ValueError(f"state_dir is longer than {longest} bytes, so unix sockets inside would not fit")
        return self

    @model_validator(mode="after")
    def _gateway(self) -> Self:
        if self.tesseract.port is None:
            return self
        tls = self.server.tls
        if tls.client_ca_file is not None:
            raise ValueError("tesseract.port cannot go with server.tls.client_ca_file: the gateway has no certificate")
        if not at_home(self.tesseract.host) and tls.certificate_file is None and not self.server.plaintext_allowed:
            raise ValueError(
                f"tesseract.host {self.tesseract.host} is open to other machines, and server.tls.certificate_file is "
                "not set: give a certificate, or set server.plaintext_allowed where something in front ends TLS"
            )
        return self
