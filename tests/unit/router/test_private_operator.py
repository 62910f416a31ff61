"""`operators.private` over real gRPC: paid for out of the ledger, and shown again for nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from tritonclient.grpc import service_pb2 as oip

from faraday.v1 import privacy_pb2 as pb
from models.operators.private.heads import Heads
from models.operators.private.served import PrivatePredictor
from models.operators.private.task import DATASET, RELEASE, SPEC, example
from models.privacy.conversion import epsilon_of
from models.privacy.cost import cost_in_picorho
from router.audit.event import Kind
from router.call import Principal, Role
from tests.support.router import Router, RouterOptions, connected, running
from tests.unit.models.operators.tiny_operator import Tiny, plain_scaling

DEMO = Principal("dana", "demo", frozenset({Role.ANALYST, Role.DATA_OWNER}))
STRANGER = Principal("eve", "elsewhere", frozenset({Role.ANALYST}))
INFER = "/inference.GRPCInferenceService/ModelInfer"
OPEN, BUDGET = "/faraday.v1.PrivacyService/OpenAccount", "/faraday.v1.PrivacyService/GetBudget"
DELTA = 1e-6
MECHANISM = RELEASE.event(13.0).mechanism  # of a default answer
COST = cost_in_picorho(MECHANISM, None)


@pytest.fixture
async def router(tmp_path: Path) -> AsyncIterator[Router]:
    """Heads of a small operator, on which no record had a say: the price does not depend on them."""
    width = 8
    silent = np.zeros((RELEASE.shards, width + 1))
    model = PrivatePredictor(DATASET, Heads(Tiny(width), plain_scaling("all"), silent, RELEASE))
    async with running(tmp_path, RouterOptions(specs={SPEC.name: SPEC}, models={SPEC.name: model})) as started:
        yield started


async def call(router: Router, method: str, message: Any, principal: Principal = DEMO) -> bytes:
    async with connected(router) as channel:
        rpc = channel.unary_unary(method)
        reply: bytes = await rpc(message.SerializeToString(), metadata=router.metadata(principal), timeout=10.0)
        return reply


async def opened(router: Router) -> None:
    request = pb.OpenAccountRequest(
        key=pb.AccountKey(dataset=DATASET),
        unit=pb.UNIT_CLIENT,
        adjacency=pb.ADJACENCY_ADD_REMOVE,
        epsilon=4.0,
        delta=DELTA,
    )
    await call(router, OPEN, request)


async def spent(router: Router) -> int:
    reply = await call(router, BUDGET, pb.GetBudgetRequest(key=pb.AccountKey(dataset=DATASET)))
    return pb.GetBudgetResponse.FromString(reply).budget.spent_picorho


def question(value: float = 6.0, *, validate_only: bool = False) -> oip.ModelInferRequest:
    permeability = np.minimum(example().permeability, np.float32(value))
    request = oip.ModelInferRequest(model_name=SPEC.name, raw_input_contents=[permeability.tobytes()])
    request.inputs.add(name="permeability", datatype="FP32", shape=permeability.shape)
    if validate_only:
        request.parameters["faraday.validate_only"].bool_param = True
    return request


async def asked(router: Router, request: oip.ModelInferRequest) -> tuple[dict[str, Any], list[bytes]]:
    """What is said with the answer, and its arrays."""
    reply = oip.ModelInferResponse.FromString(await call(router, INFER, request))
    said = {name: getattr(value, value.WhichOneof("parameter_choice")) for name, value in reply.parameters.items()}
    return said, list(reply.raw_output_contents)


async def test_the_evidence_says_what_was_charged_and_a_repeat_costs_nothing(router: Router) -> None:
    await opened(router)
    said, arrays = await asked(router, question())
    assert (said["faraday.privacy"], said["faraday.privacy_dataset"]) == ("charged", DATASET)
    assert said["faraday.privacy_epsilon"] == epsilon_of(MECHANISM, DELTA)
    assert "sample and aggregate" in said["faraday.method"]
    assert await spent(router) == COST
    assert await asked(router, question()) == ({**said, "faraday.replayed": True}, arrays)
    assert await spent(router) == COST
    await asked(router, question(7.0))
    assert await spent(router) == 2 * COST
    assert [event.cost for event in router.trail.events if event.kind is Kind.RELEASED] == [COST, 0, COST]


async def test_a_quote_costs_nothing_and_tells_the_price(router: Router) -> None:
    await opened(router)
    said, _ = await asked(router, question(validate_only=True))
    assert (said["faraday.privacy"], said["faraday.privacy_epsilon"]) == ("quoted", epsilon_of(MECHANISM, DELTA))
    assert await spent(router) == 0


async def test_without_a_grant_or_within_no_range_nothing_is_answered_nor_charged(router: Router) -> None:
    await opened(router)
    for request, principal, code in (
        (question(), STRANGER, grpc.StatusCode.PERMISSION_DENIED),
        (question(2.0), DEMO, grpc.StatusCode.INVALID_ARGUMENT),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(router, INFER, request, principal)
        assert refused.value.code() is code
    assert await spent(router) == 0
