"""Replicas come and go with the load, each with its share of a GPU, and no call fails over it.

The clients here do not try again. Ray is told of a GPU that the machine may not have; the models do without.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import tritonclient.grpc as triton

from cluster.dispatch import Table
from faraday.client import Retry, Settings, unit_square
from tests.support.eventually import eventually
from tests.support.installation import Installation, installation
from tests.support.load import load

pytestmark = pytest.mark.cluster

ONCE = Settings(retry=Retry(attempt_count=1))


@pytest.fixture(scope="module")
def faraday() -> Iterator[Installation]:
    settings = {
        "FARADAY_RAY__NUM_GPUS": "1",
        "FARADAY_MODELS__FEM_DIFFUSION__CPUS": "0.5",
        "FARADAY_MODELS__FEM_DIFFUSION__GPUS": "0.25",
        "FARADAY_MODELS__FEM_DIFFUSION__MAX_REPLICAS": "3",
        "FARADAY_MODELS__FEM_DIFFUSION__TARGET_IN_FLIGHT": "1",
        "FARADAY_MODELS__FEM_DIFFUSION__DOWNSCALE_DELAY_S": "1",
        "FARADAY_MODELS__IDENTITY__SLEEP_AFTER_S": "2",
        "FARADAY_MODELS__IDENTITY__DOWNSCALE_DELAY_S": "1",
    }
    with installation(settings) as running:
        yield running


# Ray's own word for what is left; in a process of its own, since one process joins one cluster only.
ASK = "import json; print(json.dumps([ray.cluster_resources(), ray.available_resources()]))"


def taken(faraday: Installation, resource: str) -> float:
    there, left = json.loads(faraday.ask_ray(ASK))
    return float(there[resource] - left.get(resource, 0.0))


def replicas(faraday: Installation, model: str) -> int:
    return len(Table.read(faraday.state.table).models[model])


@contextmanager
def solving(faraday: Installation, divisions: int) -> Iterator[Callable[[], object]]:
    mesh = unit_square(divisions)
    with faraday.client(ONCE) as client:
        yield lambda: client.fem.solve(mesh, source=1.0, dirichlet=0.0)


@contextmanager
def echoing(faraday: Installation) -> Iterator[Callable[[], object]]:
    data = triton.InferInput("data", [3], "UINT8")
    data.set_data_from_numpy(np.array([1, 2, 3], dtype=np.uint8))
    headers = {"authorization": f"Bearer {faraday.token()}"}
    with triton.InferenceServerClient(faraday.endpoint) as client:
        yield lambda: client.infer("identity", [data], headers=headers, client_timeout=60).as_numpy("data").tolist()


def test_a_replica_takes_its_fraction_of_a_gpu_and_its_cores(faraday: Installation) -> None:
    assert replicas(faraday, "fem.diffusion") == 1
    assert replicas(faraday, "identity") == 0
    assert taken(faraday, "GPU") == 0.25
    assert taken(faraday, "CPU") == 0.5


def test_a_model_sleeps_when_nobody_asks_and_wakes_for_the_first_call_again_and_again(faraday: Installation) -> None:
    with echoing(faraday) as echo:
        for _ in range(2):
            assert replicas(faraday, "identity") == 0
            assert faraday.named("ray::ServeReplica:identity") == []
            assert echo() == [1, 2, 3]
            eventually(lambda: replicas(faraday, "identity") == 1, 5.0)
            assert taken(faraday, "GPU") == 0.25, "a model that needs no GPU has taken some"
            eventually(lambda: replicas(faraday, "identity") == 0, 30.0, "it does not go to sleep")
            eventually(lambda: faraday.named("ray::ServeReplica:identity") == [], 30.0, "its process is still there")


def test_load_brings_replicas_and_its_end_takes_them_away_without_a_failed_call(faraday: Installation) -> None:
    with load(lambda: solving(faraday, 2), 1) as trickle:
        with load(lambda: solving(faraday, 48), 6) as flood:
            eventually(lambda: replicas(faraday, "fem.diffusion") >= 2, 60.0, "no replica was added")
            flood.wait_for(30)
        eventually(lambda: replicas(faraday, "fem.diffusion") == 1, 60.0, "no replica was taken away")
        eventually(lambda: len(faraday.named("ray::ServeReplica:fem.diffusion")) == 1, 30.0, "it does not end")
        trickle.wait_for(10)
    assert flood.failures == []
    assert trickle.failures == []
