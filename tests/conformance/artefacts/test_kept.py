"""What every store of artefacts promises for the records that tenants keep beside them."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from models.base import Refusal
from tests.conformance.artefacts.conftest import Stores
from tests.conformance.artefacts.test_stores import NAMES

NAME = "charite/flow"


def digest(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def there(stores: Stores, name: str = NAME) -> list[str]:
    """By the other handle than what is written."""
    return [entry.digest for entry in stores[1].kept.entries(name)]


def test_what_is_kept_is_read_by_everybody_who_has_the_store(stores: Stores) -> None:
    one, other = stores
    assert one.kept.keep(NAME, {digest(1): b"first", digest(2): b"2nd"}) == {digest(1), digest(2)}
    assert other.kept.read(NAME, digest(1)) == b"first"
    entries = other.kept.entries(NAME)
    assert [(entry.digest, entry.size_bytes) for entry in entries] == [(digest(1), 5), (digest(2), 3)]
    assert entries[0].created_ns < entries[1].created_ns


def test_the_same_thing_twice_is_one_record_and_stays_as_it_was(stores: Stores) -> None:
    one, other = stores
    one.kept.keep(NAME, {digest(1): b"a"})
    before = list(one.kept.entries(NAME))
    assert other.kept.keep(NAME, {digest(1): b"b"}) == {digest(1)}
    assert list(one.kept.entries(NAME)) == before
    assert one.kept.read(NAME, digest(1)) == b"a"


def test_the_oldest_go_where_there_are_too_many(stores: Stores) -> None:
    for number in range(6):
        stores[0].kept.keep(NAME, {digest(number): b"x"})
    assert there(stores) == [digest(number) for number in range(2, 6)]
    assert stores[0].kept.read(NAME, digest(0)) is None


def test_the_oldest_go_where_they_are_too_large_and_of_all_collections_of_the_owner(stores: Stores) -> None:
    stores[0].kept.keep("charite/heat", {digest(0): bytes(60)})
    stores[0].kept.keep(NAME, {digest(1): bytes(40)})
    stores[0].kept.keep(NAME, {digest(2): bytes(41)})
    assert there(stores, "charite/heat") == []
    assert there(stores) == [digest(1), digest(2)]


def test_one_owner_s_records_neither_show_nor_make_room_for_another_s(stores: Stores) -> None:
    stores[0].kept.keep("mayo/flow", {digest(1): bytes(90)})
    for number in range(6):
        stores[0].kept.keep(NAME, {digest(number): bytes(20)})
    stores[0].kept.forget(NAME)
    assert there(stores, "mayo/flow") == [digest(1)]
    assert there(stores, "charit/flow") == there(stores) == []
    assert stores[1].kept.read(NAME, digest(1)) is None


def test_of_more_than_there_is_room_for_at_once_it_is_said_which_are_there(stores: Stores) -> None:
    kept = stores[0].kept.keep(NAME, {digest(number): bytes(30) for number in range(5)})
    assert len(kept) == 3 and kept == set(there(stores))


def test_one_that_never_has_room_drives_none_out(stores: Stores) -> None:
    stores[0].kept.keep(NAME, {digest(1): b"a"})
    assert stores[0].kept.keep(NAME, {digest(2): bytes(101), digest(3): b""}) == frozenset()
    assert there(stores) == [digest(1)]


def test_what_is_forgotten_is_gone(stores: Stores) -> None:
    stores[0].kept.keep(NAME, {digest(1): b"a", digest(2): b"b"})
    stores[0].kept.keep("charite/heat", {digest(1): b"a"})
    assert stores[1].kept.forget(NAME) == 2
    assert there(stores) == [] and stores[0].kept.read(NAME, digest(1)) is None
    assert there(stores, "charite/heat") == [digest(1)]
    assert stores[1].kept.forget(NAME) == 0


def test_a_collection_is_no_artefact_and_neither_takes_the_other_s_room(stores: Stores) -> None:
    one, _ = stores
    one.kept.keep(NAME, {digest(1): bytes(90)})
    assert list(one.names("charite")) == []
    with pytest.raises(Refusal):
        one.versions(NAME)
    one.publish(NAME, bytes(1000), "ada")
    assert there(stores) == [digest(1)] and one.versions(NAME)[0].number == 1


def test_writers_at_once_stay_within_the_room(stores: Stores) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: stores[each % 2].kept.keep(NAME, {digest(each): bytes(10)}), range(24)))
    stores[0].kept.keep(NAME, {digest(99): b"last"})
    assert len(there(stores)) <= 4 and digest(99) in there(stores)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_leads_nowhere_else(stores: Stores, name: str) -> None:
    kept = stores[0].kept
    for ask in (
        kept.entries,
        kept.forget,
        lambda name: kept.read(name, digest(1)),
        lambda name: kept.keep(name, {digest(1): b"x"}),
    ):
        with pytest.raises(Refusal) as refused:
            ask(name)
        assert refused.value.reason == "MALFORMED_NAME"


def test_nobody_keeps_as_the_system(stores: Stores) -> None:
    with pytest.raises(Refusal) as refused:
        stores[0].kept.keep("faraday/darcy", {digest(1): b"x"})
    assert refused.value.reason == "NOT_PUBLISHED_HERE"
