"""Who may reach which artefacts."""

from __future__ import annotations

import pytest

from models.artefacts import Named
from models.base import Refusal
from models.memory_artefacts import MemoryArtefacts
from router.artefact_access import ArtefactAccess
from router.call import Principal, Role
from router.errors import UnknownArtefact

ADA = Principal("ada", "charite", frozenset({Role.ANALYST}))
BOB = Principal("bob", "mayo", frozenset({Role.ANALYST}))
SYSTEM = Principal("eve", "faraday", frozenset({Role.ADMIN}))


@pytest.fixture
def access() -> ArtefactAccess:
    store = MemoryArtefacts()
    store.publish("charite/flow", b"weights", "ada")
    return ArtefactAccess(store)


def refused(access: ArtefactAccess, who: Principal, named: Named) -> str:
    with pytest.raises(UnknownArtefact) as caught:
        access.check(who, named)
    return caught.value.message


def test_a_tenant_reads_its_own_by_any_version_that_is_there(access: ArtefactAccess) -> None:
    for version in (0, 1):
        access.check(ADA, Named(reads=(("charite/flow", version),)))
    refused(access, ADA, Named(reads=(("charite/flow", 2),)))


def test_another_s_is_told_from_one_that_is_not_there_by_nothing(access: ArtefactAccess) -> None:
    access.check(ADA, Named(reads=(("charite/flow", 0),)))  # seen once, it is still not everybody's
    theirs = refused(access, BOB, Named(reads=(("charite/flow", 0),)))
    nobodys = refused(access, BOB, Named(reads=(("mayo/flow", 0),)))
    assert theirs.replace("charite", "mayo") == nobodys


def test_a_tenant_publishes_under_its_own_name_alone(access: ArtefactAccess) -> None:
    access.check(ADA, Named(publishes=("charite/new",)))
    refused(access, BOB, Named(publishes=("charite/new",)))
    refused(access, ADA, Named(publishes=("faraday/new",)))


def test_a_tenant_that_is_called_like_the_system_publishes_nothing_in_its_name(access: ArtefactAccess) -> None:
    refused(access, SYSTEM, Named(publishes=("faraday/new",)))


def test_what_comes_later_is_found_when_it_is_there() -> None:
    store = MemoryArtefacts()
    access = ArtefactAccess(store)
    refused(access, ADA, Named(reads=(("charite/flow", 0),)))
    store.publish("charite/flow", b"weights", "ada")
    access.check(ADA, Named(reads=(("charite/flow", 0),)))


def test_a_name_that_is_none_is_refused(access: ArtefactAccess) -> None:
    with pytest.raises(Refusal) as caught:
        access.check(ADA, Named(reads=(("charite/../mayo/flow", 0),)))
    assert caught.value.reason == "MALFORMED_NAME"
