"""NeuralOperatorService over real gRPC: answers, streams, the registry, and who may see what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from tritonclient.grpc import service_pb2 as inference
from tritonclient.grpc import service_pb2_grpc as inference_grpc

from faraday.v1 import common_pb2, neural_operator_pb2_grpc
from faraday.v1 import neural_operator_pb2 as pb
from models.operators.predict.task import SPEC
from router.call import Principal, Role
from router.codec import common
from router.neural_operator import SERVICE, NeuralOperatorService
from tests.support import asking, operators
from tests.support.calls import reason_and_field
from tests.support.router import ADA, AUDITOR, Router, RouterOptions, connected, running

BOB = Principal("bob", "mayo", frozenset({Role.ANALYST}))
NAME = "charite/small"


@pytest.fixture
async def router(tmp_path: Path) -> AsyncIterator[Router]:
    async with running(tmp_path, RouterOptions(specs={SPEC.name: SPEC})) as started:
        started.artefacts.publish(NAME, operators.content(), "ada")
        yield started


class Asking(asking.Asking):
    @staticmethod
    def stub(channel: grpc.aio.Channel) -> Any:
        return neural_operator_pb2_grpc.NeuralOperatorServiceStub(channel)

    def stream(self, requests: AsyncIterator[pb.PredictStreamRequest]) -> Any:
        return self.streamed("PredictStream", requests)


@pytest.fixture
async def ask(router: Router) -> AsyncIterator[Asking]:
    async with connected(router) as channel:
        yield Asking(router, channel, ADA)


@pytest.fixture
async def bob(router: Router) -> AsyncIterator[Asking]:
    async with connected(router) as channel:
        yield Asking(router, channel, BOB)


INPUTS = operators.pairs(3, 2).inputs


def predict(**more: Any) -> pb.PredictRequest:
    grid = common.tensor_of(operators.GRID)
    return pb.PredictRequest(**{"operator": NAME, "values": common.tensor_of(INPUTS), "grid": grid, **more})


def array(tensor: Any) -> Any:
    return common.array_of(tensor, "")


def test_every_method_of_the_contract_is_served() -> None:
    served = NeuralOperatorService(None, _Nothing(), None, _Nothing()).rpcs()  # type: ignore[arg-type]
    methods = pb.DESCRIPTOR.services_by_name["NeuralOperatorService"].methods
    assert {rpc.method for rpc in served} == {f"/{SERVICE}/{method.name}" for method in methods}
    assert {rpc.role for rpc in served} == {Role.ANALYST}


class _Nothing:
    def __getattr__(self, name: str) -> None:
        return None


async def test_another_role_may_not_ask(router: Router) -> None:
    async with connected(router) as channel:
        code, reason, _ = await Asking(router, channel, AUDITOR).refused("ListModels", pb.ListModelsRequest())
    assert (code, reason) == ("PERMISSION_DENIED", "ROLE_MISSING")


# Predict


async def test_an_answer_has_intervals_and_says_what_they_claim(ask: Asking) -> None:
    response = await ask("Predict", predict())
    mean, low, high = array(response.mean), array(response.low), array(response.high)
    assert mean.shape == (2, operators.SIDE**2, 1)
    assert (low <= mean).all() and (mean <= high).all()
    claim = response.evidence.interval
    assert (claim.kind, claim.level, claim.calibration_count) == (common_pb2.Interval.KIND_CONFORMAL, 0.9, 60)
    assert response.version == 1
    assert [sample.road for sample in response.samples] == [pb.SampleEvidence.ROAD_OPERATOR] * 2
    assert not any(sample.HasField("error_bound") or sample.far for sample in response.samples)


async def test_each_function_has_a_bound_of_its_own(ask: Asking) -> None:
    response = await ask("Predict", predict(verify="certificate"))
    bounds = [sample.error_bound for sample in response.samples]
    roads = {pb.SampleEvidence.ROAD_OPERATOR_CERTIFIED, pb.SampleEvidence.ROAD_FINITE_ELEMENTS}  # the cheaper one
    assert {sample.road for sample in response.samples} <= roads
    assert all(bound.kind == common_pb2.BOUND_KIND_GUARANTEED for bound in bounds)
    assert response.evidence.error_bound.value == max(bound.value for bound in bounds)
    assert bounds[0].value != bounds[1].value


async def test_within_a_tolerance_or_not_at_all(ask: Asking) -> None:
    response = await ask("Predict", predict(verify="tolerance", tolerance=1e-4))
    assert [sample.road for sample in response.samples] == [pb.SampleEvidence.ROAD_WITHHELD] * 2
    assert np.isnan(array(response.mean)).all()
    assert response.evidence.outcome == common_pb2.OUTCOME_NOT_CONVERGED
    assert "refine" in response.evidence.advice


async def test_a_repeat_is_marked_and_a_dry_run_computes_nothing(ask: Asking) -> None:
    options = common_pb2.RequestOptions(request_id="6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
    first, again = [await ask("Predict", predict(options=options)) for _ in range(2)]
    assert (first.evidence.replayed, again.evidence.replayed) == (False, True)
    assert first.mean == again.mean
    dry = await ask("Predict", predict(options=common_pb2.RequestOptions(validate_only=True)))
    assert dry.evidence.outcome == common_pb2.OUTCOME_VALIDATED
    assert not dry.HasField("mean")


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"values": common.tensor_of(INPUTS[:0])}, "WRONG_SIZE", "values"),
        ({"values": common.tensor_of(np.repeat(INPUTS, 2, axis=2))}, "WRONG_CHANNELS", "values"),
        ({"values": common.tensor_of(np.repeat(INPUTS, 129, axis=0))}, "WRONG_SIZE", "values"),
        ({"values": common.tensor_of(INPUTS.astype("f8"))}, "WRONG_DTYPE", "values"),
        ({"values": common.tensor_of(np.full_like(INPUTS, np.nan))}, "NOT_FINITE", "values[0, 0, 0]"),
        ({"values": common.tensor_of(np.full_like(INPUTS, np.inf))}, "NOT_FINITE", "values[0, 0, 0]"),
        ({"grid": common.tensor_of(np.array([9, 8]))}, "WRONG_SIZE", "values"),
        ({"grid": common.tensor_of(np.array([81, 1]))}, "OUT_OF_RANGE", "grid"),
        ({"grid": None}, "MISSING_TENSOR", "grid"),
        ({"tolerance": 0.0}, "NOT_POSITIVE", "tolerance"),
        ({"tolerance": -1.0}, "NOT_POSITIVE", "tolerance"),
        ({"level": 1.0}, "OUT_OF_RANGE", "level"),
        ({"steps": 9}, "OUT_OF_RANGE", "steps"),
        ({"verify": "surely"}, "UNKNOWN_CHOICE", "verify"),
        ({"operator": "charite/../small"}, "MALFORMED_NAME", "operator"),
        ({"version": -1}, "OUT_OF_RANGE", "version"),
        ({"values": common.tensor_of(-INPUTS), "verify": "certificate"}, "NOT_POSITIVE", "values"),
    ],
)
async def test_what_makes_no_sense_is_refused_at_its_field(
    ask: Asking, change: dict[str, Any], reason: str, field: str
) -> None:
    assert await ask.refused("Predict", predict(**change)) == ("INVALID_ARGUMENT", reason, field)


async def test_a_grid_outside_the_training_is_flagged_or_refused(ask: Asking) -> None:
    wide = {"values": common.tensor_of(np.ones((1, 400, 1), "f4")), "grid": common.tensor_of(np.array([20, 20]))}
    response = await ask("Predict", predict(**wide))
    assert response.samples[0].far
    assert np.isinf(array(response.low)).all() and np.isinf(array(response.high)).all()
    assert response.evidence.interval.kind == common_pb2.Interval.KIND_WITHDRAWN
    assert await ask.refused("Predict", predict(**wide, outside="refuse")) == (
        "INVALID_ARGUMENT",
        "OUTSIDE_TRAINING",
        "grid",
    )


async def test_nobody_else_s_operator_is_there_by_any_way(bob: Asking, router: Router) -> None:
    for method, request in (
        ("Predict", predict()),
        ("Predict", predict(options=common_pb2.RequestOptions(validate_only=True))),
        ("GetModel", pb.GetModelRequest(name=NAME)),
        ("PublishModel", pb.PublishModelRequest(name=NAME, version=1, channel="CHANNEL_STABLE")),
    ):
        assert await bob.refused(method, request) == ("NOT_FOUND", "UNKNOWN_ARTEFACT", "")
    assert NAME not in [model.name for model in (await bob("ListModels", pb.ListModelsRequest())).models]


async def test_a_stream_answers_in_order_and_goes_on_after_a_failure(ask: Asking) -> None:
    async def requests() -> AsyncIterator[pb.PredictStreamRequest]:
        for request in (predict(), predict(level=2.0), predict(uncertainty="none")):
            yield pb.PredictStreamRequest(request=request)

    first, second, third = [answer async for answer in ask.stream(requests())]
    assert first.response.HasField("deviation")
    assert reason_and_field(second.error) == ("OUT_OF_RANGE", "level")
    assert third.response.HasField("mean") and not third.response.HasField("deviation")


# The registry


async def test_what_is_published_answers_and_is_listed(ask: Asking) -> None:
    listed = await ask("ListModels", pb.ListModelsRequest())
    names = [model.name for model in listed.models]
    assert NAME in names and names == sorted(names)
    page = await ask("ListModels", pb.ListModelsRequest(page_size=1))
    assert [page.models[0].name, page.next_page_token] == [names[0], names[0] if len(names) > 1 else ""]
    card = listed.models[names.index(NAME)].versions[0].card
    assert (card.architecture, card.problem, card.uncertainty) == ("FNO", "darcy", "variance_head")
    assert await ask.refused("ListModels", pb.ListModelsRequest(page_size=-1)) == (
        "INVALID_ARGUMENT",
        "MALFORMED_REQUEST",
        "page_size",
    )


async def test_a_content_goes_out_as_it_came_in_and_the_same_is_the_same_version(ask: Asking) -> None:
    got = await ask("GetModel", pb.GetModelRequest(name=NAME, content_version=1))
    assert got.content == operators.content()
    again = await ask("PublishModel", pb.PublishModelRequest(name=NAME, content=got.content))
    assert again.version == 1


async def test_a_canary_answers_its_part_of_the_questions_and_the_same_ones_always(ask: Asking) -> None:
    other = operators.without(operators.small()).packed()
    request = pb.PublishModelRequest(name=NAME, content=other, channel="CHANNEL_CANARY", canary_weight=0.5)
    published = await ask("PublishModel", request)
    model = published.model
    assert (model.stable_version, model.canary_version, model.canary_weight) == (1, 2, 0.5)
    questions = [predict(values=common.tensor_of(each[None])) for each in operators.pairs(4, 40).inputs]
    answered = [(await ask("Predict", question)).version for question in questions]
    assert 8 <= answered.count(2) <= 32  # 40 tosses: outside once in ten thousand
    assert answered == [(await ask("Predict", question)).version for question in questions]
    promoted = await ask("PublishModel", pb.PublishModelRequest(name=NAME, version=2, channel="CHANNEL_STABLE"))
    assert (promoted.model.stable_version, promoted.model.canary_version) == (2, 0)
    assert (await ask("Predict", questions[0])).version == 2
    assert (await ask("Predict", predict(version=1))).version == 1


async def test_a_dry_run_publishes_nothing(ask: Asking) -> None:
    options = common_pb2.RequestOptions(validate_only=True)
    name = "charite/new"
    request = pb.PublishModelRequest(options=options, name=name, content=operators.content())
    assert (await ask("PublishModel", request)).version == 0
    assert await ask.refused("GetModel", pb.GetModelRequest(name=name)) == ("NOT_FOUND", "UNKNOWN_ARTEFACT", "")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"content": b"\x80\x04\x95pickle"}, ("INVALID_ARGUMENT", "UNREADABLE_ARTEFACT", "artefact")),
        ({"content": b""}, ("INVALID_ARGUMENT", "MALFORMED_REQUEST", "version")),
        ({"version": 1}, ("INVALID_ARGUMENT", "MALFORMED_REQUEST", "version")),
        ({"content": b"", "version": -1}, ("INVALID_ARGUMENT", "MALFORMED_REQUEST", "version")),
        ({"content": b"", "version": 7}, ("NOT_FOUND", "UNKNOWN_ARTEFACT", "")),
        ({"channel": 9}, ("INVALID_ARGUMENT", "MALFORMED_REQUEST", "channel")),
        ({"channel": 2}, ("INVALID_ARGUMENT", "OUT_OF_RANGE", "canary_weight")),
        ({"channel": 1, "canary_weight": 0.5}, ("INVALID_ARGUMENT", "OUT_OF_RANGE", "canary_weight")),
        ({"name": "charite/X"}, ("INVALID_ARGUMENT", "MALFORMED_NAME", "name")),
        ({"name": "faraday/mine"}, ("NOT_FOUND", "UNKNOWN_ARTEFACT", "")),
    ],
)
async def test_what_cannot_be_published_is_refused(
    ask: Asking, change: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    request = pb.PublishModelRequest(**{"name": NAME, "content": operators.content(), **change})
    assert await ask.refused("PublishModel", request) == expected


async def test_content_that_was_changed_on_the_way_is_refused(ask: Asking) -> None:
    changed = bytearray(operators.content())
    changed[-1] ^= 1
    request = pb.PublishModelRequest(name=NAME, content=bytes(changed))
    assert (await ask.refused("PublishModel", request))[1] == "UNREADABLE_ARTEFACT"


async def test_what_was_changed_on_the_disk_is_refused(ask: Asking, router: Router) -> None:
    (kept,) = (router.folder / "registry").glob("*/small/content/*")
    kept.write_bytes(kept.read_bytes()[:-1] + b"\0")
    assert (await ask.refused("Predict", predict()))[:2] == ("INVALID_ARGUMENT", "UNREADABLE_ARTEFACT")


# The same by the Open Inference Protocol


async def test_the_open_inference_protocol_answers_alike_and_reaches_no_other_tenant(router: Router) -> None:
    request = inference.ModelInferRequest(model_name=SPEC.name)
    request.parameters["operator"].string_param = NAME
    for name, datatype, values in (("values", "FP32", INPUTS), ("grid", "INT64", operators.GRID)):
        request.inputs.add(name=name, datatype=datatype, shape=values.shape)
        request.raw_input_contents.append(values.tobytes())
    async with connected(router) as channel:
        stub = inference_grpc.GRPCInferenceServiceStub(channel)
        reply = await stub.ModelInfer(request, metadata=router.metadata(ADA), timeout=20)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.ModelInfer(request, metadata=router.metadata(BOB), timeout=20)
        typed = await Asking(router, channel, ADA)("Predict", predict())
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    names = [output.name for output in reply.outputs]
    assert reply.raw_output_contents[names.index("mean")] == typed.mean.data
    said = reply.parameters
    assert said["faraday.interval_kind"].string_param == "conformal"
    assert said["faraday.interval"].double_param == typed.evidence.interval.level
