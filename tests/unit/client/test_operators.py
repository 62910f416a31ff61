"""`client.operators` and `faraday operators`, against a whole router in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from faraday.client import (
    CallFailed,
    Client,
    Functions,
    IntervalKind,
    InvalidRequest,
    NotFound,
    Outcome,
    Prediction,
    Road,
    Samples,
)
from models.operators.acquisition import task as acquire_task
from models.operators.evaluation import calibrate_task, metrics_task
from models.operators.learning import task as learn_task
from models.operators.predict import task as predict_task
from models.operators.training import task as train_task
from ops.cli import cli
from tests.support import operators
from tests.support.router import Router, RouterOptions
from tests.support.serving import serving

SIDE, NAME = operators.SIDE, "charite/small"
TASKS = (predict_task, train_task, learn_task, acquire_task, calibrate_task, metrics_task)


@pytest.fixture(scope="module")
def router(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    folder = tmp_path_factory.mktemp("router")
    with serving(folder, RouterOptions(specs={task.SPEC.name: task.SPEC for task in TASKS})) as started:
        started.artefacts.publish(NAME, operators.content(), "ada")
        (folder / "token").write_text(started.token())
        told = {"endpoint": started.target, "token_file": str(folder / "token"), "ca_file": None}
        (folder / "client.json").write_text(json.dumps(told))
        yield started


@pytest.fixture
def client(router: Router) -> Iterator[Client]:
    with Client(router.target, token=router.token()) as made:
        yield made


def fields(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(count, side, side, 1): permeabilities and their answers."""
    pairs = operators.pairs(seed, count)
    return pairs.inputs.reshape(count, SIDE, SIDE, 1), pairs.targets.reshape(count, SIDE, SIDE, 1)


def test_a_prediction_has_the_shape_of_the_question(client: Client) -> None:
    said = client.operators.predict(fields(3, 2)[0], model=NAME)
    assert said.mean.shape == said.deviation.shape == said.low.shape == said.high.shape == (2, SIDE, SIDE, 1)
    assert said.evidence.interval is not None
    assert said.evidence.interval.kind is IntervalKind.CONFORMAL
    assert "90% intervals of points (conformal, fitted on 60 samples)" in str(said.evidence)
    assert [sample.road for sample in said.samples] == [Road.OPERATOR] * 2
    assert str(said.samples[0]).startswith("operator: it is what was asked for, score ")


def test_the_points_may_be_said(client: Client) -> None:
    values = fields(3, 1)[0]
    axis = np.linspace(0.0, 1.0, SIDE)
    positions = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    said = client.operators.predict(values, positions=positions, model=NAME)
    assert said.mean == pytest.approx(client.operators.predict(values, model=NAME).mean, rel=1e-4, abs=1e-7)
    scattered = values.reshape(1, -1, 1)
    with pytest.raises(InvalidRequest) as caught:  # an FNO takes grids alone
        client.operators.predict(scattered, positions=positions, model=NAME)
    assert caught.value.failure.reason == "WRONG_POINTS"


def test_an_answer_that_is_solved_is_the_solution(client: Client) -> None:
    inputs, targets = fields(3, 2)
    said = client.operators.predict(inputs, model=NAME, verify="tolerance", tolerance=0.9)
    bounds = [sample.error_bound for sample in said.samples]
    assert all(bound is not None and bound.relative <= 0.9 for bound in bounds)
    solved = [at for at, sample in enumerate(said.samples) if sample.road is Road.FINITE_ELEMENTS]
    assert said.mean[solved] == pytest.approx(targets[solved], rel=1e-4, abs=1e-6)


def test_a_dry_run_has_no_arrays(client: Client) -> None:
    said = client.operators.predict(fields(3, 1)[0], model=NAME, validate_only=True)
    assert said.mean.size == said.low.size == 0
    assert said.evidence.outcome is Outcome.VALIDATED


def test_values_without_channels_are_refused_here(client: Client) -> None:
    with pytest.raises(ValueError, match="samples, \\*grid, channels"):
        client.operators.predict(np.ones((SIDE, SIDE)), model=NAME)


def test_a_stream_yields_answers_and_errors_in_order(client: Client) -> None:
    inputs = fields(3, 1)[0]
    questions = [Functions(inputs, model=NAME), Functions(inputs, model=NAME, level=2.0), Functions(inputs, model=NAME)]
    first, second, third = client.operators.predict_stream(questions)
    assert isinstance(first, Prediction) and isinstance(third, Prediction)
    assert isinstance(second, CallFailed) and second.failure.reason == "OUT_OF_RANGE"
    assert (first.mean == third.mean).all()


def test_models_are_listed_shown_and_published(client: Client) -> None:
    assert NAME in [model.name for model in client.operators.models()]
    model = client.operators.model(NAME)
    assert (model.stable, [version.number for version in model.versions]) == (1, [1])
    content = client.operators.content(NAME, 1)
    assert content == operators.content()
    other = client.operators.publish("charite/other", content)
    assert (other.stable, other.canary) == (1, 0)
    canary = client.operators.publish("charite/other", operators.bare().packed(), channel="canary", canary_weight=0.1)
    assert (canary.stable, canary.canary, str(canary)) == (1, 2, "charite/other  stable 1, canary 2 at 10%")
    with pytest.raises(NotFound):
        client.operators.model("charite/nothing")


def test_an_operator_is_trained_step_by_step_published_and_asked(client: Client) -> None:
    inputs, targets = fields(5, 24)
    architecture = {"type": "fno", "modes": [3, 3], "width": 4, "layers": 1}
    operation = client.operators.train(
        publish="charite/trained",
        data=Samples(inputs, targets),
        architecture=architecture,
        epochs=2,
        batch=8,
        validation_samples=4,
        test_samples=4,
        uncertainty="none",
    )
    made = operation.result(timeout_s=60.0)
    assert (made.name, made.version, made.artefact) == ("charite/trained", 1, b"")
    assert made.metrics["relative_l2"] > 0 and made.history.shape == (2, 2)
    said = client.operators.predict(inputs[:1], model="charite/trained")
    assert said.mean.shape == (1, SIDE, SIDE, 1) and said.deviation.size == 0
    again = client.operations.get(operation.name).result()
    assert again.version == 1
    card = client.operators.model("charite/trained").versions[0].card
    assert (card.problem, card.least_points) == ("own", SIDE)


def test_what_cannot_be_trained_is_refused_before_it_begins(client: Client) -> None:
    for change, reason in (
        ({"architecture": {"type": "fno", "modes": [3, 3], "width": 100_000}}, "OUT_OF_RANGE"),
        ({"architecture": {"type": "perceptron"}}, "MALFORMED_ARCHITECTURE"),
        ({"rate": -1.0}, "OUT_OF_RANGE"),
        ({"samples": 1}, "OUT_OF_RANGE"),
        ({"calibration_samples": 3}, "OUT_OF_RANGE"),
        ({"publish": "../up"}, "MALFORMED_NAME"),
        ({"problem": "own"}, "MISSING_TENSOR"),
        ({"loss": "l3"}, "UNKNOWN_CHOICE"),
    ):
        with pytest.raises(InvalidRequest) as caught:
            client.operators.train(**change)  # type: ignore[arg-type]
        assert caught.value.failure.reason == reason
    with pytest.raises(NotFound):
        client.operators.train(publish="mayo/stolen")


def test_an_operator_chooses_what_it_learns_and_is_published_where_it_is_as_good(client: Client) -> None:
    recipe = {"divisions": SIDE - 1, "samples": 8, "validation_samples": 4, "test_samples": 8, "rounds": 1, "labels": 4}
    recipe |= {"pool_samples": 12, "epochs": 20, "rate": 0.02, "batch": 6, "clamped": "all", "uncertainty": "none"}
    architecture = {"type": "fno", "modes": [3, 3], "width": 4, "layers": 1}
    asked = {"publish": "charite/learnt", "architecture": architecture, "channel": "canary", **recipe}
    first = client.operators.learn(**asked).result(timeout_s=60.0)  # type: ignore[arg-type]
    assert (first.name, first.version, first.verdict) == ("charite/learnt", 1, "it is the first version")
    assert len(set(first.chosen.tolist())) == 4 and first.metrics["labels"] == 12
    operation = client.operators.learn(**{**asked, "rate": 1e-9, "epochs": 1, "strategy": "random"})  # type: ignore[arg-type]
    second = operation.result(timeout_s=60.0)
    assert (second.name, second.version) == ("", 0)  # it has learnt nothing
    assert "not shown to be as good" in second.verdict and second.artefact
    assert [version.number for version in client.operators.model("charite/learnt").versions] == [1]


def test_what_to_label_is_chosen_from_a_pool(client: Client) -> None:
    pool = fields(6, 10)[0]
    for strategy in ("random", "lcmd", "residual"):
        chosen = client.operators.acquire(pool, 3, model=NAME, strategy=strategy, labelled=fields(7, 2)[0])
        assert len(set(chosen.tolist())) == 3 and set(chosen.tolist()) <= set(range(10))
    for change, reason in (
        ({"budget": 11}, "OUT_OF_RANGE"),
        ({"strategy": "bald"}, "NO_UNCERTAINTY"),
        ({"strategy": "taste"}, "UNKNOWN_CHOICE"),
        ({"pool": np.repeat(pool, 2, axis=-1)}, "WRONG_CHANNELS"),
        ({"pool": pool[:0]}, "WRONG_SIZE"),
    ):
        with pytest.raises(InvalidRequest) as caught:
            client.operators.acquire(**{"pool": pool, "budget": 3, "model": NAME, **change})  # type: ignore[arg-type]
        assert caught.value.failure.reason == reason


def test_metrics_are_of_samples_that_it_never_saw(client: Client) -> None:
    found = client.operators.metrics(NAME, samples=6, divisions=SIDE - 1, seed=11, diagram=True)
    assert {"relative_l2", "nll", "crps", "ece", "coverage", "band_coverage", "sharpness"} <= found.figures.keys()
    assert found.levels.shape == found.observed.shape
    assert found.diagram.startswith(b"\x89PNG")
    with pytest.raises(InvalidRequest) as caught:
        client.operators.metrics(NAME, data=Samples(*fields(1, 4)))  # of its training
    assert caught.value.failure.reason == "CALIBRATION_OVERLAPS"


def test_an_operator_is_calibrated_anew_on_fresh_samples_alone(client: Client) -> None:
    found = client.operators.calibrate(NAME, data=Samples(*fields(12, 30)), publish="charite/again")
    assert (found.name, found.version) == ("charite/again", 1)
    assert found.levels.max() == 0.95  # 30 functions cannot tell the 98 % of them
    with pytest.raises(InvalidRequest) as caught:
        client.operators.calibrate("charite/again", data=Samples(*fields(12, 30)))
    assert caught.value.failure.reason == "CALIBRATION_OVERLAPS"
    client.operators.publish("charite/mute", operators.bare().packed())
    with pytest.raises(InvalidRequest) as caught:
        client.operators.calibrate("charite/mute", data=Samples(*fields(12, 30)))
    assert caught.value.failure.reason == "NOT_CALIBRATED"


def test_the_command_line_lists_shows_fetches_and_publishes(
    router: Router, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FARADAY_STATE_DIR", str(router.folder))

    def faraday(*arguments: str) -> str:
        done = CliRunner().invoke(cli, ["operators", *arguments])
        assert done.exit_code == 0, done.output
        return done.output

    assert f"{NAME}  stable 1" in faraday("list")
    assert "variance_head" in faraday("show", NAME)
    file = tmp_path / "small.safetensors"
    faraday("fetch", NAME, "1", str(file))
    assert file.read_bytes() == operators.content()
    assert "charite/copy  stable 1" in faraday("publish", "charite/copy", "--file", str(file))
    assert "stable 1" in faraday("publish", "charite/copy", "--version", "1", "--stable")
    for wrong in ((), ("--version", "1", "--stable", "--canary", "0.5")):
        assert CliRunner().invoke(cli, ["operators", "publish", "charite/copy", *wrong]).exit_code == 2
    assert CliRunner().invoke(cli, ["operators", "show", "charite/none"]).exit_code == 1
