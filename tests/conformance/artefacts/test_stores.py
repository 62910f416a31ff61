"""What every store of artefacts promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from models.artefacts import Channels, Version, digest_of
from models.base import Refusal
from tests.conformance.artefacts.conftest import Stores

NAMES = (
    "charite/..",
    "charite/../x",
    "charite",
    "/x",
    "charite/",
    "../x",
    "charite/X",
    "a/b/c",
    "charite/.x",
    "ü/x",
    "",
)


def test_what_is_published_is_read_by_everybody_who_has_the_store(stores: Stores) -> None:
    one, other = stores
    made = one.publish("charite/flow", b"weights", "ada")
    assert (made.number, made.digest, made.size_bytes, made.publisher) == (1, digest_of(b"weights"), 7, "ada")
    assert other.read("charite/flow", 1) == b"weights"
    assert list(other.versions("charite/flow")) == [made]


def test_each_content_is_a_version_and_the_same_content_the_same_one(stores: Stores) -> None:
    one, other = stores
    first, second = one.publish("charite/flow", b"a", "ada"), other.publish("charite/flow", b"b", "ada")
    assert (first.number, second.number) == (1, 2)
    assert one.publish("charite/flow", b"a", "eve") == first
    assert one.publish("charite/heat", b"a", "ada").number == 1


def test_names_are_those_of_one_owner(stores: Stores) -> None:
    one, other = stores
    for name in ("charite/b", "charite/a", "charit/c"):
        one.publish(name, b"x", "ada")
    assert list(other.names("charite")) == ["charite/a", "charite/b"]
    assert list(other.names("nobody")) == []


def test_two_writers_at_once_lose_nothing(stores: Stores) -> None:
    contents = [bytes([each]) for each in range(40)]

    def publish(each: int) -> Version:
        return stores[each % 2].publish("charite/flow", contents[each], "ada")

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(publish, range(len(contents))))
    assert sorted(version.number for version in made) == list(range(1, 41))
    assert all(stores[0].read("charite/flow", v.number) == contents[at] for at, v in enumerate(made))


def test_the_same_content_published_at_once_by_many_is_one_version(stores: Stores) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda each: stores[each % 2].publish("charite/flow", b"same", "ada"), range(16)))
    numbers = {version.number for version in made}
    assert all(stores[0].read("charite/flow", number) == b"same" for number in numbers)


def test_the_first_version_answers_until_another_is_pointed_to(stores: Stores) -> None:
    one, other = stores
    one.publish("charite/flow", b"a", "ada")
    one.publish("charite/flow", b"b", "ada")
    assert other.channels("charite/flow") == Channels(stable=1)
    one.point("charite/flow", Channels(stable=1, canary=2, weight=0.25))
    assert other.channels("charite/flow") == Channels(1, 2, 0.25)
    one.point("charite/flow", Channels(stable=2))
    assert other.channels("charite/flow").chosen(0.0) == 2


@pytest.mark.parametrize("channels", [Channels(3), Channels(0), Channels(1, 3, 0.5), Channels(1, 0, 1.5)])
def test_channels_lead_to_what_is_there(stores: Stores, channels: Channels) -> None:
    stores[0].publish("charite/flow", b"a", "ada")
    with pytest.raises(Refusal):
        stores[0].point("charite/flow", channels)
    assert stores[0].channels("charite/flow") == Channels()


def test_what_is_not_there_is_refused(stores: Stores) -> None:
    one, _ = stores
    for ask in (one.versions, one.channels, lambda name: one.read(name, 1)):
        with pytest.raises(Refusal) as refused:
            ask("charite/flow")
        assert refused.value.reason == "UNKNOWN_ARTEFACT"
    one.publish("charite/flow", b"a", "ada")
    for number in (0, 2, -1):
        with pytest.raises(Refusal) as refused:
            one.read("charite/flow", number)
        assert refused.value.reason == "UNKNOWN_ARTEFACT"


@pytest.mark.parametrize("name", NAMES)
def test_a_name_leads_nowhere_else(stores: Stores, name: str) -> None:
    one, _ = stores
    for ask in (
        one.versions,
        one.channels,
        lambda name: one.read(name, 1),
        lambda name: one.publish(name, b"x", "eve"),
    ):
        with pytest.raises(Refusal) as refused:
            ask(name)
        assert refused.value.reason == "MALFORMED_NAME"


def test_nobody_publishes_as_the_system(stores: Stores) -> None:
    with pytest.raises(Refusal) as refused:
        stores[0].publish("faraday/darcy", b"x", "eve")
    assert refused.value.reason == "NOT_PUBLISHED_HERE"


def test_an_owner_has_so_much_room_and_takes_none_of_another_s(stores: Stores) -> None:
    one, _ = stores
    one.publish("charite/flow", bytes(600), "ada")
    with pytest.raises(Refusal) as refused:
        one.publish("charite/heat", bytes(401), "ada")
    assert refused.value.reason == "REGISTRY_FULL"
    assert one.publish("charite/flow", bytes(600), "ada").number == 1  # what is there takes no more room
    assert one.publish("other/heat", bytes(401), "eve").number == 1


def test_an_empty_artefact_is_refused(stores: Stores) -> None:
    with pytest.raises(Refusal) as refused:
        stores[0].publish("charite/flow", b"", "ada")
    assert refused.value.reason == "WRONG_SIZE"
