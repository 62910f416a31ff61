"""PrivacyService as the client sees it, against a real router in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from faraday.client import AccountExists, Adjacency, Client, Forbidden, InvalidRequest, NotFound, Unit
from faraday.v1 import privacy_pb2 as pb
from models.base import Private
from models.fem import task as fem
from models.privacy.events import Event
from models.privacy.kinds import Gaussian
from models.privacy.neighbours import Adjacency as Relation
from models.privacy.neighbours import Unit as Protected
from router.call import Principal, Role
from tests.support.router import SPECS, Router, RouterOptions, running

DATASET = "charite/icu"
EVENT = Event(Gaussian(16.0), Protected.PATIENT, Relation.ADD_REMOVE)
EVERYTHING = Principal("olga", "charite", frozenset({Role.DATA_OWNER, Role.ANALYST, Role.AUDITOR}))
PRIVATE = replace(fem.SPEC, private=Private(dataset=lambda task: DATASET, worst_case=lambda task: EVENT))
T = TypeVar("T")


@pytest.fixture
async def router(tmp_path: Path) -> AsyncIterator[Router]:
    async with running(tmp_path, RouterOptions(specs={**SPECS, fem.SPEC.name: PRIVATE})) as router:
        yield router


async def on_a_thread(router: Router, use: Callable[[Client], T], principal: Principal = EVERYTHING) -> T:
    """The router serves on this loop, so the blocking client has to wait elsewhere."""

    def run() -> T:
        with Client(router.target, token=router.token(principal)) as client:
            return use(client)

    return await asyncio.to_thread(run)


def opened(client: Client) -> None:
    client.privacy.open_account(DATASET, epsilon=1.0, delta=1e-6, unit=Unit.PATIENT, block="2026Q3")


async def test_an_account_lives_its_life(router: Router) -> None:
    def life(client: Client) -> None:
        opened(client)
        budget = client.privacy.budget(DATASET)
        assert (budget.unit, budget.adjacency, budget.order) == (Unit.PATIENT, Adjacency.ADD_REMOVE, None)
        assert (budget.epsilon, budget.delta, budget.block, budget.epsilon_spent) == (1.0, 1e-6, "2026Q3", 0.0)
        assert str(budget) == "charite/icu (patient, add-remove): ε = 0 of 1 spent at δ = 1.0e-06"
        assert client.privacy.grant(DATASET, "elsewhere", epsilon=0.5).tenant == "elsewhere"
        assert client.privacy.set_limit(DATASET, epsilon=2.0).epsilon == 2.0
        assert client.privacy.freeze(DATASET, "an inquiry").frozen == "an inquiry"
        assert client.privacy.thaw(DATASET).frozen == ""

    await on_a_thread(router, life)


async def test_a_solution_from_private_records_says_what_it_cost_and_is_listed(router: Router) -> None:
    def ask(client: Client) -> None:
        from faraday.client import unit_square

        opened(client)
        quoted = client.fem.solve(unit_square(2), source=1.0, dirichlet=0.0, validate_only=True).evidence.privacy
        assert quoted is not None
        assert not quoted.charged
        paid = client.fem.solve(unit_square(2), source=1.0, dirichlet=0.0)
        assert np.isfinite(paid.values).all()
        assert paid.evidence.privacy is not None
        assert (paid.evidence.privacy.dataset, paid.evidence.privacy.charged) == (DATASET, True)
        assert paid.evidence.privacy.epsilon == quoted.epsilon
        (release,) = client.privacy.releases(DATASET)
        assert (release.tenant, release.cost_picorho) == ("charite", client.privacy.budget(DATASET).spent_picorho)

    await on_a_thread(router, ask)


async def test_many_releases_come_page_by_page(router: Router) -> None:
    def ask(client: Client) -> int:
        from faraday.client import unit_square

        client.privacy.open_account(DATASET, epsilon=50.0, delta=1e-6, unit=Unit.PATIENT)
        for x in range(101):
            client.fem.solve(unit_square(1), source=float(x), dirichlet=0.0)
        return len(list(client.privacy.releases(DATASET)))

    assert await on_a_thread(router, ask) == 101


async def test_a_mechanism_is_quoted(router: Router) -> None:
    def ask(client: Client) -> None:
        opened(client)
        mechanism = pb.Mechanism(gaussian=pb.Mechanism.Gaussian(noise_multiplier=16.0))
        quote = client.privacy.quote(DATASET, mechanism)
        assert quote.affordable_count == client.privacy.budget(DATASET).limit_picorho // quote.cost_picorho
        with pytest.raises(InvalidRequest):
            client.privacy.quote(DATASET, pb.Mechanism())

    await on_a_thread(router, ask)


async def test_each_no_has_its_type(router: Router) -> None:
    def ask(client: Client) -> None:
        with pytest.raises(NotFound):
            client.privacy.budget(DATASET)
        opened(client)
        with pytest.raises(AccountExists):
            client.privacy.open_account(DATASET, epsilon=9.0, delta=1e-6, unit=Unit.PATIENT)
        with pytest.raises(Forbidden):
            client.privacy.freeze("elsewhere/theirs", "mine now")

    await on_a_thread(router, ask)
