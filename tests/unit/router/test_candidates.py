"""Candidates over real gRPC: kept for who asks, shown to their tenant alone, in pages, and deleted."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from tritonclient.grpc import service_pb2 as inference
from tritonclient.grpc import service_pb2_grpc as inference_grpc

from faraday.v1 import common_pb2
from faraday.v1 import neural_operator_pb2 as pb
from models.kept import Room
from models.memory_kept import MemoryKept
from models.operators.missed import Missed, packed
from models.operators.predict.task import SPEC
from router import candidates
from router.codec import common
from tests.support import operators
from tests.support.router import ADA, Router, RouterOptions, connected, running
from tests.unit.router.test_neural_operator import BOB, INPUTS, NAME, Asking, array, predict

COLLECTION = "charite/missed"
KEEP = {"verify": "tolerance", "tolerance": 1e-3, "keep_missed": COLLECTION}
NOT_FOUND = ("NOT_FOUND", "UNKNOWN_ARTEFACT", "")


@pytest.fixture
async def router(tmp_path: Path) -> AsyncIterator[Router]:
    async with running(tmp_path, RouterOptions(specs={SPEC.name: SPEC})) as started:
        started.artefacts.publish(NAME, operators.content(), "ada")
        yield started


@pytest.fixture
async def ask(router: Router) -> AsyncIterator[Asking]:
    async with connected(router) as channel:
        yield Asking(router, channel, ADA)


@pytest.fixture
async def bob(router: Router) -> AsyncIterator[Asking]:
    async with connected(router) as channel:
        yield Asking(router, channel, BOB)


async def got(ask: Asking, **more: Any) -> Any:
    return await ask("GetCandidates", pb.GetCandidatesRequest(**{"name": COLLECTION, **more}))


async def test_what_was_missed_is_kept_and_shown_and_the_answer_says_so(ask: Asking) -> None:
    response = await ask("Predict", predict(**KEEP))
    assert [sample.kept for sample in response.samples] == [True, True]
    page = await got(ask)
    assert page.next_page_token == ""
    assert {array(each.inputs).tobytes() for each in page.candidates} == {each.tobytes() for each in INPUTS}
    one = page.candidates[0]
    assert array(one.grid).tolist() == [operators.SIDE] * 2 and array(one.targets).shape == (operators.SIDE**2, 1)
    assert (one.operator, one.version) == (NAME, 1) and "tolerance" in one.reason and one.relative_error > 1e-3
    assert one.create_time.seconds > 0 and len(one.digest) == 64


async def test_without_being_asked_for_nothing_is_kept(ask: Asking) -> None:
    response = await ask("Predict", predict(**{**KEEP, "keep_missed": ""}))
    dry = predict(**KEEP, options=common_pb2.RequestOptions(validate_only=True))
    await ask("Predict", dry)
    assert not any(sample.kept for sample in response.samples)
    assert not (await got(ask)).candidates and not (await got(ask, name=NAME)).candidates


async def test_another_tenant_s_collection_is_not_there_by_any_way(ask: Asking, bob: Asking) -> None:
    await ask("Predict", predict(**KEEP))
    public = predict(**{**KEEP, "operator": "faraday/darcy"})
    for method, request in (
        ("Predict", public),
        ("GetCandidates", pb.GetCandidatesRequest(name=COLLECTION)),
        ("DeleteCandidates", pb.DeleteCandidatesRequest(name=COLLECTION)),
        ("GetCandidates", pb.GetCandidatesRequest(name="faraday/darcy")),
    ):
        assert await bob.refused(method, request) == NOT_FOUND
    assert await ask.refused("Predict", predict(**{**KEEP, "keep_missed": "faraday/darcy"})) == NOT_FOUND
    assert not (await got(bob, name="mayo/missed")).candidates
    assert len((await got(ask)).candidates) == 2


async def test_nor_by_the_open_inference_protocol(router: Router, ask: Asking) -> None:
    request = inference.ModelInferRequest(model_name=SPEC.name)
    for name, value in (("verify", "tolerance"), ("keep_missed", COLLECTION)):
        request.parameters[name].string_param = value
    for name, datatype, values in (("values", "FP32", INPUTS), ("grid", "INT64", operators.GRID)):
        request.inputs.add(name=name, datatype=datatype, shape=values.shape)
        request.raw_input_contents.append(values.tobytes())
    async with connected(router) as channel:
        stub = inference_grpc.GRPCInferenceServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.ModelInfer(request, metadata=router.metadata(BOB), timeout=20)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert not (await got(ask)).candidates


async def test_pages_have_all_of_them_once_in_the_order_of_time(ask: Asking) -> None:
    await ask("Predict", predict(**KEEP))
    await ask("Predict", _of(operators.pairs(4, 3).inputs))
    whole = [each.digest for each in (await got(ask)).candidates]
    assert len(whole) == 5
    paged, token = [], ""
    for _ in range(3):
        page = await got(ask, page_size=2, page_token=token)
        paged += [each.digest for each in page.candidates]
        token = page.next_page_token
    assert paged == whole and token == ""


def _of(inputs: Any) -> pb.PredictRequest:
    request = predict(**KEEP)
    request.values.CopyFrom(common.tensor_of(inputs))
    return request


def test_a_page_ends_where_it_is_large_and_one_that_went_since_is_no_matter() -> None:
    clock = itertools.count(1000.0)
    kept = MemoryKept(lambda: next(clock), Room())
    record = packed(Missed((1, 1), bytes(4), bytes(4), "", 0.0, NAME, 1))
    digests = [f"{number:064x}" for number in (3, 1, 2)]
    for digest in digests[:2]:
        kept.keep(COLLECTION, {digest: record})
    first = candidates.page(kept, COLLECTION, (-1, ""), 10, 1)
    assert [each.digest for each in first.candidates] == digests[:1]
    assert first.next_page_token == f"{1000 * 10**9}-{digests[0]}"
    kept.forget(COLLECTION)
    kept.keep(COLLECTION, {digests[2]: record})
    second = candidates.page(kept, COLLECTION, (1000 * 10**9, digests[0]), 10, 1)
    assert [each.digest for each in second.candidates] == digests[2:] and second.next_page_token == ""


async def test_what_is_damaged_is_left_out(ask: Asking, router: Router) -> None:
    await ask("Predict", predict(**KEEP))
    one, _ = sorted((router.folder / "registry").glob("*/missed/candidates/*"))
    one.write_bytes(one.read_bytes()[:-1] + b"\0\0")
    assert [each.digest for each in (await got(ask)).candidates].count(one.name) == 0
    assert len((await got(ask)).candidates) == 1


async def test_what_is_deleted_is_gone_and_a_dry_run_deletes_nothing(ask: Asking) -> None:
    await ask("Predict", predict(**KEEP))
    dry = pb.DeleteCandidatesRequest(name=COLLECTION, options=common_pb2.RequestOptions(validate_only=True))
    assert (await ask("DeleteCandidates", dry)).deleted_count == 0
    assert (await ask("DeleteCandidates", pb.DeleteCandidatesRequest(name=COLLECTION))).deleted_count == 2
    assert not (await got(ask)).candidates


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"page_size": -1}, "MALFORMED_REQUEST", "page_size"),
        ({"page_size": 1001}, "MALFORMED_REQUEST", "page_size"),
        ({"page_token": "next"}, "MALFORMED_REQUEST", "page_token"),
        ({"name": "charite/X"}, "MALFORMED_NAME", "name"),
    ],
)
async def test_a_page_that_makes_no_sense_is_refused(
    ask: Asking, change: dict[str, Any], reason: str, field: str
) -> None:
    request = pb.GetCandidatesRequest(**{"name": COLLECTION, **change})
    assert await ask.refused("GetCandidates", request) == ("INVALID_ARGUMENT", reason, field)


async def test_keeping_without_verifying_is_refused(ask: Asking) -> None:
    request = predict(keep_missed=COLLECTION)
    assert await ask.refused("Predict", request) == ("INVALID_ARGUMENT", "UNKNOWN_INPUT", "keep_missed")


def test_the_largest_candidate_fits_into_a_message() -> None:
    """1024² nodes are the most that Predict takes."""
    side = np.zeros(1024**2, "<f4").tobytes()
    size = len(packed(Missed((1024, 1024), side, side, "", 0.0, NAME, 1)))
    assert size + candidates.PAGE_BYTES < 64 << 20
    assert size < Room().size_bytes
