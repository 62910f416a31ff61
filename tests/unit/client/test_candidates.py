"""`client.operators.candidates`: what was missed comes back as samples to train and calibrate on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pytest

from faraday.client import Candidate, Candidates, Client, MalformedReply, NotFound, Road
from faraday.client.candidates import candidate
from faraday.client.tensors import encode
from faraday.v1 import neural_operator_pb2 as pb
from models.operators.evaluation import calibrate_task, metrics_task
from models.operators.predict import task as predict_task
from models.operators.training import task as train_task
from tests.support import operators
from tests.support.router import Router, RouterOptions
from tests.support.serving import serving

SIDE, NAME, COLLECTION = operators.SIDE, "charite/small", "charite/missed"
TASKS = (predict_task, train_task, calibrate_task, metrics_task)


@pytest.fixture(scope="module")
def router(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    options = RouterOptions(specs={task.SPEC.name: task.SPEC for task in TASKS})
    with serving(tmp_path_factory.mktemp("router"), options) as started:
        started.artefacts.publish(NAME, operators.content(), "ada")
        yield started


@pytest.fixture
def client(router: Router) -> Iterator[Client]:
    with Client(router.target, token=router.token()) as made:
        yield made
        made.operators.delete_candidates(COLLECTION)


def missed(client: Client, count: int) -> np.ndarray:
    """Permeabilities of which nothing can be proved within the tolerance on so coarse a grid."""
    inputs = operators.pairs(3, count).inputs.reshape(count, SIDE, SIDE, 1)
    said = client.operators.predict(inputs, model=NAME, verify="tolerance", tolerance=1e-3, keep_missed=COLLECTION)
    assert all(sample.kept and sample.road is Road.WITHHELD for sample in said.samples)
    assert str(said.samples[0]).endswith("kept as a candidate")
    return inputs


def test_candidates_are_samples_that_a_model_is_calibrated_and_trained_on(client: Client) -> None:
    inputs = missed(client, 60)
    kept = client.operators.candidates(COLLECTION)
    assert len(kept) == 60 and {each.inputs.tobytes() for each in kept.each} == {each.tobytes() for each in inputs}
    assert kept.each[0].grid == (SIDE, SIDE) and kept.each[0].model == NAME
    data = kept.samples()
    assert client.operators.metrics(NAME, data=data).figures["relative_l2"] > 0
    assert client.operators.calibrate(NAME, data=data).temperature > 0
    recipe = {"epochs": 1, "batch": 8, "validation_samples": 4, "test_samples": 4, "uncertainty": "none"}
    architecture = {"type": "fno", "modes": [3, 3], "width": 4, "layers": 1}
    made = client.operators.train(data=data, architecture=architecture, **recipe)  # type: ignore[arg-type]
    assert made.result(timeout_s=60.0).metrics["relative_l2"] > 0


def test_what_is_deleted_is_gone(client: Client) -> None:
    missed(client, 2)
    assert client.operators.delete_candidates(COLLECTION) == 2
    assert len(client.operators.candidates(COLLECTION)) == 0


def test_another_tenant_s_are_not_there(client: Client) -> None:
    with pytest.raises(NotFound):
        client.operators.candidates("mayo/missed")


def one(side: int) -> Candidate:
    fields = np.ones((side, side, 1), np.float32)
    return Candidate(fields, 2 * fields, "", datetime.fromtimestamp(0, UTC), "", 0.1, NAME, 1)


def test_samples_share_a_grid() -> None:
    several = Candidates((one(3), one(5), one(3)))
    assert np.shape(several.samples((3, 3)).inputs) == (2, 3, 3, 1)
    assert np.shape(Candidates((one(5),)).samples().targets) == (1, 5, 5, 1)
    for kept, grid in ((several, ()), (several, (4, 4)), (Candidates(()), ())):
        with pytest.raises(ValueError, match="grid"):
            kept.samples(grid)


def test_a_candidate_whose_values_are_not_of_its_grid_is_refused() -> None:
    message = pb.Candidate(grid=encode((2, 2), "int64"), inputs=encode(np.ones((3, 1), "f4")))
    message.targets.CopyFrom(encode(np.ones((4, 1), "f4")))
    with pytest.raises(MalformedReply):
        candidate(message)
