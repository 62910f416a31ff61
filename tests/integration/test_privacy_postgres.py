"""Private answers paid for in PostgreSQL, by leases: the settings of a cluster, on one machine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from router.ledgers.contract import AccountKey, Balance
from router.ledgers.postgres.ledger import open_postgres_ledger
from tests.support.installation import Installation, short_folder
from tests.support.plate import DATASET, ask, token
from tests.support.postgres import Server

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def database() -> Iterator[Server]:
    server = Server()
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="module")
def faraday(database: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    secret: Path = tmp_path_factory.mktemp("secret") / "postgres"
    secret.touch(mode=0o600)
    secret.write_text(database.conninfo(database.lend()))
    settings = {
        "FARADAY_PRIVACY__POSTGRES_FILE": str(secret),
        "FARADAY_PRIVACY__LEASED": json.dumps([DATASET]),
        "FARADAY_PRIVACY__HOST": "here",
        "FARADAY_PRIVACY__DATASETS": json.dumps({DATASET: {"unit": "client", "epsilon": 4.0, "delta": 1e-6}}),
    }
    made = Installation(short_folder(), settings)
    made.up()
    yield made
    made.remove()


def test_what_the_host_charges_is_spent_in_the_cluster(faraday: Installation, database: Server) -> None:
    said = ask(faraday, token(faraday, "demo"), 1.0)
    assert said["faraday.privacy"] == "charged"
    assert central(faraday).spent > 0
    shown = faraday.cli("budget", "show", DATASET)
    assert "of 4 spent" in shown.out, shown.err


def test_what_was_leased_and_not_used_is_given_back_at_the_end(faraday: Installation) -> None:
    leased = central(faraday).spent
    faraday.down()
    assert 0 < central(faraday).spent < leased


def central(faraday: Installation) -> Balance:
    """The account as PostgreSQL has it, leases included."""
    conninfo = Path(faraday.environment["FARADAY_PRIVACY__POSTGRES_FILE"]).read_text()

    async def read() -> Balance:
        ledger = await open_postgres_ledger(conninfo)
        try:
            return await ledger.balance(AccountKey(DATASET))
        finally:
            await ledger.close()

    return asyncio.run(read())
