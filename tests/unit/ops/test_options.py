"""Settings become the plain options of each part, and what is not set stays as the part's own default."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cluster.placement import Plane, default_placement
from models.catalog import CATALOG
from ops import cluster_options, router_options
from ops.settings import Settings
from ops.settings_sources import load
from ops.state import StateFolder
from router.call import Role
from router.edge import EdgeLimits
from router.gcra import RateLimit
from router.keyring import Algorithm
from router.operations.contract import Limits
from router.operations.running import Pace


def settings(root: Path, **variables: str) -> Settings:
    return load(None, {"FARADAY_STATE_DIR": str(root), "HOME": str(root), **variables})


def test_a_model_that_is_not_mentioned_is_placed_as_the_catalogue_says(tmp_path: Path) -> None:
    placed = dict(cluster_options.placements(settings(tmp_path)))
    assert {spec.name: placement for spec, placement in placed.items()} == {
        name: default_placement(spec) for name, spec in CATALOG.items()
    }


def test_wishes_go_over_the_catalogue(tmp_path: Path) -> None:
    wishes = settings(
        tmp_path,
        FARADAY_MODELS__FEM_DIFFUSION__GPUS="0.5",
        FARADAY_MODELS__FEM_DIFFUSION__MIN_REPLICAS="0",
        FARADAY_MODELS__FEM_DIFFUSION__MAX_BATCH="8",
        FARADAY_MODELS__IDENTITY__ENABLED="false",
    )
    placed = {spec.name: (spec, placement) for spec, placement in cluster_options.placements(wishes)}
    spec, placement = placed["fem.diffusion"]
    assert (placement.resources.gpus, placement.resources.min_replicas) == (0.5, 0)
    assert placement.resources.cpus == spec.resources.cpus
    assert (placement.max_batch, placement.target_in_flight) == (8, 16.0)
    assert placed.keys() == cluster_options.served(wishes).keys() == CATALOG.keys() - {"identity"}


def test_a_model_with_an_upstream_has_no_replicas(tmp_path: Path) -> None:
    elsewhere = settings(tmp_path, FARADAY_MODELS__IDENTITY='{"upstream": {"target": "triton:8001"}}')
    assert {spec.name for spec, _ in cluster_options.placements(elsewhere)} == CATALOG.keys() - {"identity"}
    assert {name: each.target for name, each in router_options.upstreams(elsewhere).items()} == {
        "identity": "triton:8001"
    }


def test_an_installation_without_keys_trusts_the_one_it_made(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / "s")
    state.prepare()
    options = router_options.auth_options(settings(state.root), state)
    assert options.tokens is not None
    (key,) = options.tokens.keys
    assert (key.algorithm, key.file) == (Algorithm.EDDSA, state.public_key)


def test_keys_in_the_settings_take_its_place(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / "s")
    secret = tmp_path / "shared.key"
    secret.write_bytes(os.urandom(48))
    secret.chmod(0o600)
    wishes = settings(
        state.root,
        FARADAY_AUTH__HS256_SECRET_FILES=f'["{secret}"]',
        FARADAY_AUTH__CLIENT_CERTIFICATES=json.dumps(
            [{"name": "dns:loader", "subject": "l", "tenant": "t", "roles": ["auditor"]}]
        ),
    )
    options = router_options.auth_options(wishes, state)
    assert options.tokens is not None
    assert [(key.kid, key.algorithm) for key in options.tokens.keys] == [("shared", Algorithm.HS256)]
    (grant,) = options.certificates
    assert (grant.name, grant.principal.name, grant.principal.roles) == ("dns:loader", "t/l", {Role.AUDITOR})


def test_limits_reach_the_router_in_its_own_units(tmp_path: Path) -> None:
    wishes = settings(
        tmp_path,
        FARADAY_SERVER__BODY_TIMEOUT_S="3",
        FARADAY_RATE__TENANTS='{"clinic": {"per_second": 5, "burst": 7}}',
        FARADAY_ADMISSION__MAX_CALLS_PER_MODEL="9",
        FARADAY_REPLAY__WINDOW_S="11",
    )
    server = router_options.server_options(wishes, 1234)
    assert (server.host, server.port, server.tls) == ("127.0.0.1", 1234, None)
    assert server.edge.body_timeout_s == 3.0
    assert server.edge.stream_idle_s == EdgeLimits().stream_idle_s
    assert router_options.rate_options(wishes).tenants == {"clinic": RateLimit(5.0, 7)}
    assert router_options.admission_limits(wishes).calls_per_model == 9
    assert router_options.replay_limits(wishes).window_s == 11.0


@pytest.mark.parametrize("plane", list(Plane))
def test_every_plane_can_be_chosen(tmp_path: Path, plane: Plane) -> None:
    options = cluster_options.plane_options(settings(tmp_path, FARADAY_PLANE=plane.value), StateFolder(tmp_path))
    assert options.plane is plane
    assert options.socket_dir == tmp_path / "run"


def test_server_tls_needs_both_files_and_reaches_the_router(tmp_path: Path) -> None:
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("PEM")
    wishes = settings(
        tmp_path,
        FARADAY_SERVER__TLS__CERTIFICATE_FILE=str(tmp_path / "cert.pem"),
        FARADAY_SERVER__TLS__KEY_FILE=str(tmp_path / "key.pem"),
    )
    tls = router_options.server_options(wishes, 0).tls
    assert tls is not None
    assert (tls.certificate_file, tls.key_file, tls.client_ca_file) == (
        tmp_path / "cert.pem",
        tmp_path / "key.pem",
        None,
    )


def test_operations_are_limited_and_paced_as_the_settings_say(tmp_path: Path) -> None:
    tight = settings(
        tmp_path,
        FARADAY_OPERATIONS__MAX_UNFINISHED_PER_TENANT="2",
        FARADAY_OPERATIONS__RETENTION_S="60",
        FARADAY_OPERATIONS__CHECKPOINT_INTERVAL_S="0.5",
        FARADAY_OPERATIONS__LEASE_S="2",
    )
    assert router_options.operation_limits(tight) == Limits(unfinished=2, retention_s=60.0)
    options = router_options.runner_options(tight, "worker-1")
    assert (options.holder, options.pace) == ("worker-1", Pace(beat_s=0.5, lease_s=2.0, checkpoint_s=0.5))
    assert router_options.operation_limits(settings(tmp_path)) == Limits()
    assert router_options.runner_options(settings(tmp_path), "worker-1").pace == Pace()
