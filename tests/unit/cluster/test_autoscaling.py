"""How many replicas."""

from __future__ import annotations

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from cluster.autoscaling import IN_FLIGHT, InFlightPolicy, desired_replicas

loads = st.integers(0, 10_000)
counts = st.integers(0, 100)
targets = st.floats(0.5, 500.0)
slacks = st.floats(0.3, 1.0)


@given(loads, loads, counts, targets, slacks)
def test_more_load_never_means_fewer_replicas(a: int, b: int, current: int, target: float, slack: float) -> None:
    low, high = sorted((a, b))
    assert desired_replicas(low, current, target, slack) <= desired_replicas(high, current, target, slack)


@given(loads, counts, targets, slacks)
def test_the_answer_holds_the_load_and_is_kept(load: int, current: int, target: float, slack: float) -> None:
    desired = desired_replicas(load, current, target, slack)
    assert desired * target >= load * (1 - 1e-12)
    assert desired_replicas(load, desired, target, slack) == desired


@given(loads, counts, targets, slacks)
def test_fewer_only_where_the_rest_has_room(load: int, current: int, target: float, slack: float) -> None:
    desired = desired_replicas(load, current, target, slack)
    if desired < current:
        assert load <= desired * slack * target * (1 + 1e-12)


def test_a_load_on_the_border_does_not_flap() -> None:
    """10 per replica: 20 need two, 21 three; back at 20, and still at 17, three stay; 16 is 80 % of two."""
    seen = [
        desired_replicas(load, current, 10.0, 0.8) for load, current in ((20, 2), (21, 2), (20, 3), (17, 3), (16, 3))
    ]
    assert seen == [2, 3, 3, 3, 2]


def test_no_load_needs_nobody_and_the_first_call_one() -> None:
    assert desired_replicas(0, 4, 10.0, 0.8) == 0
    assert desired_replicas(1, 0, 10.0, 0.8) == 1


def test_the_policy_adds_what_waits_at_handles_to_what_is_on_the_plane() -> None:
    policy = InFlightPolicy(target=10.0)
    context = SimpleNamespace(
        aggregated_metrics={IN_FLIGHT: {"a": 9.0, "b": 8.0}}, total_num_requests=4, target_num_replicas=2
    )
    assert policy(context) == (3, {})
    asleep = SimpleNamespace(aggregated_metrics=None, total_num_requests=1, target_num_replicas=0)
    assert policy(asleep) == (1, {})
