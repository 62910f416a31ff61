"""GPUs: a replica gets its share where the cluster has any. Ray is told of one here."""

from __future__ import annotations

import json

import pytest

from faraday.client import unit_square
from tests.support.installation import installation

pytestmark = pytest.mark.cluster

# Ray's own word for what is left; in a process of its own, since one process joins one cluster only.
ASK = "import json; print(json.dumps([ray.cluster_resources(), ray.available_resources()]))"


def test_a_replica_takes_its_fraction_of_a_gpu_and_a_model_without_one_takes_none() -> None:
    settings = {"FARADAY_RAY__NUM_GPUS": "1", "FARADAY_MODELS__FEM_DIFFUSION__GPUS": "0.25"}
    with installation(settings) as faraday:
        there, left = json.loads(faraday.ask_ray(ASK))
        assert there["GPU"] == 1.0
        assert left["GPU"] == 0.75
        assert there["CPU"] - left["CPU"] == 1.0
        with faraday.client() as client:
            assert client.fem.solve(unit_square(4), source=1.0, dirichlet=0.0).values.max() > 0.0
