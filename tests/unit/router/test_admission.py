"""Who is let in."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from router.admission import Admission, AdmissionLimits, Load, Permit
from router.errors import DeadlinePassed, Overloaded, Rejection, TooLarge


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


SMALL = AdmissionLimits(calls_per_model=3, bytes_per_model=100, bytes_in_all=150)


class Room:
    """An admission and the clock that it reads."""

    def __init__(self, limits: AdmissionLimits = SMALL) -> None:
        self.clock = Clock()
        self.admission = Admission(limits, self.clock)

    def admit(self, size_bytes: int = 1, left_s: float = 1.0, replicas: int = 1, model: str = "m") -> Permit:
        now = self.clock.now
        return self.admission.admit(model, size_bytes, now + left_s, now, replicas)

    def answer(self, took_s: float, replicas: int = 1) -> None:
        with self.admit(left_s=1e9, replicas=replicas):
            self.clock.now += took_s


@pytest.fixture
def room() -> Room:
    return Room()


def test_a_deadline_that_has_passed_is_refused(room: Room) -> None:
    for left_s in (0.0, -1.0):
        with pytest.raises(DeadlinePassed):
            room.admit(left_s=left_s)
    assert room.admission.load("m") == Load()


def test_a_permit_counts_until_it_is_given_back_once(room: Room) -> None:
    with room.admit(7) as permit:
        assert (room.admission.load("m").calls, room.admission.load("m").size_bytes) == (1, 7)
    permit.__exit__(None, None, None)
    assert (room.admission.load("m").calls, room.admission.load("m").size_bytes) == (0, 0)


def test_a_permit_is_given_back_when_the_call_fails(room: Room) -> None:
    with pytest.raises(ZeroDivisionError), room.admit():
        raise ZeroDivisionError
    assert room.admission.load("m").calls == 0


def test_a_full_queue_is_refused_and_says_when_to_ask_again(room: Room) -> None:
    permits = [room.admit() for _ in range(3)]
    with pytest.raises(Overloaded, match="no room") as caught:
        room.admit()
    assert caught.value.retry_after_s == 0.05
    room.admit(model="other")
    permits[0].__exit__(None, None, None)
    room.admit()


def test_a_full_queue_tells_to_come_back_after_about_one_answer(room: Room) -> None:
    room.answer(0.5)
    for _ in range(3):
        room.admit()
    with pytest.raises(Overloaded) as caught:
        room.admit()
    assert caught.value.retry_after_s == 0.5


def test_bytes_are_limited_by_model_and_in_all(room: Room) -> None:
    room.admit(60)
    with pytest.raises(Overloaded):
        room.admit(60)
    room.admit(60, model="other")
    with pytest.raises(Overloaded):
        room.admit(60, model="third")
    room.admit(30, model="third")


def test_what_never_fits_is_not_told_to_come_back(room: Room) -> None:
    with pytest.raises(TooLarge):
        room.admit(101)


def test_a_wait_longer_than_the_deadline_is_refused() -> None:
    room = Room(AdmissionLimits())
    teach_turns(room)
    waiting = [room.admit(left_s=1e9) for _ in range(20)]
    with pytest.raises(Overloaded, match="before the deadline") as caught:
        room.admit(left_s=1.5)  # the 21st answer comes after 2.1 s
    assert caught.value.retry_after_s == pytest.approx(0.6, rel=0.1)
    room.admit(left_s=1.5, replicas=4)
    assert len(waiting) == 20


def teach_turns(room: Room) -> None:
    """One replica that takes 0.1 s for each of ten calls that come at once, several times."""
    for _ in range(8):
        for permit in [room.admit(left_s=1e9) for _ in range(10)]:
            room.clock.now += 0.1
            permit.__exit__(None, None, None)


def test_a_model_that_was_slow_is_tried_again_when_nothing_is_in_flight() -> None:
    room = Room(AdmissionLimits())
    room.answer(60.0)
    with room.admit(left_s=0.1):
        with pytest.raises(Overloaded):
            room.admit(left_s=0.1)
        room.clock.now += 0.01
    for _ in range(80):
        room.answer(0.01)
    with room.admit(left_s=0.1):
        room.admit(left_s=0.1)


def test_quick_failures_do_not_make_a_slow_model_look_quick() -> None:
    room = Room(AdmissionLimits())
    room.answer(5.0)
    for _ in range(50):
        with pytest.raises(ZeroDivisionError), room.admit():
            raise ZeroDivisionError
    with room.admit(), pytest.raises(Overloaded):
        room.admit(left_s=1.0)


def test_calls_that_were_given_up_after_long_make_a_model_look_slow() -> None:
    room = Room(AdmissionLimits())
    room.answer(0.01)
    for _ in range(50):
        with pytest.raises(TimeoutError), room.admit():
            room.clock.now += 5.0
            raise TimeoutError
    with room.admit(), pytest.raises(Overloaded):
        room.admit(left_s=1.0)


def test_a_call_that_was_given_up_before_any_answer_says_nothing() -> None:
    room = Room(AdmissionLimits())
    with pytest.raises(TimeoutError), room.admit():
        room.clock.now += 5.0
        raise TimeoutError
    assert room.admission.load("m").service is None


def test_a_model_that_wakes_is_let_in_and_its_start_is_not_its_speed() -> None:
    room = Room(AdmissionLimits())
    room.answer(30.0, replicas=0)
    assert room.admission.load("m").service is None
    room.answer(30.0)
    with room.admit(replicas=0):
        room.admit(left_s=0.1, replicas=0)


class AnyHistory(RuleBasedStateMachine):
    """Calls that come, are answered, fail and are given up, in any order."""

    permits: Bundle[tuple[Permit, int] | None] = Bundle("permits")

    @initialize()
    def start(self) -> None:
        self.room = Room(SMALL)
        self.held: dict[str, list[int]] = {"a": [], "b": []}

    @rule(
        target=permits,
        model=st.sampled_from("ab"),
        size_bytes=st.integers(0, 110),
        left_s=st.integers(-1000, 5000).map(lambda ms: ms / 1000),  # less would be lost beside the clock's time
        replicas=st.integers(0, 3),
    )
    def ask(self, model: str, size_bytes: int, left_s: float, replicas: int) -> tuple[Permit, int] | None:
        try:
            permit = self.room.admit(size_bytes, left_s, replicas, model)
        except Rejection:
            assert left_s <= 0.0 or size_bytes > 0 or self.held[model], "an empty model refused a call"
            return None
        self.held[model].append(size_bytes)
        return (permit, size_bytes)

    @rule(held=consumes(permits), took_s=st.floats(0.0, 10.0), failed=st.booleans(), again=st.booleans())
    def end(self, held: tuple[Permit, int] | None, took_s: float, failed: bool, again: bool) -> None:
        if held is None:
            return
        permit, size_bytes = held
        self.room.clock.now += took_s
        for _ in range(2 if again else 1):
            permit.__exit__(ValueError if failed else None, None, None)
        self.held[permit.model].remove(size_bytes)

    @invariant()
    def what_is_counted_is_what_is_held_and_within_the_limits(self) -> None:
        for model, sizes in self.held.items():
            load = self.room.admission.load(model)
            assert (load.calls, load.size_bytes) == (len(sizes), sum(sizes))
            assert load.calls <= SMALL.calls_per_model
            assert load.size_bytes <= SMALL.bytes_per_model
        assert sum(map(sum, self.held.values())) <= SMALL.bytes_in_all


TestAnyHistory = AnyHistory.TestCase


@given(st.lists(st.floats(0.0, 100.0), max_size=50))
def test_with_nothing_in_flight_a_call_is_let_in_whatever_was_seen(latencies: list[float]) -> None:
    room = Room(AdmissionLimits())
    for latency_s in latencies:
        room.answer(latency_s)
    room.admit(left_s=1e-6)
