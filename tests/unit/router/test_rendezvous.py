"""The ranking of replicas by a key: even, stable where replicas come and go, and bounded by their loads."""

from __future__ import annotations

import math
from collections import Counter
from hashlib import blake2b

from hypothesis import given
from hypothesis import strategies as st

from router.rendezvous import ALWAYS, BALANCE, nearest

KEYS = [f"key {number}" for number in range(4000)]
REPLICAS = [f"replica-{number}" for number in range(10)]
some_replicas = st.lists(st.sampled_from(REPLICAS), min_size=2, unique=True)
some_loads = st.dictionaries(st.sampled_from(REPLICAS), st.integers(0, 9), min_size=1)


def idle(names: list[str]) -> dict[str, int]:
    return dict.fromkeys(names, 0)


def ranking(key: str, names: list[str]) -> list[str]:
    """By peeling off the nearest again and again."""
    left, found = list(names), []
    while left:
        found.append(nearest(key, idle(left)))
        left.remove(found[-1])
    return found


def test_keys_are_spread_evenly_over_idle_replicas() -> None:
    """Within five standard deviations of a binomial distribution."""
    counts = Counter(nearest(key, idle(REPLICAS)) for key in KEYS)
    mean = len(KEYS) / len(REPLICAS)
    deviation = math.sqrt(mean * (1 - 1 / len(REPLICAS)))
    assert all(abs(counts[name] - mean) < 5 * deviation for name in REPLICAS), counts


def test_a_replica_that_goes_moves_only_its_own_keys_and_spreads_them() -> None:
    left = REPLICAS[1:]
    before, after = ([nearest(key, idle(names)) for key in KEYS] for names in (REPLICAS, left))
    moved = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
    assert {one for one, _ in moved} == {REPLICAS[0]}
    assert {other for _, other in moved} == set(left)
    assert len(moved) == before.count(REPLICAS[0])


@given(names=some_replicas, key=st.text())
def test_a_replica_that_comes_takes_keys_for_itself_alone(names: list[str], key: str) -> None:
    *known, fresh = names
    assert nearest(key, idle(names)) in (nearest(key, idle(known)), fresh)


@given(names=some_replicas, key=st.text())
def test_every_router_finds_the_same_in_whatever_order_it_knows_them(names: list[str], key: str) -> None:
    """Also one that runs in another process: this is the hash itself, which has no seed."""
    by_hash = {blake2b(f"{len(key)} {key}{name}".encode(), digest_size=8).hexdigest(): name for name in names}
    assert ranking(key, names) == [by_hash[digest] for digest in sorted(by_hash, reverse=True)]
    assert ranking(key, names[::-1]) == ranking(key, names)


@given(names=some_replicas, key=st.text(), busy=st.integers(1, 9))
def test_where_the_nearest_are_full_the_next_in_the_ranking_is_asked(names: list[str], key: str, busy: int) -> None:
    """At most three quarters of them: where more are equally busy, that is within the balance."""
    ranked = ranking(key, names)
    full = ranked[: min(busy, 3 * len(ranked) // 4)]
    assert nearest(key, {**idle(names), **dict.fromkeys(full, 1000)}) == ranked[len(full)]


def test_a_few_calls_do_not_drive_a_key_from_its_replica() -> None:
    first = nearest("key", idle(REPLICAS))
    assert nearest("key", {**idle(REPLICAS), first: ALWAYS - 1}) == first
    assert nearest("key", {**idle(REPLICAS), first: ALWAYS}) == ranking("key", REPLICAS)[1]


@given(names=some_replicas, keys=st.lists(st.sampled_from("abc"), max_size=200))
def test_no_replica_gets_more_than_its_bound_whatever_the_keys(names: list[str], keys: list[str]) -> None:
    loads = idle(names)
    for number, key in enumerate(keys, 1):
        loads[nearest(key, loads)] += 1
        assert max(loads.values()) <= max(ALWAYS, math.ceil(BALANCE * number / len(names)))


@given(loads=some_loads, key=st.text())
def test_there_is_always_one_with_room(loads: dict[str, int], key: str) -> None:
    assert nearest(key, loads) in loads


def test_where_there_is_one_replica_it_is_asked_however_busy() -> None:
    assert nearest("key", {"only": 10_000}) == "only"
