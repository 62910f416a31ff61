"""A database that is made, brought up to date, or refused."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from router.ledgers.errors import LedgerUnavailable
from router.ledgers.postgres.leases import Terms
from router.ledgers.postgres.ledger import open_postgres_ledger
from router.ledgers.postgres.schema import VERSION
from tests.conformance.ledgers.examples import WARD, account, asking, reserved
from tests.support.postgres import Server


async def test_many_routers_may_start_at_once_on_an_empty_database(database: str) -> None:
    ledgers = await asyncio.gather(*(open_postgres_ledger(database) for _ in range(6)))
    await asyncio.gather(*(ledger.open(account(WARD), 0.0) for ledger in ledgers))
    assert await ledgers[0].verify() == ()
    for ledger in ledgers:
        await ledger.close()


async def test_a_newer_version_is_refused(database: str) -> None:
    await (await open_postgres_ledger(database)).close()
    _execute(database, "UPDATE faraday_ledger.version SET version = version + 1")
    with pytest.raises(LedgerUnavailable, match=f"of version {VERSION + 1}, and this is version {VERSION}"):
        await open_postgres_ledger(database)


@pytest.mark.parametrize("statement", ["UPDATE {} SET body = '{{}}'", "DELETE FROM {}", "TRUNCATE {}"])
async def test_events_never_change_and_never_go(database: str, statement: str) -> None:
    ledger = await open_postgres_ledger(database)
    await ledger.open(account(WARD), 0.0)
    with pytest.raises(psycopg.errors.RaiseException, match="events never change"):
        _execute(database, statement.format("faraday_ledger.event"))
    await ledger.close()


async def test_a_sum_that_was_changed_by_hand_is_found(database: str) -> None:
    ledger = await open_postgres_ledger(database)
    await ledger.open(account(WARD), 0.0)
    await reserved(ledger, asking("a"))
    _execute(database, "UPDATE faraday_ledger.account SET spent_picorho = 3, reserved_picorho = 3")
    (found,) = await ledger.verify()
    assert "spent=3" in found.stored
    assert "spent=10" in found.recounted
    await ledger.close()


async def test_a_lease_that_was_changed_by_hand_is_found(database: str) -> None:
    ledger = await open_postgres_ledger(database)
    await ledger.open(account(WARD), 0.0)
    await ledger.lease(WARD, "a host", 10, Terms(share=4, small=1000), 1.0)
    _execute(database, "UPDATE faraday_ledger.lease SET held_picorho = 90")
    (found,) = await ledger.verify()
    assert (found.stored, found.recounted) == ("90", "10")
    await ledger.close()


async def test_other_settings_of_the_database_are_overruled(server: Server, database: str) -> None:
    """A database may be set up to be fast rather than durable, or to see less than what is committed."""
    name = psycopg.conninfo.conninfo_to_dict(database)["dbname"]
    for setting in ("synchronous_commit = off", "default_transaction_isolation = 'repeatable read'"):
        server.execute(f"ALTER DATABASE {name} SET {setting}")
    ledger = await open_postgres_ledger(database)
    await ledger.open(account(WARD), 0.0)
    # A trigger sees what holds in the transaction that writes.
    _execute(
        database,
        "CREATE TABLE faraday_ledger.seen (flush text, isolation text);"
        "CREATE FUNCTION faraday_ledger.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        "  INSERT INTO faraday_ledger.seen"
        "  VALUES (current_setting('synchronous_commit'), current_setting('transaction_isolation')); RETURN NULL;"
        "END $$;"
        "CREATE CONSTRAINT TRIGGER see AFTER INSERT ON faraday_ledger.event DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION faraday_ledger.see()",
    )
    await reserved(ledger, asking("a"))
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT * FROM faraday_ledger.seen").fetchall() == [("on", "read committed")]
    await ledger.close()
    server.execute(f"ALTER DATABASE {name} RESET ALL")


def _execute(database: str, statements: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(statements.encode(), prepare=False)
