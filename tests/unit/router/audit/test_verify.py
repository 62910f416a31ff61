"""Finding whatever was done to a log. One log, written once; each case forges a copy of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.audit import checkpoint
from router.audit.chain import genesis, link
from router.audit.checkpoint import Checkpoint, Signer
from router.audit.schema import read_log
from router.audit.verify import Verdict, verify_file
from router.ledgers.errors import LedgerUnavailable
from router.minting import write_signing_key
from tests.unit.router.audit.place import INTERVAL, PATIENCE_S, Place, charge, forger

EVENTS = 10  # two checkpoints are due, at 4 and 8, and the log is closed with two more


class Written(NamedTuple):
    place: Place
    held: Checkpoint


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    place = Place(tmp_path_factory.mktemp("log")).prepare()
    return Written(place, asyncio.run(place.written([charge(n) for n in range(1, EVENTS + 1)])))


@pytest.fixture(scope="module")
def copy(written: Written, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a copy is forged; one after the other."""
    return tmp_path_factory.mktemp("copy") / "audit.sqlite"


def put(copy: Path, content: bytes) -> None:
    """In place of the copy before, whose readers leave a journal behind."""
    for old in copy.parent.iterdir():
        old.unlink()
    copy.write_bytes(content)


def judged(written: Written, copy: Path, forge: Callable[[sqlite3.Connection], object], hold: bool = True) -> Verdict:
    put(copy, written.place.file.read_bytes())
    with forger(copy) as connection:
        forge(connection)
    return verify_file(copy, written.place.public(), PATIENCE_S, [written.held] if hold else [])


def fault(verdict: Verdict) -> int | None:
    return verdict.fault.sequence if verdict.fault is not None else None


def test_what_nobody_touched_is_good(written: Written, copy: Path) -> None:
    verdict = judged(written, copy, lambda connection: None)
    assert verdict == Verdict(written.held.log, EVENTS, EVENTS, 5, None), "stored at 4, 8, 10, 10, and the held one"


def test_an_event_is_what_any_reader_of_the_design_would_hash(written: Written) -> None:
    """The chain computed here again, from the table alone."""
    connection = sqlite3.connect(written.place.file)
    before = genesis(read_log(connection))
    for sequence, body, stored in connection.execute("SELECT sequence, body, link FROM event ORDER BY sequence"):
        before = link(before, sequence, body)
        assert before == stored
    connection.close()
    assert before == written.held.link


@given(data=st.data())
@settings(deadline=None)
def test_a_flipped_bit_in_any_event_is_found_where_it_is(written: Written, copy: Path, data: st.DataObject) -> None:
    sequence = data.draw(st.integers(1, EVENTS))
    column = data.draw(st.sampled_from(("body", "link")))
    verdict = judged(written, copy, lambda forged: _flip(forged, "event", column, "sequence", sequence, data))
    assert fault(verdict) == sequence
    assert verdict.events == sequence - 1


@given(data=st.data())
@settings(deadline=None)
def test_a_flipped_bit_in_any_checkpoint_is_found(written: Written, copy: Path, data: st.DataObject) -> None:
    """But one that leaves the same JSON: a letter of a base64 text's end, which says nothing."""
    row = data.draw(st.integers(1, 4))
    put(copy, written.place.file.read_bytes())
    with forger(copy) as forged:
        query = f"SELECT body FROM checkpoint WHERE id = {row}"
        (before,) = forged.execute(query).fetchone()
        _flip(forged, "checkpoint", "body", "id", row, data)
        (after,) = forged.execute(query).fetchone()
    verdict = verify_file(copy, written.place.public(), PATIENCE_S, [written.held])
    try:
        same = checkpoint.decode(after) == checkpoint.decode(before)
    except ValueError:
        same = False
    assert same or fault(verdict) is not None


@pytest.mark.parametrize("column", ["id", "interval", "began"])
def test_a_changed_beginning_is_found(written: Written, copy: Path, column: str) -> None:
    value = {"id": b"x" * 16, "interval": INTERVAL + 1, "began": 1.0}[column]
    assert fault(judged(written, copy, lambda forged: forged.execute(f"UPDATE log SET {column} = ?", (value,)))) == 1


@pytest.mark.parametrize("value", [b"short", None])
def test_a_missing_beginning_is_found(written: Written, copy: Path, value: bytes | None) -> None:
    query = "DELETE FROM log" if value is None else "UPDATE log SET id = x'00'"
    assert fault(judged(written, copy, lambda forged: forged.execute(query))) == 1


@given(sequence=st.integers(1, EVENTS), renumbered=st.booleans())
@settings(deadline=None)
def test_a_dropped_event_is_found_where_it_was(written: Written, copy: Path, sequence: int, renumbered: bool) -> None:
    def forge(forged: sqlite3.Connection) -> None:
        forged.execute("DELETE FROM event WHERE sequence = ?", (sequence,))
        if renumbered:
            for later in range(sequence + 1, EVENTS + 1):
                forged.execute("UPDATE event SET sequence = ? WHERE sequence = ?", (later - 1, later))

    assert fault(judged(written, copy, forge)) == sequence


@given(pair=st.tuples(st.integers(1, EVENTS), st.integers(1, EVENTS)).filter(lambda pair: pair[0] < pair[1]))
@settings(deadline=None)
def test_two_events_that_changed_places_are_found_at_the_first(
    written: Written, copy: Path, pair: tuple[int, int]
) -> None:
    def forge(forged: sqlite3.Connection) -> None:
        for old, new in ((pair[0], -1), (pair[1], pair[0]), (-1, pair[1])):
            forged.execute("UPDATE event SET sequence = ? WHERE sequence = ?", (new, old))

    assert fault(judged(written, copy, forge)) == pair[0]


@given(sequence=st.integers(1, EVENTS), place=st.integers(1, EVENTS + 1))
@settings(deadline=None)
def test_a_repeated_event_is_found(written: Written, copy: Path, sequence: int, place: int) -> None:
    """Put in at `place`, with all later ones moved on; a copy beside its original shows one place later."""

    def forge(forged: sqlite3.Connection) -> None:
        body, stored = forged.execute("SELECT body, link FROM event WHERE sequence = ?", (sequence,)).fetchone()
        for later in range(EVENTS, place - 1, -1):
            forged.execute("UPDATE event SET sequence = ? WHERE sequence = ?", (later + 1, later))
        forged.execute("INSERT INTO event VALUES (?, ?, ?)", (place, body, stored))

    assert fault(judged(written, copy, forge)) == (place + 1 if place == sequence else place)


@given(left=st.integers(0, EVENTS - 1), checkpoints_too=st.booleans())
@settings(deadline=None)
def test_a_truncated_log_is_found_by_whoever_holds_a_checkpoint(
    written: Written, copy: Path, left: int, checkpoints_too: bool
) -> None:
    def forge(forged: sqlite3.Connection) -> None:
        forged.execute("DELETE FROM event WHERE sequence > ?", (left,))
        if checkpoints_too:
            forged.execute("DELETE FROM checkpoint WHERE sequence > ?", (left,))

    assert fault(judged(written, copy, forge)) == left + 1
    unheld = judged(written, copy, forge, hold=False)
    assert fault(unheld) == (None if checkpoints_too else left + 1), "the limit that the design names"
    assert unheld.signed == left - left % INTERVAL


@pytest.mark.parametrize("sequence", [4, 8])
def test_a_checkpoint_that_was_due_and_is_gone_is_missed(written: Written, copy: Path, sequence: int) -> None:
    verdict = judged(written, copy, lambda f: f.execute("DELETE FROM checkpoint WHERE sequence = ?", (sequence,)))
    assert fault(verdict) == sequence


@given(sequence=st.integers(1, EVENTS), hold=st.booleans())
@settings(deadline=None)
def test_a_history_that_is_retold_with_all_its_links_is_a_fork(
    written: Written, copy: Path, sequence: int, hold: bool
) -> None:
    """The forger computes every link anew and has no signing key: the first checkpoint at or after it says no."""
    verdict = judged(written, copy, lambda forged: _retell(forged, sequence), hold)
    assert fault(verdict) == min(place for place in (4, 8, 10) if place >= sequence)
    assert "forked" in str(verdict.fault)


def test_a_retold_history_with_checkpoints_of_another_key_is_found(
    written: Written, copy: Path, tmp_path: Path
) -> None:
    write_signing_key(tmp_path / "mallory.pem", os.urandom)
    mallory = checkpoint.read_signer(tmp_path / "mallory.pem")

    def forge(forged: sqlite3.Connection, signer: Signer = mallory) -> None:
        _retell(forged, 3)
        _sign_again(forged, signer)

    verdict = judged(written, copy, forge)
    assert fault(verdict) == 4 and "not trusted" in str(verdict.fault)
    impostor = Signer(written.held.kid, mallory.private)
    verdict = judged(written, copy, lambda forged: forge(forged, impostor))
    assert fault(verdict) == 4 and "signature" in str(verdict.fault)


def test_even_with_the_signing_key_what_somebody_holds_cannot_be_told_differently(written: Written, copy: Path) -> None:
    def forge(forged: sqlite3.Connection) -> None:
        _retell(forged, 3)
        _sign_again(forged, written.place.signer())

    assert fault(judged(written, copy, forge, hold=False)) is None, "the limit that the design names"
    assert fault(judged(written, copy, forge)) == EVENTS


async def test_a_log_that_was_begun_anew_does_not_extend_a_held_checkpoint(written: Written, tmp_path: Path) -> None:
    shutil.copytree(written.place.folder, tmp_path / "new")
    fresh = Place(tmp_path / "new")
    fresh.file.unlink()
    await fresh.written([charge(n) for n in range(1, EVENTS + 1)])
    assert fresh.verify().fault is None
    assert "another log" in str(fresh.verify(written.held).fault)


def test_a_held_checkpoint_that_is_forged_proves_nothing(written: Written) -> None:
    forged = Checkpoint(written.held.log, 3, b"l" * 32, 1.0, written.held.kid, b"s" * 64)
    assert "signature" in str(written.place.verify(forged).fault)


def test_every_later_log_extends_every_earlier_checkpoint(tmp_path: Path) -> None:
    async def grow() -> None:
        held = []
        for round in range(3):
            held.append(await place.written([charge(10 * round + n) for n in range(round)]))
            assert place.verify(*held).fault is None

    place = Place(tmp_path).prepare()
    asyncio.run(grow())
    assert place.verify().events == 3


@given(data=st.data())
@settings(deadline=None)
def test_a_flipped_bit_anywhere_in_the_file_is_found_or_changes_nothing(
    written: Written, copy: Path, data: st.DataObject
) -> None:
    whole = bytearray(written.place.file.read_bytes())
    position = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[position // 8] ^= 1 << position % 8
    put(copy, bytes(whole))
    try:
        verdict = verify_file(copy, written.place.public(), PATIENCE_S, [written.held])
    except LedgerUnavailable:
        return
    assert verdict.fault is not None or verdict == written.place.verify(written.held)


def test_a_file_that_is_no_log_is_not_judged(tmp_path: Path, written: Written) -> None:
    with pytest.raises(LedgerUnavailable):
        verify_file(tmp_path / "absent", written.place.public(), PATIENCE_S)
    sqlite3.connect(tmp_path / "other").close()
    with pytest.raises(LedgerUnavailable, match="no audit log"):
        verify_file(tmp_path / "other", written.place.public(), PATIENCE_S)


@pytest.mark.parametrize("body", [b"", b"\xff", b'{"format":"v2"}', b'{"format":' + b"[" * 100_000, b'{"format":"v1"}'])
def test_an_event_that_no_version_has_written_is_found_though_its_links_are_good(
    written: Written, copy: Path, body: bytes
) -> None:
    verdict = judged(written, copy, lambda forged: _retell(forged, 9, body), hold=False)
    assert fault(verdict) == 9
    assert "no version" in str(verdict.fault)


def _flip(forged: sqlite3.Connection, table: str, column: str, key: str, value: int, data: st.DataObject) -> None:
    (old,) = forged.execute(f"SELECT {column} FROM {table} WHERE {key} = ?", (value,)).fetchone()
    changed = bytearray(old)
    position = data.draw(st.integers(0, len(changed) * 8 - 1))
    changed[position // 8] ^= 1 << position % 8
    forged.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (bytes(changed), value))


def _retell(forged: sqlite3.Connection, sequence: int, body: bytes | None = None) -> None:
    """Another event in this place, and all links from there on computed anew."""
    rows = forged.execute("SELECT sequence, body FROM event ORDER BY sequence").fetchall()
    before = genesis(read_log(forged))
    for place, old in rows:
        told = old
        if place == sequence:
            told = body if body is not None else old.replace(b"charged", b"voided")
        before = link(before, place, told)
        forged.execute("UPDATE event SET body = ?, link = ? WHERE sequence = ?", (told, before, place))


def _sign_again(forged: sqlite3.Connection, signer: Signer) -> None:
    log = read_log(forged).id
    for id, sequence in forged.execute("SELECT id, sequence FROM checkpoint").fetchall():
        (seen,) = forged.execute("SELECT link FROM event WHERE sequence = ?", (sequence,)).fetchone()
        body = checkpoint.encode(signer.sign(log, sequence, seen, 99.0))
        forged.execute("UPDATE checkpoint SET body = ? WHERE id = ?", (body, id))
