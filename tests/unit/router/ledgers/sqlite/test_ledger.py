"""The SQLite ledger beyond the contract: the file, its failures, and who shares it."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
import stat
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from router.ledgers.books import Books
from router.ledgers.contract import Account, AccountKey, Fresh, Reservation, Token
from router.ledgers.errors import InProgress, LedgerUnavailable
from router.ledgers.sqlite.ledger import SqliteLedger, open_sqlite_ledger
from router.ledgers.sqlite.schema import Durability, connect
from router.ledgers.sqlite.turn import Turn
from router.ledgers.sqlite.verify import verify_file

WARD = AccountKey("ward")
ACCOUNT = Account(WARD, "patient", "replace", 1.0, 1e-6, 1000)


def asking(request_id: str, cost: int = 10, event: bytes = b"event") -> Reservation:
    return Reservation("clinic", request_id, b"hash", ((WARD, cost),), event, "worker", 1000.0)


async def reserved(ledger: SqliteLedger, request_id: str) -> Token:
    outcome = await ledger.reserve(asking(request_id), 1.0)
    assert isinstance(outcome, Fresh)
    return outcome.token


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
async def ledger(file: Path) -> AsyncIterator[SqliteLedger]:
    ledger = await open_sqlite_ledger(file, patience_s=0.05)
    await ledger.open(ACCOUNT, 0.0)
    yield ledger
    await ledger.close()


async def test_every_file_of_the_ledger_is_for_this_user_alone(ledger: SqliteLedger, file: Path) -> None:
    await reserved(ledger, "a")
    names = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    assert names == {f"ledger.sqlite{end}": 0o600 for end in ("", "-wal", "-shm", "-turn")}


async def test_the_log_cannot_be_changed_through_sql(ledger: SqliteLedger, file: Path) -> None:
    with closing(sqlite3.connect(file)) as stranger:
        for statement in ("UPDATE event SET body = x'00'", "DELETE FROM event"):
            with pytest.raises(sqlite3.IntegrityError, match="events never"):
                stranger.execute(statement)


async def test_what_was_changed_behind_the_log_is_found(ledger: SqliteLedger, file: Path) -> None:
    await reserved(ledger, "a")
    with closing(sqlite3.connect(file, isolation_level=None)) as stranger:
        stranger.execute("UPDATE account SET spent_picorho = 11")
    (found,) = await ledger.verify()
    assert found.what == "account 1"
    assert "spent=11" in found.stored
    assert "spent=10" in found.recounted
    assert (await ledger.balance(WARD)).spent == 11  # nothing is believed from before: it is read again


async def test_an_event_that_cannot_be_read_makes_the_file_unfit(ledger: SqliteLedger, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as stranger:
        stranger.execute("INSERT INTO event (body) VALUES (x'00')")
    with pytest.raises(LedgerUnavailable, match="event 2"):
        await ledger.verify()


async def test_a_file_that_is_not_there_is_not_verified(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable):
        verify_file(tmp_path / "nothing.sqlite", 1.0)


@pytest.mark.parametrize("durability", list(Durability))
def test_the_durability_asked_for_is_in_force(file: Path, durability: Durability) -> None:
    with closing(connect(file, durability, 1.0)) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (durability.value,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_a_newer_file_a_strange_one_and_a_missing_folder_are_refused(file: Path) -> None:
    await (await open_sqlite_ledger(file)).close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 2")
    with pytest.raises(LedgerUnavailable, match="version 2"):
        await open_sqlite_ledger(file)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA application_id = 1")
    with pytest.raises(LedgerUnavailable, match="some other database"):
        await open_sqlite_ledger(file)
    with pytest.raises(LedgerUnavailable, match="No such file"):
        await open_sqlite_ledger(file.parent / "nowhere" / "ledger.sqlite")


def test_what_is_no_database_is_refused(file: Path) -> None:
    file.write_bytes(b"not a database at all, and long enough to be seen as such by anyone" * 20)
    with pytest.raises(LedgerUnavailable, match="not a database"):
        asyncio.run(open_sqlite_ledger(file))


async def test_a_ledger_that_somebody_else_locks_fails_closed_and_recovers(ledger: SqliteLedger, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerUnavailable, match="locked"):
            await ledger.reserve(asking("a"), 1.0)
    assert (await ledger.balance(WARD)).spent == 0
    await reserved(ledger, "a")


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """As a failing disk: a write beyond it is an error (Python ignores the signal that would come with it)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_after_a_failed_write_nothing_is_answered_until_the_file_is_opened_anew(file: Path) -> None:
    ledger = await open_sqlite_ledger(file)
    await ledger.open(ACCOUNT, 0.0)
    token = await reserved(ledger, "a")
    log_size = file.with_name("ledger.sqlite-wal").stat().st_size
    with no_file_longer_than(log_size), pytest.raises(LedgerUnavailable, match="SQLite"):
        await ledger.release(token, b"answer", 2.0)
    for attempt in (ledger.reserve(asking("b"), 1.0), ledger.balance(WARD), ledger.settle(token, (), 3.0)):
        with pytest.raises(LedgerUnavailable, match="SQLite"):
            await attempt
    await ledger.close()
    ledger = await open_sqlite_ledger(file)
    with pytest.raises(InProgress):  # not released: the answer did not leave
        await ledger.reserve(asking("a"), 3.0)
    assert (await ledger.balance(WARD)).spent == 10
    assert await ledger.verify() == ()
    await ledger.close()


async def test_one_refused_operation_does_not_spoil_the_others_of_its_transaction(ledger: SqliteLedger) -> None:
    outcomes = await asyncio.gather(
        *(ledger.reserve(asking(f"request {number}", 300), 1.0) for number in range(6)), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["BudgetSpent"] * 3 + ["Fresh"] * 3
    assert (await ledger.balance(WARD)).spent == 900


async def test_a_request_given_up_before_its_transaction_costs_nothing(file: Path) -> None:
    ledger = await open_sqlite_ledger(file, patience_s=30.0)
    await ledger.open(ACCOUNT, 0.0)
    turn = Turn(file.with_name("ledger.sqlite-turn"), 30.0, time.monotonic, time.sleep)
    with turn.taken():  # so that no transaction begins
        waiting = asyncio.ensure_future(ledger.reserve(asking("a"), 1.0))
        await asyncio.sleep(0)  # until it is queued
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    turn.close()
    assert (await ledger.balance(WARD)).spent == 0
    await ledger.close()


async def test_a_settlement_that_nothing_follows_is_written_after_a_while(file: Path) -> None:
    ledger = await open_sqlite_ledger(file, idle_flush_s=0.01)
    other = await open_sqlite_ledger(file)
    await ledger.open(ACCOUNT, 0.0)
    token = await reserved(ledger, "a")
    await ledger.release(token, b"answer", 2.0)
    await ledger.settle(token, ((WARD, 1),), 3.0)
    async with asyncio.timeout(30):
        while (await other.balance(WARD)).spent != 1:
            pass
    await ledger.close()
    await other.close()


async def test_a_settlement_is_written_when_the_ledger_closes(file: Path) -> None:
    ledger = await open_sqlite_ledger(file, idle_flush_s=3600.0)
    await ledger.open(ACCOUNT, 0.0)
    token = await reserved(ledger, "a")
    await ledger.release(token, b"answer", 2.0)
    await ledger.settle(token, ((WARD, 1),), 3.0)
    await ledger.close()
    ledger = await open_sqlite_ledger(file)
    assert (await ledger.balance(WARD)).spent == 1
    await ledger.close()


async def test_what_is_queued_when_the_ledger_closes_is_answered(file: Path) -> None:
    ledger = await open_sqlite_ledger(file)
    await ledger.open(ACCOUNT, 0.0)
    asked = [asyncio.ensure_future(ledger.reserve(asking(f"request {number}"), 1.0)) for number in range(20)]
    await asyncio.sleep(0)
    await ledger.close()
    assert all(isinstance(outcome, Fresh) for outcome in await asyncio.gather(*asked))


class Faulty:
    """An operation with an error of our own, after it has changed something."""

    def apply(self, books: Books) -> None:
        sheet = books.find_account(WARD)
        assert sheet is not None
        sheet.spent = 1
        books.account_changed(sheet)
        raise ZeroDivisionError


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_an_error_of_our_own_ends_the_ledger_and_leaves_nobody_waiting(file: Path) -> None:
    ledger = await open_sqlite_ledger(file)
    await ledger.open(ACCOUNT, 0.0)
    asked = [ledger._do(Faulty()), ledger.reserve(asking("a"), 1.0), ledger.balance(WARD)]
    for outcome in await asyncio.gather(*asked, return_exceptions=True):
        assert isinstance(outcome, LedgerUnavailable)
    with pytest.raises(LedgerUnavailable, match="error of our own"):
        await ledger.balance(WARD)
    await ledger.close()
    ledger = await open_sqlite_ledger(file)
    assert (await ledger.balance(WARD)).spent == 0
    await ledger.close()


async def test_large_events_and_answers_come_back_whole(ledger: SqliteLedger) -> None:
    event, answer = bytes(range(256)) * 256, bytes(range(256)) * 4096
    outcome = await ledger.reserve(asking("a", event=event), 1.0)
    assert isinstance(outcome, Fresh)
    await ledger.release(outcome.token, answer, 2.0)
    (release,) = await ledger.releases("ward")
    assert release.event == event
    stored = await ledger.reserve(asking("a", event=event), 3.0)
    assert not isinstance(stored, Fresh)
    assert stored.answer == answer
