"""What every model of the catalogue that reads private records must tell the router before it runs."""

from __future__ import annotations

import re

import pytest

from models.base import Private, Spec, Task
from models.catalog import CATALOG
from models.privacy.cost import MOST, cost_in_picorho
from models.privacy.events import decode, encode

PRIVATE = [spec for spec in CATALOG.values() if spec.private is not None]


def private_of(spec: Spec) -> Private[Task]:
    assert spec.private is not None
    return spec.private


@pytest.mark.parametrize("spec", PRIVATE, ids=lambda spec: spec.name)
class TestPrivateModel:
    def test_its_dataset_is_named_with_its_owner(self, spec: Spec) -> None:
        assert re.fullmatch(r"[a-z0-9.-]+/[a-z0-9.-]+", private_of(spec).dataset(spec.example()))

    def test_an_answer_has_a_finite_price_that_can_be_stored(self, spec: Spec) -> None:
        event = private_of(spec).worst_case(spec.example())
        assert decode(encode(event)) == event
        assert 0 < cost_in_picorho(event.under(event.unit, event.adjacency), None) < MOST

    def test_asking_for_the_price_twice_gives_one_price(self, spec: Spec) -> None:
        first, second = (private_of(spec).worst_case(spec.example()) for _ in range(2))
        assert first == second
