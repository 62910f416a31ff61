"""ray_cluster.yaml: Ray's own validator accepts it, and what it repeats of the code is as the code says."""

from __future__ import annotations

import copy
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config

from cluster.serve_environment import ENVIRONMENT
from ops import settings_sources

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "ray_cluster.yaml"
LOCAL = {"type": "local", "head_ip": "10.0.0.1", "worker_ips": ["10.0.0.2", "10.0.0.3"]}


@pytest.fixture
def config() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return read


def starts(config: dict[str, Any]) -> list[str]:
    """The commands that start a node of Ray."""
    commands = (*config["head_start_ray_commands"], *config["worker_start_ray_commands"])
    return [command for command in commands if "ray start" in command]


def variables(command: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in shlex.split(command) if "=" in word and not word.startswith("-"))


def test_ray_accepts_it(config: dict[str, Any]) -> None:
    validate_config(prepare_config(config))


def test_ray_accepts_it_for_machines_of_one_s_own(config: dict[str, Any]) -> None:
    del config["available_node_types"], config["head_node_type"], config["max_workers"]
    validate_config(prepare_config({**config, "provider": LOCAL, "auth": {"ssh_user": "faraday"}}))


def test_a_misspelt_key_would_be_refused(config: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="idle_timeout_minuets"):
        validate_config(prepare_config({**copy.deepcopy(config), "idle_timeout_minuets": 1}))


def test_the_head_runs_no_worker_and_gpu_nodes_come_and_go(config: dict[str, Any]) -> None:
    prepared = prepare_config(config)
    types = prepared["available_node_types"]
    assert types[prepared["head_node_type"]]["max_workers"] == 0
    assert types["gpu"]["min_workers"] == 0
    assert types["gpu"]["max_workers"] == prepared["max_workers"]


def test_every_node_asks_for_the_token_and_has_serve_s_environment(config: dict[str, Any]) -> None:
    assert len(starts(config)) == 2
    for command in starts(config):
        assert ENVIRONMENT.items() <= variables(command).items()
        assert variables(command)["RAY_AUTH_MODE"] == "token"


def test_the_head_keeps_its_state_on_disk(config: dict[str, Any]) -> None:
    (head,) = (variables(command) for command in starts(config) if "--head" in command)
    assert head["RAY_gcs_storage"] == "rocksdb"
    assert head["RAY_gcs_storage_path"]


def test_the_settings_of_the_router_are_settings(config: dict[str, Any]) -> None:
    (up,) = (command for command in config["head_start_ray_commands"] if command.endswith("faraday up"))
    settings = settings_sources.load(None, variables(up))
    assert settings.ray.address == "127.0.0.1:6379"  # the launcher names the head's address to workers only
    assert settings.plane == "tls"


def test_no_node_gets_the_security_group_that_ray_would_make(config: dict[str, Any]) -> None:
    for kind in config["available_node_types"].values():
        assert kind["node_config"]["SecurityGroupIds"]
