"""GPUs: a replica gets its share of one where the cluster has any. Ray is told of a GPU that it has not."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from faraday.client import unit_square
from tests.support.installation import Installation, installation

pytestmark = pytest.mark.cluster

# Ray's own word for what the actors were given; a driver of its own, since a process joins one cluster only.
ASK = """
import json, ray
from ray.util.state import list_actors
ray.init(address={address!r}, log_to_driver=False, logging_level="ERROR")
from ray.util.state.api import StateApiClient
print(json.dumps([ray.available_resources(), ray.cluster_resources()]))
"""


def resources(faraday: Installation) -> tuple[dict[str, float], dict[str, float]]:
    address = json.loads(faraday.state.ray_head.read_text())["address"]
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(faraday.state.root / "ray.token")}
    done = subprocess.run(
        [sys.executable, "-c", ASK.format(address=address)],
        env={**faraday.environment, **token},
        cwd=faraday.state.root,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    free, all_of_it = json.loads(done.stdout.splitlines()[-1])
    return free, all_of_it
