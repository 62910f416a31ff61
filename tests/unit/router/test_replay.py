"""A repeat gets the first answer."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.call import Principal
from router.errors import Malformed, RequestIdReused
from router.replay import ReplayLimits, Replays, checked_request_id

ADA = Principal("ada", "charite", frozenset())
BOB = Principal("bob", "charite", frozenset())
ID = "0f7e1c1e-6f0f-4b6e-9a53-0a3c1d2e4f50"


def request_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


class Work:
    """A computation that is told when to end, and counts how often it began and was cancelled."""

    def __init__(self, answer: bytes = b"answer") -> None:
        self.answer = answer
        self.begun = 0
        self.cancelled = 0
        self.may_end = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self) -> bytes:
        self.begun += 1
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error is not None:
            raise self.error
        return self.answer


def replays(**limits: Any) -> Replays[bytes]:
    return Replays(ReplayLimits(**limits), size_of=len)


def done(answer: bytes = b"answer") -> Work:
    work = Work(answer)
    work.may_end.set()
    return work


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_repeat_gets_the_first_answer_and_computes_nothing() -> None:
    store, work = replays(), done()
    assert await store.once(ADA, ID, b"h", work, 0.0) == (b"answer", False)
    assert await store.once(ADA, ID.upper(), b"h", work, 1.0) == (b"answer", True)
    assert work.begun == 1


async def test_another_request_under_the_same_id_is_refused_during_and_after_the_first() -> None:
    store, work = replays(), Work()
    first = asyncio.create_task(store.once(ADA, ID, b"h", work, 0.0))
    await settle()
    with pytest.raises(RequestIdReused) as caught:
        await store.once(ADA, ID, b"other", work, 0.0)
    assert caught.value.details == {"request_id": ID}
    work.may_end.set()
    await first
    with pytest.raises(RequestIdReused):
        await store.once(ADA, ID, b"other", work, 0.0)
    assert work.begun == 1


async def test_principals_have_their_own_ids() -> None:
    store = replays()
    await store.once(ADA, ID, b"h", done(b"for ada"), 0.0)
    assert await store.once(BOB, ID, b"other", done(b"for bob"), 0.0) == (b"for bob", False)


async def test_repeats_of_a_call_under_way_wait_for_it() -> None:
    store, work = replays(), Work()
    calls = [asyncio.create_task(store.once(ADA, ID, b"h", work, 0.0)) for _ in range(3)]
    await settle()
    work.may_end.set()
    assert await asyncio.gather(*calls) == [(b"answer", False), (b"answer", True), (b"answer", True)]
    assert work.begun == 1


async def test_a_failure_is_shared_by_those_who_wait_and_not_kept() -> None:
    store, work = replays(), Work()
    work.error = ValueError("no")
    calls = [asyncio.create_task(store.once(ADA, ID, b"h", work, 0.0)) for _ in range(2)]
    await settle()
    work.may_end.set()
    assert [type(each) for each in await asyncio.gather(*calls, return_exceptions=True)] == [ValueError] * 2
    assert await store.once(ADA, ID, b"another request even", done(), 0.0) == (b"answer", False)


async def test_one_who_gives_up_does_not_take_the_answer_from_the_others() -> None:
    store, work = replays(), Work()
    calls = [asyncio.create_task(store.once(ADA, ID, b"h", work, 0.0)) for _ in range(2)]
    await settle()
    calls[0].cancel()
    await settle()
    work.may_end.set()
    assert await calls[1] == (b"answer", True)
    assert work.cancelled == 0
    assert calls[0].cancelled()


async def test_the_computation_is_cancelled_when_the_last_gives_up_and_may_then_be_repeated() -> None:
    store, work = replays(), Work()
    calls = [asyncio.create_task(store.once(ADA, ID, b"h", work, 0.0)) for _ in range(2)]
    await settle()
    for call in calls:
        call.cancel()
    await settle()
    assert (work.begun, work.cancelled) == (1, 1)
    assert await store.once(ADA, ID, b"h", done(), 0.0) == (b"answer", False)


async def test_a_call_that_is_given_up_before_it_began_computes_nothing() -> None:
    store, work = replays(), Work()
    call = asyncio.create_task(store.once(ADA, ID, b"h", work, 0.0))
    await asyncio.sleep(0)
    call.cancel()
    await settle()
    assert await store.once(ADA, ID, b"h", done(), 0.0) == (b"answer", False)


async def given_up_but_still_ending(store: Replays[bytes], ending: Callable[[], bytes]) -> asyncio.Event:
    """A first call whose computation goes on for a while after it was cancelled."""
    may_end = asyncio.Event()

    async def stubborn() -> bytes:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await may_end.wait()
        return ending()

    call = asyncio.create_task(store.once(ADA, ID, b"h", stubborn, 0.0))
    await settle()
    call.cancel()
    await settle()
    return may_end


async def test_two_computations_of_one_request_never_run_at_once() -> None:
    def fail() -> bytes:
        raise ValueError("while it was cleaning up")

    store, work = replays(), done()
    may_end = await given_up_but_still_ending(store, fail)
    repeat = asyncio.create_task(store.once(ADA, ID, b"h", work, 0.0))
    await settle()
    assert work.begun == 0
    may_end.set()
    assert await repeat == (b"answer", False)
    gc.collect()  # an exception that nobody fetched would be reported here, and fail the test


async def test_an_answer_that_came_although_nobody_waited_is_the_first_answer() -> None:
    store, work = replays(), done()
    may_end = await given_up_but_still_ending(store, lambda: b"late")
    may_end.set()
    assert await store.once(ADA, ID, b"h", work, 0.0) == (b"late", True)


async def test_an_answer_is_kept_for_the_window_and_a_replay_does_not_lengthen_it() -> None:
    store = replays(window_s=10.0)
    await store.once(ADA, ID, b"h", done(), 0.0)
    assert (await store.once(ADA, ID, b"h", done(), 9.9))[1]
    assert await store.once(ADA, ID, b"another request", done(b"new"), 10.0) == (b"new", False)


async def test_an_answer_older_than_one_that_ended_before_it_expires_too() -> None:
    store, slow = replays(window_s=10.0, size_bytes=11), Work(b"slow")
    first = asyncio.create_task(store.once(ADA, ID, b"h", slow, 0.0))
    await settle()
    await store.once(ADA, request_id(1), b"h", done(b"quick"), 5.0)
    slow.may_end.set()
    await first
    assert await store.once(ADA, ID, b"h", done(b"newer"), 12.0) == (b"newer", False)
    assert (await store.once(ADA, request_id(1), b"h", done(), 12.0))[1]  # 5 + 5 bytes: nothing had to go


async def test_the_oldest_answers_go_first_beyond_the_number_or_the_bytes() -> None:
    for limits in ({"entries": 2}, {"size_bytes": 12}):
        store = replays(**limits)
        for number in range(3):
            await store.once(ADA, request_id(number), b"h", done(), 0.0)
        kept = [(await store.once(ADA, request_id(number), b"h", done(), 0.0))[1] for number in (2, 1, 0)]
        assert kept == [True, True, False]


async def test_an_answer_over_the_limit_is_given_and_not_kept() -> None:
    store = replays(size_bytes=5)
    await store.once(ADA, request_id(1), b"h", done(b"small"), 0.0)
    for _ in range(2):
        assert await store.once(ADA, ID, b"h", done(b"larger"), 0.0) == (b"larger", False)
    assert (await store.once(ADA, request_id(1), b"h", done(), 0.0))[1]


@pytest.mark.parametrize(
    "text",
    ["", "1", "{" + ID + "}", "urn:uuid:" + ID, ID.replace("-", ""), ID + "\n", " " + ID, ID[:-1] + "g", "ß" * 36],
)
async def test_what_is_no_uuid_is_refused_with_its_field(text: str) -> None:
    work = done()
    with pytest.raises(Malformed) as caught:
        await replays().once(ADA, text, b"h", work, 0.0)
    assert caught.value.field == "options.request_id"
    assert work.begun == 0


@given(st.uuids())
def test_any_uuid_is_taken(identifier: Any) -> None:
    assert checked_request_id(str(identifier).upper()) == str(identifier)
