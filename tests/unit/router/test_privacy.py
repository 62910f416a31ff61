"""Private records over real gRPC: who may ask, what it costs, and that nothing leaves unpaid."""

from __future__ import annotations

import asyncio
import math
import uuid
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2, status_pb2
from tritonclient.grpc import service_pb2 as oip

from faraday.v1 import privacy_pb2 as pb
from models.base import Private
from models.privacy.conversion import epsilon_of
from models.privacy.cost import cost_in_picorho, limit_in_picorho
from models.privacy.events import Event, encode
from models.privacy.kinds import Gaussian
from models.privacy.neighbours import Adjacency, Unit
from router.admission import AdmissionLimits
from router.audit.event import Kind
from router.call import Principal, Role
from router.ledgers.contract import AccountKey
from router.status import DETAILS_KEY
from tests.support import echo
from tests.support.eventually import until
from tests.support.router import ADA, AUDITOR, SPECS, Router, RouterOptions, connected, running

SERVICE = "/faraday.v1.PrivacyService/"
INFER = "/inference.GRPCInferenceService/ModelInfer"
DATASET = "charite/icu"
OWNER = Principal("olga", "charite", frozenset({Role.DATA_OWNER}))
EVE = Principal("eve", "elsewhere", frozenset({Role.ANALYST}))
THIEF = Principal("tom", "elsewhere", frozenset({Role.DATA_OWNER, Role.AUDITOR}))
MECHANISM = Gaussian(16.0)
COST = cost_in_picorho(MECHANISM, None)
EPSILON, DELTA = 1.0, 1e-6
EVENT = Event(MECHANISM, Unit.PATIENT, Adjacency.ADD_REMOVE)
PRIVATE = replace(echo.SPEC, private=Private(dataset=lambda task: DATASET, worst_case=lambda task: EVENT))


@pytest.fixture
async def router(tmp_path: Path) -> AsyncIterator[Router]:
    async with running(tmp_path, RouterOptions(specs={**SPECS, "echo": PRIVATE})) as router:
        yield router


async def call(router: Router, method: str, message: Any, principal: Principal) -> bytes:
    async with connected(router) as channel:
        rpc = channel.unary_unary(method)
        reply: bytes = await rpc(message.SerializeToString(), metadata=router.metadata(principal), timeout=10.0)
        return reply


async def refused(router: Router, method: str, message: Any, principal: Principal) -> tuple[str, str, list[str]]:
    """(code, reason, the kinds of its details)"""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(router, method, message, principal)
    packed = next(value for key, value in caught.value.trailing_metadata() if key == DETAILS_KEY)
    status, info = status_pb2.Status.FromString(packed), error_details_pb2.ErrorInfo()
    for detail in status.details:
        detail.Unpack(info)
    kinds = [detail.type_url.rpartition(".")[2] for detail in status.details]
    return caught.value.code().name, info.reason, kinds


def opening(epsilon: float = EPSILON, **changed: Any) -> pb.OpenAccountRequest:
    fields = {
        "key": pb.AccountKey(dataset=DATASET),
        "unit": pb.UNIT_PATIENT,
        "adjacency": pb.ADJACENCY_ADD_REMOVE,
        "delta": DELTA,
    }
    return pb.OpenAccountRequest(epsilon=epsilon, **{**fields, **changed})


def cap(tenant: str, user: str = "", epsilon: float = EPSILON) -> pb.OpenAccountRequest:
    return pb.OpenAccountRequest(key=pb.AccountKey(dataset=DATASET, tenant=tenant, user=user), epsilon=epsilon)


def question(x: float = 5.0, **parameters: Any) -> oip.ModelInferRequest:
    request = oip.ModelInferRequest(model_name="echo", raw_input_contents=[np.array([x]).tobytes()])
    request.inputs.add(name="x", datatype="FP64", shape=[1])
    for name, value in parameters.items():
        kind = {bool: "bool_param", int: "int64_param", str: "string_param"}[type(value)]
        setattr(request.parameters[name.replace("__", ".")], kind, value)
    return request


async def asked(router: Router, request: oip.ModelInferRequest, principal: Principal = ADA) -> dict[str, Any]:
    """The parameters of the answer."""
    reply = oip.ModelInferResponse.FromString(await call(router, INFER, request, principal))
    return {name: getattr(value, value.WhichOneof("parameter_choice")) for name, value in reply.parameters.items()}


async def opened(router: Router, *requests: pb.OpenAccountRequest) -> None:
    for request in requests or (opening(),):
        await call(router, f"{SERVICE}OpenAccount", request, OWNER)


async def budget(router: Router, principal: Principal = ADA, tenant: str = "", user: str = "") -> pb.Budget:
    request = pb.GetBudgetRequest(key=pb.AccountKey(dataset=DATASET, tenant=tenant, user=user))
    return pb.GetBudgetResponse.FromString(await call(router, f"{SERVICE}GetBudget", request, principal)).budget


# Answers


async def test_an_answer_says_what_it_cost_and_what_is_left(router: Router) -> None:
    await opened(router)
    said = await asked(router, question())
    assert said["faraday.privacy"] == "charged"
    assert said["faraday.privacy_epsilon"] == epsilon_of(MECHANISM, DELTA)
    assert (said["faraday.privacy_dataset"], said["faraday.privacy_unit"]) == (DATASET, "patient")
    left = await budget(router)
    assert left.spent_picorho == COST
    assert said["faraday.privacy_epsilon_left"] == pytest.approx(EPSILON - left.epsilon_spent, rel=1e-9)


async def test_without_an_account_nothing_is_answered_and_the_model_never_asked_in_vain(router: Router) -> None:
    assert (await refused(router, INFER, question(), ADA))[:2] == ("NOT_FOUND", "UNKNOWN_ACCOUNT")
    assert router.echo.batches == []


async def test_another_tenant_needs_a_grant(router: Router) -> None:
    await opened(router)
    assert (await refused(router, INFER, question(), EVE))[:2] == ("PERMISSION_DENIED", "DATASET_NOT_GRANTED")
    await opened(router, cap("elsewhere", epsilon=0.5))
    await asked(router, question(), EVE)
    assert (await budget(router, EVE, "elsewhere")).spent_picorho == COST
    assert (await budget(router, EVE)).spent_picorho == COST


async def test_a_spent_budget_is_a_quota_failure_and_does_not_come_back(router: Router) -> None:
    await opened(router)
    affordable = limit_in_picorho(EPSILON, DELTA, None) // COST
    for x in range(affordable):
        await asked(router, question(x))
    code, reason, kinds = await refused(router, INFER, question(-1.0), ADA)
    assert (code, reason) == ("RESOURCE_EXHAUSTED", "PRIVACY_BUDGET_SPENT")
    assert "QuotaFailure" in kinds
    assert "RetryInfo" not in kinds
    assert (await budget(router)).epsilon_spent <= EPSILON


async def test_all_analysts_together_never_overspend_the_dataset(router: Router) -> None:
    await opened(router, opening(), cap("elsewhere", epsilon=50.0), cap("charite", epsilon=50.0))
    affordable = limit_in_picorho(EPSILON, DELTA, None) // COST
    askers = [ADA, EVE] * affordable
    asking = (asked(router, question(x), who) for x, who in enumerate(askers))
    outcomes = await asyncio.gather(*asking, return_exceptions=True)
    assert sum(isinstance(outcome, dict) for outcome in outcomes) == affordable
    assert (await budget(router)).spent_picorho == affordable * COST


async def test_a_repeat_gets_the_first_answer_and_pays_nothing(router: Router) -> None:
    await opened(router)
    request = question(faraday__request_id=str(uuid.uuid4()))
    first, again = await asked(router, request), await asked(router, request)
    assert again == {**first, "faraday.replayed": True}
    assert (await budget(router)).spent_picorho == COST
    other = question(6.0, faraday__request_id=request.parameters["faraday.request_id"].string_param)
    assert (await refused(router, INFER, other, ADA))[:2] == ("ALREADY_EXISTS", "REQUEST_ID_REUSED")


async def test_the_same_question_gets_the_same_answer_for_nothing_whoever_asks(router: Router) -> None:
    await opened(router, opening(), cap("elsewhere"))
    first, again = await asked(router, question()), await asked(router, question(), EVE)
    assert again == {**first, "faraday.replayed": True}
    await asked(router, question(6.0))
    budgets = [await budget(router), await budget(router, EVE, "elsewhere")]
    assert [each.spent_picorho for each in budgets] == [2 * COST, 0]
    told = [(event.actor, event.cost) for event in router.trail.events if event.kind is Kind.RELEASED]
    assert told == [(ADA.name, COST), (EVE.name, 0), (ADA.name, COST)]


async def test_who_has_no_grant_gets_no_released_answer_either(router: Router) -> None:
    await opened(router)
    await asked(router, question())
    assert (await refused(router, INFER, question(), EVE))[1] == "DATASET_NOT_GRANTED"


async def test_a_quote_costs_nothing(router: Router) -> None:
    await opened(router)
    said = await asked(router, question(faraday__validate_only=True))
    assert (said["faraday.privacy"], said["faraday.privacy_epsilon"]) == ("quoted", epsilon_of(MECHANISM, DELTA))
    assert (await budget(router)).spent_picorho == 0
    assert router.echo.batches == []


@pytest.mark.parametrize("behaviour", ["refuse", "crash"])
async def test_what_reached_the_model_stays_paid_whatever_it_said(router: Router, behaviour: str) -> None:
    await opened(router)
    await refused(router, INFER, question(behaviour=behaviour), ADA)
    assert (await budget(router)).spent_picorho == COST


async def test_who_goes_away_has_paid(router: Router) -> None:
    await opened(router)
    router.echo.gate.clear()
    asking = asyncio.create_task(asked(router, question()))
    await until(lambda: router.echo.batches)
    asking.cancel()
    router.echo.gate.set()
    await asyncio.gather(asking, return_exceptions=True)
    assert (await budget(router)).spent_picorho == COST
    releases = await router.ledger.releases(DATASET)
    assert releases == ()


async def test_a_request_whose_replica_died_over_it_stays_paid(router: Router) -> None:
    """It may have died of what is in the records."""
    await opened(router)
    router.echo.gate.clear()
    asking = asyncio.create_task(refused(router, INFER, question(timeout=300_000), ADA))
    await until(lambda: router.echo.batches)
    await router.replicas["echo"].close()
    assert (await asking)[:2] == ("UNAVAILABLE", "NO_REPLICA")
    assert (await budget(router)).spent_picorho == COST


async def test_what_never_reached_a_model_is_given_back(router: Router) -> None:
    await opened(router)
    with ExitStack() as others:
        for _ in range(AdmissionLimits().calls_per_model):
            others.enter_context(router.admission.admit("echo", 0, math.inf, 0.0, 1))
        assert (await refused(router, INFER, question(), ADA))[:2] == ("UNAVAILABLE", "OVERLOADED")
    assert (await budget(router)).spent_picorho == 0


async def test_every_step_is_in_the_audit_log_in_its_order(router: Router) -> None:
    await opened(router)
    name = str(uuid.uuid4())
    await asked(router, question(faraday__request_id=name))
    await call(router, f"{SERVICE}Freeze", pb.FreezeRequest(key=pb.AccountKey(dataset=DATASET), reason="stop"), OWNER)
    await refused(router, INFER, question(6.0), ADA)
    kinds = [event.kind for event in router.trail.events]
    assert kinds == [Kind.OPENED, Kind.CHARGED, Kind.RELEASED, Kind.FROZEN, Kind.REFUSED]
    charged, released = router.trail.events[1:3]
    assert (charged.actor, charged.request_id, charged.cost) == (ADA.name, name, COST)
    assert len(released.digest) == 32
    assert all("stop" not in event.reason for event in router.trail.events), "a reason may name somebody"


async def test_an_answer_that_the_ledger_does_not_take_is_withheld_and_the_log_says_so(router: Router) -> None:
    await opened(router)
    router.echo.gate.clear()
    asking = asyncio.create_task(refused(router, INFER, question(), ADA))
    await until(lambda: router.echo.batches)
    await router.ledger.close()
    router.echo.gate.set()
    assert (await asking)[1] == "LEDGER_UNAVAILABLE"
    assert [event.kind for event in router.trail.events[-2:]] == [Kind.RELEASED, Kind.WITHHELD]


# Accounts


async def test_terms_are_for_ever_and_opening_again_with_the_same_is_nothing(router: Router) -> None:
    await opened(router, opening(), opening())
    assert (await refused(router, f"{SERVICE}OpenAccount", opening(2.0), OWNER))[:2] == (
        "ALREADY_EXISTS",
        "ACCOUNT_EXISTS",
    )


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (opening(key=pb.AccountKey(dataset="icu")), "key.dataset"),
        (opening(key=pb.AccountKey(dataset=DATASET, user="eve")), "key.tenant"),
        (opening(unit=pb.UNIT_UNSPECIFIED), "unit"),
        (opening(adjacency=pb.ADJACENCY_UNSPECIFIED), "adjacency"),
        (opening(epsilon=0.0), "epsilon"),
        (opening(epsilon=float("nan")), "epsilon"),
        (opening(delta=0.0), "delta"),
        (opening(order=1.0), "order"),
    ],
)
async def test_terms_that_make_no_sense_are_refused(router: Router, request_: Any, field: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(router, f"{SERVICE}OpenAccount", request_, OWNER)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    packed = next(value for key, value in caught.value.trailing_metadata() if key == DETAILS_KEY)
    bad = error_details_pb2.BadRequest()
    assert any(detail.Unpack(bad) for detail in status_pb2.Status.FromString(packed).details)
    assert bad.field_violations[0].field == field


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("OpenAccount", opening()),
        ("SetPolicy", pb.SetPolicyRequest(key=pb.AccountKey(dataset=DATASET), epsilon=9.0)),
        ("Freeze", pb.FreezeRequest(key=pb.AccountKey(dataset=DATASET), reason="mine")),
        ("ListReleases", pb.ListReleasesRequest(dataset=DATASET)),
    ],
)
async def test_only_the_owners_people_act_on_a_dataset(router: Router, method: str, message: Any) -> None:
    await opened(router)
    assert (await refused(router, SERVICE + method, message, THIEF))[:2] == ("PERMISSION_DENIED", "NOT_THE_OWNER")
    assert (await refused(router, SERVICE + method, message, ADA))[:2] == ("PERMISSION_DENIED", "ROLE_MISSING")


async def test_others_see_what_they_were_granted_and_nothing_else(router: Router) -> None:
    await opened(router)
    request = pb.GetBudgetRequest(key=pb.AccountKey(dataset=DATASET))
    method = f"{SERVICE}GetBudget"
    assert (await refused(router, method, request, EVE))[:2] == ("NOT_FOUND", "UNKNOWN_ACCOUNT")
    await opened(router, cap("elsewhere"), cap("charite"))
    assert (await budget(router, EVE)).epsilon == EPSILON
    request.key.tenant = "charite"
    assert (await refused(router, method, request, EVE))[:2] == ("NOT_FOUND", "UNKNOWN_ACCOUNT")


async def test_a_frozen_account_answers_nothing_until_it_goes_on(router: Router) -> None:
    await opened(router)
    key = pb.AccountKey(dataset=DATASET)
    await call(router, f"{SERVICE}Freeze", pb.FreezeRequest(key=key, reason="an inquiry"), OWNER)
    assert (await budget(router)).frozen == "an inquiry"
    code, reason, kinds = await refused(router, INFER, question(), ADA)
    assert (code, reason, "PreconditionFailure" in kinds) == ("FAILED_PRECONDITION", "ACCOUNT_FROZEN", True)
    await call(router, f"{SERVICE}Freeze", pb.FreezeRequest(key=key), OWNER)
    await asked(router, question())


async def test_a_lowered_limit_grants_nothing_more(router: Router) -> None:
    await opened(router)
    await asked(router, question())
    lower = pb.SetPolicyRequest(key=pb.AccountKey(dataset=DATASET), epsilon=epsilon_of(MECHANISM, DELTA))
    await call(router, f"{SERVICE}SetPolicy", lower, OWNER)
    assert (await refused(router, INFER, question(6.0), ADA))[1] == "PRIVACY_BUDGET_SPENT"


async def test_a_quoted_mechanism_is_affordable_as_often_as_it_says(router: Router) -> None:
    await opened(router)
    request = pb.QuoteCostRequest(key=pb.AccountKey(dataset=DATASET))
    request.mechanism.gaussian.noise_multiplier = MECHANISM.noise_multiplier
    quoted = pb.QuoteCostResponse.FromString(await call(router, f"{SERVICE}QuoteCost", request, ADA))
    assert quoted.cost_picorho == COST
    assert quoted.affordable_count == limit_in_picorho(EPSILON, DELTA, None) // COST
    request.mechanism.gaussian.noise_multiplier = -1.0
    assert (await refused(router, f"{SERVICE}QuoteCost", request, ADA))[0] == "INVALID_ARGUMENT"


async def test_dp_sgd_is_quoted_by_an_account_at_one_order_and_refused_by_one_for_replacement(router: Router) -> None:
    request = pb.QuoteCostRequest(key=pb.AccountKey(dataset=DATASET))
    sampled = request.mechanism.subsampled_gaussian
    sampled.noise_multiplier, sampled.rate, sampled.step_count = 2.0, 0.01, 100
    await opened(router, opening(4.0, order=16.0))
    quoted = pb.QuoteCostResponse.FromString(await call(router, f"{SERVICE}QuoteCost", request, ADA))
    assert quoted.affordable_count > 0
    request.key.dataset = "charite/replaced"
    replaced = opening(key=request.key, adjacency=pb.ADJACENCY_REPLACE)
    await opened(router, replaced)
    assert (await refused(router, f"{SERVICE}QuoteCost", request, ADA))[0] == "INVALID_ARGUMENT"


async def test_the_auditor_reads_every_release_page_by_page(router: Router) -> None:
    await opened(router, opening(), cap("elsewhere"))
    for x, who in enumerate((ADA, EVE, ADA)):
        await asked(router, question(x), who)
    seen, token = [], ""
    while True:
        request = pb.ListReleasesRequest(dataset=DATASET, page_size=2, page_token=token)
        page = pb.ListReleasesResponse.FromString(await call(router, f"{SERVICE}ListReleases", request, AUDITOR))
        seen += page.releases
        token = page.next_page_token
        if not token:
            break
    assert [release.tenant for release in seen] == ["charite", "elsewhere", "charite"]
    assert {release.event.encode() for release in seen} == {encode(EVENT)}
    assert [charge.cost_picorho for charge in seen[1].charges] == [COST, COST]


async def test_a_ledger_that_fails_lets_nothing_out(router: Router) -> None:
    await opened(router)
    await asked(router, question())
    await router.ledger.close()
    code, reason, kinds = await refused(router, INFER, question(6.0), ADA)
    assert (code, reason, "RetryInfo" in kinds) == ("UNAVAILABLE", "LEDGER_UNAVAILABLE", True)


async def test_every_account_of_a_repeatable_story_adds_up(router: Router) -> None:
    await opened(router, opening(), cap("elsewhere"), cap("elsewhere", "eve", 0.5))
    for x in range(3):
        await asked(router, question(x), EVE)
    keys = (AccountKey(DATASET), AccountKey(DATASET, "elsewhere"), AccountKey(DATASET, "elsewhere", "eve"))
    assert [(await router.ledger.balance(key)).spent for key in keys] == [3 * COST] * 3
    assert await router.ledger.verify() == ()


@pytest.mark.parametrize("share", [1.0, 0.99])
async def test_an_answer_that_costs_more_than_the_owner_allows_is_refused_before_it_is_asked(
    tmp_path: Path, share: float
) -> None:
    most = {DATASET: share * epsilon_of(MECHANISM, DELTA)}
    async with running(tmp_path, RouterOptions(specs={**SPECS, "echo": PRIVATE}, epsilon_per_answer=most)) as router:
        await opened(router)
        if share == 1.0:
            await asked(router, question())
        else:
            assert (await refused(router, INFER, question(), ADA))[:2] == ("INVALID_ARGUMENT", "TOO_COSTLY")
            assert router.echo.batches == []
