"""A canary through the whole path, over real gRPC: what leaves is what was paid for, and says no more than that.

Calls are repeated, given up, and refused for want of room on the way. None of it may show a second draw of noise for
one price, or an answer that nobody paid for.
"""

from __future__ import annotations

import asyncio
import math
import uuid
from contextlib import ExitStack
from pathlib import Path

import grpc
import numpy as np
import pytest
from tritonclient.grpc import service_pb2 as oip

from faraday.v1 import privacy_pb2 as pb
from models.base import Array
from models.privacy.audit import Finding, audit
from models.privacy.cost import cost_in_picorho
from models.privacy.profile import discrete_gaussians, hockey_stick
from router.admission import AdmissionLimits
from router.call import Principal, Role
from router.ledgers.contract import AccountKey
from tests.support.canary import EVENT, RHO, STEP, VARIANCE, WITH, WITHOUT, spec
from tests.support.router import ADA, SPECS, Router, RouterOptions, connected, running

pytestmark = pytest.mark.slow

INFER = "/inference.GRPCInferenceService/ModelInfer"
OWNER = Principal("olga", "charite", frozenset({Role.DATA_OWNER}))
QUESTIONS = 30


def question(dataset: str, number: int, request_id: str = "") -> bytes:
    request = oip.ModelInferRequest(model_name="canary")
    request.parameters["dataset"].string_param = dataset
    request.parameters["number"].int64_param = number
    if request_id:
        request.parameters["faraday.request_id"].string_param = request_id
    return request.SerializeToString()


async def told(router: Router, channel: grpc.aio.Channel, body: bytes, timeout_s: float = 20.0) -> Array:
    reply = await channel.unary_unary(INFER)(body, metadata=router.metadata(ADA), timeout=timeout_s)
    return np.frombuffer(oip.ModelInferResponse.FromString(reply).raw_output_contents[0], np.int64)


async def opened(router: Router, channel: grpc.aio.Channel) -> None:
    for dataset in (WITH, WITHOUT):
        request = pb.OpenAccountRequest(
            key=pb.AccountKey(dataset=dataset),
            unit=pb.UNIT_PATIENT,
            adjacency=pb.ADJACENCY_ADD_REMOVE,
            epsilon=1e6,
            delta=1e-6,
        )
        method = channel.unary_unary("/faraday.v1.PrivacyService/OpenAccount")
        await method(request.SerializeToString(), metadata=router.metadata(OWNER))


async def story(router: Router, dataset: str) -> tuple[list[Array], int]:
    """Every answer that a curious analyst could get hold of, and how many calls reached the model and were given up."""
    answers: list[Array] = []
    given_up = 0
    async with connected(router) as channel:
        for number in range(QUESTIONS):
            name = str(uuid.uuid4())
            if (
                number % 5 == 1
            ):  # given up while it runs: a repeat may find the first answer, and never a cheap second one
                with pytest.raises(grpc.aio.AioRpcError):
                    await told(router, channel, question(dataset, number, name), timeout_s=0.004)
                given_up += 1
            if number % 5 == 2:  # no room: nothing runs, nothing is paid
                with ExitStack() as others, pytest.raises(grpc.aio.AioRpcError, match="has no room"):
                    for _ in range(AdmissionLimits().calls_per_model):
                        others.enter_context(router.admission.admit("canary", 0, math.inf, 0.0, 1))
                    await told(router, channel, question(dataset, number, name))
            first = await until_told(router, channel, question(dataset, number, name))
            answers.append(first)
            again = await asyncio.gather(
                told(router, channel, question(dataset, number, name)),  # the same request
                told(router, channel, question(dataset, number)),  # the same question
            )
            assert all((repeat == first).all() for repeat in again), "a second draw for one price"
    return answers, given_up


async def until_told(router: Router, channel: grpc.aio.Channel, body: bytes) -> Array:
    """As our client does: again while the router says UNAVAILABLE, here for an attempt that was given up."""
    while True:
        try:
            return await told(router, channel, body)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            await asyncio.sleep(0.1)


async def audited(folder: Path, factory: str) -> tuple[Finding, dict[str, int]]:
    """What the audit of all answers finds, and by how many charges each dataset paid for more than was seen."""
    surplus: dict[str, int] = {}
    seen: dict[str, Array] = {}
    cost = cost_in_picorho(EVENT.mechanism, None)
    async with running(folder, RouterOptions(specs={**SPECS, "canary": spec(factory)})) as router:
        async with connected(router) as channel:
            await opened(router, channel)
        for dataset in (WITH, WITHOUT):
            answers, given_up = await story(router, dataset)
            seen[dataset] = np.concatenate(answers)
            spent = (await router.ledger.balance(AccountKey(dataset))).spent
            assert spent % cost == 0
            surplus[dataset] = spent // cost - len(answers)
            assert 0 <= surplus[dataset] <= given_up
            assert len(await router.ledger.releases(dataset)) <= spent // cost
        assert await router.ledger.verify() == ()
    noise = discrete_gaussians(STEP, VARIANCE)
    return audit(seen[WITH], seen[WITHOUT], lambda epsilon: hockey_stick(*noise, epsilon)), surplus


async def test_what_leaves_was_paid_for_and_tells_no_more_than_it_cost(tmp_path: Path) -> None:
    finding, _ = await audited(tmp_path, "honest")
    assert not finding.violated


async def test_a_model_that_adds_too_little_noise_is_found_from_outside(tmp_path: Path) -> None:
    finding, _ = await audited(tmp_path, "lying")
    assert finding.violated, f"claimed {RHO} ρ a column"
