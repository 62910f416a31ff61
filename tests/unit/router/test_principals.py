"""Principals from parts that somebody else wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.call import Principal, Role
from router.principals import parts_of, principal_of

GOOD: dict[str, object] = {"sub": "auth0|ada", "tenant": "charite", "roles": ["analyst", "auditor"]}


@given(st.frozensets(st.sampled_from(Role)))
def test_parts_and_principal_are_inverse(roles: frozenset[Role]) -> None:
    principal = Principal("spiffe://charite/loader", "charite", roles)
    assert principal_of(parts_of(principal)) == principal


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sub", ""),
        ("sub", 7),
        ("sub", "a b"),
        ("sub", "a\n"),
        ("sub", "é"),
        ("sub", "a" * 257),
        ("tenant", "a/b"),
        ("tenant", "-a"),
        ("tenant", ""),
        ("tenant", None),
        ("tenant", "a\n"),
        ("roles", "admin"),
        ("roles", ["root"]),
        ("roles", ["ADMIN"]),
        ("roles", [["admin"]]),
        ("roles", None),
    ],
)
def test_a_part_with_another_form_is_refused_by_its_name_and_not_shown(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name) as caught:
        principal_of({**GOOD, name: value})
    assert "root" not in str(caught.value)


@pytest.mark.parametrize("name", ["sub", "tenant", "roles"])
def test_a_missing_part_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        principal_of({key: value for key, value in GOOD.items() if key != name})
