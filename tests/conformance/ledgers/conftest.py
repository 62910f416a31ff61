"""Every test of this folder runs over every store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from router.ledgers.contract import Ledger
from tests.conformance.ledgers.stores import SITES, Site
from tests.support import postgres


@pytest.fixture(scope="session", autouse=True)
def database_server() -> Iterator[None]:
    """Started by whoever needs it first, ended here."""
    yield
    postgres.end_shared()


@pytest.fixture(params=SITES, ids=lambda site: site.__name__)
async def site(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Site]:
    store: Site = request.param(tmp_path)
    yield store
    await store.close()


@pytest.fixture
async def ledger(site: Site) -> Ledger:
    return await site.handle()
