"""The router bench asks for what the project promised, and each target is set up as its row says."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.bench import identity, router
from ops.bench.contract import BenchFailed, Row
from ops.bench.grpc_load import GrpcLoad
from ops.bench.load import Address
from ops.bench.processes import Command
from ops.bench.router import ALONE, HUGE, LARGE, MANY, TARGETS, WORKS, Figures, Work
from ops.bench.router_targets import ECHO, HANDLE, OURS, SERVE, SERVE_BEST, Installed, Target, free_ports
from ops.settings_sources import load

PEERS = tuple(target for target in TARGETS if target is not OURS)


def figures(per_second: float, p50_ms: float) -> list[Figures]:
    return [Figures(per_second, p50_ms, 10 * p50_ms, 1e6 / per_second, 0.0)]


def found(ours: Figures, theirs: Figures) -> tuple[Row, ...]:
    every = {(target, work): [ours if target is OURS else theirs] for target in TARGETS for work in WORKS}
    return router.rows(every)


@pytest.fixture
def rows() -> tuple[Row, ...]:
    """Ours answers three times as many calls, three times as fast, with three times less CPU."""
    (ours,), (theirs,) = figures(3000.0, 1.0), figures(1000.0, 3.0)
    return found(ours, theirs)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """As the bench makes it: unix sockets have to fit below it."""
    with tempfile.TemporaryDirectory(prefix="fb-", dir="/tmp") as folder:
        yield Path(folder)


def test_every_ratio_is_above_one_where_ours_is_better(rows: tuple[Row, ...]) -> None:
    assert all(row.ratio == pytest.approx(3.0) for row in rows)


def test_the_promises_are_asked_for(rows: tuple[Row, ...]) -> None:
    wanted = {(row.work, row.unit, row.peer_name): row.reach for row in rows if row.reach is not None}
    assert wanted == {
        (MANY.name, "calls/s", SERVE.name): 8.0,
        (MANY.name, "calls/s", SERVE_BEST.name): 1.8,
        (MANY.name, "calls/s", ECHO.name): 0.6,
        (ALONE.name, "ms, p50", ECHO.name): 0.5,
        (LARGE.name, "calls/s", SERVE.name): 2.0,
    }


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_every_peer_is_compared_in_every_respect(rows: tuple[Row, ...], peer: Target) -> None:
    assert {(row.work, row.unit) for row in rows if row.peer_name == peer.name} == {
        (MANY.name, "calls/s"),
        (MANY.name, "µs of CPU/call"),
        (ALONE.name, "ms, p50"),
        (ALONE.name, "ms, p99"),
        (LARGE.name, "calls/s"),
        (HUGE.name, "calls/s"),
    }


def test_no_comparison_is_made_twice(rows: tuple[Row, ...]) -> None:
    keys = [(row.work, row.unit, row.peer_name) for row in rows]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(("target", "plane"), [(OURS, "unix"), (HANDLE, "handle")], ids=["unix", "handle"])
def test_our_settings_are_valid_and_serve_the_identity_alone(target: Target, plane: str, short_folder: Path) -> None:
    command = target.install(short_folder).command
    environment = {name: value for name, value in command.environment.items() if name.startswith("FARADAY_")}
    settings = load(None, environment)
    assert settings.plane == plane
    assert settings.state_dir.is_relative_to(short_folder)
    assert settings.ray.temp_dir.is_relative_to(short_folder)
    enabled = {name for name, model in settings.models.items() if model.enabled}
    assert enabled == {"identity"}
    assert settings.models["identity"].max_replicas == settings.models["identity"].min_replicas == 1
    assert command.start[-1] == "up" and command.stop[-1] == "down"


def test_our_address_is_known_once_the_installation_says_it(tmp_path: Path) -> None:
    address = OURS.install(tmp_path).address
    assert address() is None
    (tmp_path / "state").mkdir()
    (tmp_path / "token").write_text("a-token\n")
    (tmp_path / "state" / "client.json").write_text(
        f'{{"endpoint": "127.0.0.1:4711", "token_file": "{tmp_path / "token"}", "ca_file": null}}'
    )
    known = address()
    assert known is not None and (known.port, known.token) == (4711, "a-token")


def test_nothing_of_the_users_own_setting_reaches_a_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARADAY_SERVER__WORKERS", "7")
    monkeypatch.setenv("RAY_ADDRESS", "somewhere:6379")
    for number, target in enumerate(TARGETS):
        folder = tmp_path / str(number)
        folder.mkdir()
        environment = target.install(folder).command.environment
        assert not {"FARADAY_SERVER__WORKERS", "RAY_ADDRESS"} & set(environment)


def test_serve_at_its_best_keeps_all_its_files_in_its_own_folder(tmp_path: Path) -> None:
    environment = SERVE_BEST.install(tmp_path).command.environment
    assert environment["RAY_SERVE_ENABLE_HA_PROXY"] == environment["RAY_SERVE_THROUGHPUT_OPTIMIZED"] == "1"
    files = [value for name, value in environment.items() if name.startswith("RAY_SERVE_HAPROXY") and "/" in value]
    assert len(files) == 4
    assert all(Path(file).is_relative_to(tmp_path) for file in files)


def test_serve_as_it_comes_has_none_of_its_switches_set(tmp_path: Path) -> None:
    assert not any(name.startswith("RAY_SERVE") for name in SERVE.install(tmp_path).command.environment)


@pytest.mark.bench
def test_a_target_is_started_measured_and_stopped() -> None:
    work = Work("a little", 1024, connections=1, streams=2, seconds=0.3, warm_up_s=0.1)
    addresses: list[Address] = []

    def install(folder: Path) -> Installed:
        installed = ECHO.install(folder)
        address = installed.address()
        assert address is not None
        addresses.append(address)
        return installed

    (measured,) = router.measure_target(Target("echo", install), GrpcLoad(), (work,)).values()
    assert measured.per_second > 0 and measured.p99_ms >= measured.p50_ms > 0
    assert measured.cpu_us >= 0 and measured.others_cores >= 0
    with pytest.raises(BenchFailed):  # it is gone
        identity.wait_until_answered(addresses[0], 0.1, lambda: None)


def test_a_target_that_does_not_start_is_named_with_the_end_of_its_log() -> None:
    command = Command((sys.executable, "-c", "raise SystemExit('no such model')"), {})
    broken = Target("a broken server", lambda folder: Installed(command, lambda: None))
    with pytest.raises(BenchFailed, match=r"a broken server(.|\n)*no such model"):
        router.measure_target(broken, GrpcLoad())


def test_free_ports_are_different() -> None:
    assert len(set(free_ports(20))) == 20
