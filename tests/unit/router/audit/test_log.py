"""Writing the log: what is durable when, who shares it, and what a crash leaves."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from router.audit.errors import SubjectKeyUnusable, UnknownSubject
from router.audit.event import AuditEvent, Kind
from router.audit.log import AuditLog
from router.audit.reading import read_newest
from router.audit.sealing import ActorPart, HolderPart, Opened
from router.audit.subject_keys import write_master_key
from router.ledgers.errors import LedgerUnavailable
from router.ledgers.sqlite.turn import Turn
from router.secret_files import SecretUnusable
from tests.support.eventually import until
from tests.unit.router.audit.place import INTERVAL, Place, charge, forger

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path).prepare()


@pytest.fixture
async def log(place: Place) -> AsyncIterator[AuditLog]:
    log = await place.open()
    yield log
    await log.close(99.0)


def actors(parts: tuple[Opened | None, ...]) -> list[str | None]:
    """Who each part is of, or None."""
    return [None if part is None else part.actor if isinstance(part, ActorPart) else part.holder for part in parts]


async def test_what_is_recorded_can_be_read_while_the_log_is_open(place: Place, log: AuditLog) -> None:
    await log.record(charge(1), charge(2, kind=Kind.RELEASED))
    newest, oldest = place.read()
    assert (newest.sequence, newest.event.kind, newest.event.dataset) == (2, Kind.RELEASED, "ward")
    assert oldest.parts == (ActorPart("clinic/ada", "llm.notes", "r1", 7, None, 0.5, 1e-6),)
    assert place.verify().events == 2


async def test_events_of_one_call_are_recorded_together_or_not_at_all(place: Place, log: AuditLog) -> None:
    await log.record(charge(1, "clinic/bob"))
    (keyfile,) = place.keys_folder.glob("*.key")
    await log.record(charge(2))
    keyfile.write_bytes(b"damaged")
    with pytest.raises(SubjectKeyUnusable, match=r"\.key"):
        await log.record(charge(3), charge(4, "clinic/bob"))
    assert place.verify().events == 2
    await log.record(charge(5))
    assert place.verify().events == 3


async def test_what_is_noted_is_written_soon_and_in_order(place: Place, log: AuditLog) -> None:
    for n in range(1, 6):
        log.note(charge(n))
    await log.record(charge(6))
    assert [reading.event.at for reading in place.read()] == [6.0, 5.0, 4.0, 3.0, 2.0, 1.0]


async def test_what_is_noted_is_written_though_nothing_follows(place: Place, log: AuditLog) -> None:
    log.note(charge(1))
    log.note(charge(2))
    await until(lambda: place.verify().events == 2, timeout_s=20.0)


async def test_what_is_noted_last_is_written_by_the_end(place: Place) -> None:
    log = await place.open()
    log.note(charge(1))
    await log.close(99.0)
    assert place.verify().events == place.verify().signed == 1


async def test_what_was_noted_and_could_not_be_written_holds_up_all_that_follows(place: Place) -> None:
    log = await place.open()
    await log.record(charge(1, "clinic/bob"))
    (keyfile,) = place.keys_folder.glob("*.key")
    good = keyfile.read_bytes()
    keyfile.write_bytes(b"damaged")
    log.note(charge(2, "clinic/bob"))
    with pytest.raises(SubjectKeyUnusable):
        await log.record(charge(3))
    keyfile.write_bytes(good)
    await log.record(charge(4))
    await log.close(99.0)
    assert [reading.event.at for reading in place.read()] == [4.0, 2.0, 1.0]


async def test_a_caller_that_is_cancelled_is_recorded_all_the_same(place: Place, log: AuditLog) -> None:
    caller = asyncio.ensure_future(log.record(charge(1)))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await log.record(charge(2))
    assert place.verify().events == 2


async def test_what_is_fixed_at_the_beginning_stays_when_it_is_opened_again(place: Place) -> None:
    first = await place.written([charge(1)])
    second = await place.written([charge(2)])
    assert (second.log, second.sequence) == (first.log, 2)
    assert place.verify(first, second).fault is None


async def test_a_closed_log_says_so(place: Place) -> None:
    log = await place.open()
    await log.close(99.0)
    with pytest.raises(LedgerUnavailable, match="closed"):
        await log.record(charge(1))
    with pytest.raises(LedgerUnavailable, match="closed"):
        log.note(charge(1))


async def test_every_file_is_for_this_user_alone(place: Place, log: AuditLog) -> None:
    await log.record(charge(1))
    public = {"signing.pem.pub"}
    files = [path for path in place.folder.rglob("*") if path.is_file() and path.name not in public]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(place.keys_folder.stat().st_mode) == 0o700


async def test_no_file_names_a_person_a_model_or_a_request(place: Place) -> None:
    said = ("charité/ada-lovelace", "charité/bob-analyst", "llm.discharge-notes", "request-0815", "data under review")
    actor, holder, model, request_id, reason = said
    event = AuditEvent(Kind.FROZEN, 1.0, "ward", actor, holder, model, request_id, reason=reason)
    await place.written([event])
    assert place.read()[0].parts == (
        ActorPart(actor, model=model, request_id=request_id, reason=reason),
        HolderPart(holder),
    )
    for path in place.folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for text in said:
            for word in text.split("/"):
                assert word.encode() not in content, path
                assert word not in path.name


async def test_the_tables_cannot_be_changed_through_sql(place: Place) -> None:
    await place.written([charge(1)])
    with closing(sqlite3.connect(place.file)) as stranger:
        for table in ("log", "event", "checkpoint"):
            for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET rowid = 7"):
                with pytest.raises(sqlite3.IntegrityError, match="never"):
                    stranger.execute(statement)


class TestForgetting:
    async def test_a_forgotten_person_cannot_be_read_and_the_chain_holds(self, place: Place, log: AuditLog) -> None:
        await log.record(charge(1), charge(2, "clinic/bob"), charge(3))
        held = await log.checkpoint(4.0)
        await log.forget("clinic/ada", "clinic/owner", 5.0)
        readings = {reading.sequence: reading for reading in place.read()}
        assert [actors(readings[n].parts) for n in (1, 2, 3)] == [[None], ["clinic/bob"], [None]]
        assert place.verify(held).fault is None
        condemned, destroyed = readings[4], readings[5]
        assert (condemned.event.kind, destroyed.event.kind) == (Kind.KEY_CONDEMNED, Kind.KEY_DESTROYED)
        assert condemned.event.destroys == destroyed.event.destroys == readings[1].event.parts[0].key
        assert actors(condemned.parts) == actors(destroyed.parts) == ["clinic/owner"]

    async def test_another_handle_that_had_the_key_open_uses_it_no_more(self, place: Place, log: AuditLog) -> None:
        await log.record(charge(1))
        other = await place.open()
        await other.forget("clinic/ada", "clinic/owner", 2.0)
        await other.close(3.0)
        await log.record(charge(4))  # she came again, and has a key of her own again
        newest, *_, oldest = place.read()
        assert actors(newest.parts) == ["clinic/ada"]
        assert actors(oldest.parts) == [None]
        assert newest.event.parts[0].key != oldest.event.parts[0].key

    async def test_either_person_of_an_event_is_forgotten_without_the_other(self, place: Place, log: AuditLog) -> None:
        await log.record(replace(charge(1, "clinic/owner", kind=Kind.LIMIT_SET), holder="clinic/ada", limit=9))
        assert place.read()[0].parts[1] == HolderPart("clinic/ada")
        await log.forget("clinic/ada", "clinic/owner", 2.0)
        assert actors(place.read()[-1].parts) == ["clinic/owner", None]

    async def test_who_forgets_themselves_is_named_nowhere(self, place: Place, log: AuditLog) -> None:
        await log.record(charge(1))
        await log.forget("clinic/ada", "clinic/ada", 2.0)
        assert [actors(reading.parts) for reading in place.read()] == [[], [], [None]]
        assert list(place.keys_folder.glob("*.key")) == []

    async def test_an_unknown_person_and_a_forgotten_one_are_told_alike(self, place: Place, log: AuditLog) -> None:
        await log.record(charge(1))
        await log.forget("clinic/ada", "clinic/owner", 2.0)
        for person in ("clinic/ada", "clinic/nobody"):
            with pytest.raises(UnknownSubject, match=person):
                await log.forget(person, "clinic/owner", 3.0)

    async def test_a_damaged_key_can_be_destroyed_and_its_person_goes_on(self, place: Place, log: AuditLog) -> None:
        await log.record(charge(1))
        (keyfile,) = place.keys_folder.glob("*.key")
        keyfile.write_bytes(b"damaged")
        await log.forget("clinic/ada", "clinic/owner", 2.0)
        await log.record(charge(3))
        assert place.read()[1].event.destroys == b""
        assert place.verify().fault is None

    async def test_two_who_forget_the_same_person_at_once_destroy_one_key(self, place: Place, log: AuditLog) -> None:
        await log.record(charge(1))
        asked = [log.forget("clinic/ada", "clinic/owner", 2.0) for _ in range(2)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [type(None), UnknownSubject]
        kinds = [reading.event.kind for reading in place.read()]
        assert kinds.count(Kind.KEY_DESTROYED) == 1

    async def test_a_back_up_of_the_log_is_forgotten_along(self, place: Place, log: AuditLog) -> None:
        await log.record(charge(1))
        with closing(sqlite3.connect(place.file)) as source, closing(sqlite3.connect(place.folder / "old")) as backup:
            source.backup(backup)
        await log.forget("clinic/ada", "clinic/owner", 2.0)
        (reading,) = read_newest(place.folder / "old", place.keys(), 1.0, 10)
        assert actors(reading.parts) == [None]


class TestTampering:
    @pytest.mark.parametrize(
        "forgery",
        [
            f"UPDATE event SET body = x'00' WHERE sequence = {INTERVAL + 2}",
            f"DELETE FROM event WHERE sequence = {INTERVAL + 1}",
            f"DELETE FROM event WHERE sequence >= {INTERVAL}",
            "DELETE FROM event",
            "DELETE FROM log",
            "UPDATE log SET began = 7.0",
            "UPDATE checkpoint SET body = x'00'",
        ],
    )
    async def test_nothing_is_added_to_a_log_whose_end_was_forged(self, place: Place, forgery: str) -> None:
        await place.written([charge(n) for n in range(1, INTERVAL + 3)])
        with forger(place.file) as forged:
            forged.execute("DELETE FROM checkpoint WHERE sequence > ?", (INTERVAL,))
            if "log" in forgery:
                forged.execute("DELETE FROM checkpoint")
            forged.execute(forgery)
        with pytest.raises(LedgerUnavailable, match="damaged"):
            await place.open()

    async def test_a_running_router_notices_that_its_file_was_taken_back(self, place: Place) -> None:
        log = await place.open()
        await log.record(charge(1), charge(2))
        with forger(place.file) as forged:
            forged.execute("DELETE FROM event WHERE sequence = 2")
        with pytest.raises(LedgerUnavailable, match="gone or changed"):
            await log.record(charge(3))
        with pytest.raises(LedgerUnavailable, match="gone or changed"):
            await log.close(4.0)

    async def test_the_keys_of_another_master_key_are_not_added_to(self, place: Place) -> None:
        await place.written([charge(1)])
        (place.folder / "master.key").unlink()
        write_master_key(place.folder / "master.key", os.urandom)
        with pytest.raises(SecretUnusable, match="another master key"):
            await place.open()


async def test_where_no_turn_comes_nothing_is_said_to_be_recorded(place: Place) -> None:
    log = await place.open(patience_s=0.05)
    turn = Turn(place.file.with_name("audit.sqlite-turn"), 30.0, time.monotonic, time.sleep)
    with closing(turn), turn.taken():
        log.note(charge(1))
        with pytest.raises(LedgerUnavailable, match="another process"):
            await log.record(charge(2))
    await log.record(charge(3))
    await log.close(4.0)
    assert [reading.event.at for reading in place.read()] == [3.0, 1.0], (
        "what was noted was kept, what was told was not"
    )


WRITE = """
import asyncio, sys
from pathlib import Path
from tests.support.eventually import until
from tests.unit.router.audit.place import Place, charge

async def write(folder, name, count):
    log = await Place(Path(folder)).open()
    for n in range(1, count + 1):
        await log.record(charge(n, name))
        print(n, flush=True)
    await log.close(1.0)

asyncio.run(write(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def writer(place: Place, name: str, count: int) -> subprocess.Popen[str]:
    """A process of its own that says each event's number when it is durable."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITE, str(place.folder), name, str(count)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def told(place: Place, name: str) -> list[int]:
    """The numbers of `name`'s events, in the order of the log."""
    found = [reading.event.at for reading in reversed(place.read()) if actors(reading.parts) == [name]]
    return [int(at) for at in found]


def test_two_processes_write_one_chain(place: Place) -> None:
    asyncio.run(place.written([]))
    names, count = ("clinic/ada", "clinic/bob"), 60
    running = [writer(place, name, count) for name in names]
    assert [process.communicate()[0].count("\n") for process in running] == [count, count]
    verdict = place.verify()
    assert (verdict.fault, verdict.events, verdict.signed) == (None, 2 * count, 2 * count)
    assert all(told(place, name) == list(range(1, count + 1)) for name in names)


def test_a_log_whose_writer_was_killed_holds_all_that_was_durable_and_goes_on(place: Place) -> None:
    asyncio.run(place.written([]))
    acknowledged = 0
    for kill in (1, 3, 9, 27):
        before = place.verify().events
        process = writer(place, "clinic/ada", 10_000)
        assert process.stdout is not None
        with process.stdout as lines:
            for _ in range(kill):
                acknowledged = int(lines.readline())
            process.send_signal(signal.SIGKILL)
            acknowledged = max([acknowledged, *(int(line) for line in lines if line.endswith("\n"))])
        process.wait()
        verdict = place.verify()
        assert verdict.fault is None
        assert verdict.events >= before + acknowledged
    asyncio.run(place.written([charge(1)]))
    assert place.verify().fault is None


@pytest.mark.slow
def test_killed_at_any_moment_two_writers_leave_one_chain_that_lacks_nothing_they_were_told(place: Place) -> None:
    asyncio.run(place.written([]))
    chance = random.Random(0)
    durable: dict[str, int] = {}
    for round in range(25):
        names = [f"clinic/{round}-{letter}" for letter in "ab"]
        running = [writer(place, name, 10_000) for name in names]
        for process in running:
            assert process.stdout is not None
            for _ in range(chance.randrange(1, 40)):
                process.stdout.readline()
        for name, process in zip(names, running, strict=True):
            process.kill()
            lines = process.communicate()[0].split("\n")
            durable[name] = max((int(line) for line in lines[:-1]), default=0)
        assert place.verify().fault is None
    everything = place.read(1_000_000)
    for name, last in durable.items():
        found = [int(reading.event.at) for reading in everything if actors(reading.parts) == [name]]
        assert found == list(range(len(found), 0, -1)), "in order, without a hole"
        assert len(found) >= last
