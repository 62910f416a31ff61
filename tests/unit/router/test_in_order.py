"""Answers in the order of their questions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

import pytest

from router.in_order import in_order
from tests.support.eventually import until


class Desk:
    """Answers when it is told to; `open` are the questions that it works on."""

    def __init__(self) -> None:
        self.open: dict[int, asyncio.Future[str]] = {}
        self.given_up: list[int] = []

    async def answer(self, question: int) -> str:
        self.open[question] = asyncio.get_running_loop().create_future()
        try:
            return await self.open[question]
        except asyncio.CancelledError:
            self.given_up.append(question)
            raise

    def tell(self, *questions: int) -> None:
        for question in questions:
            self.open[question].set_result(f"answer {question}")


async def asked(questions: Sequence[int], error: Exception | None = None) -> AsyncIterator[int]:
    for question in questions:
        yield question
    if error is not None:
        raise error


async def test_answers_keep_the_order_whatever_ends_first() -> None:
    desk = Desk()
    async with aclosing(in_order(asked(range(3)), desk.answer, window=8)) as answers:
        first = asyncio.ensure_future(anext(answers))
        await until(lambda: len(desk.open) == 3)
        desk.tell(2, 1)
        await asyncio.sleep(0)
        assert not first.done()
        desk.tell(0)
        assert [await first, await anext(answers), await anext(answers)] == ["answer 0", "answer 1", "answer 2"]
        assert await anext(answers, "end") == "end"


async def test_no_more_are_begun_than_the_window_holds() -> None:
    desk = Desk()
    async with aclosing(in_order(asked(range(5)), desk.answer, window=2)) as answers:
        first = asyncio.ensure_future(anext(answers))
        await until(lambda: len(desk.open) == 2)
        desk.tell(0, 1)
        await first
        await asyncio.sleep(0.01)
        assert len(desk.open) == 2  # the first was taken, but nobody has asked for the next yet
        await anext(answers)
        await until(lambda: len(desk.open) == 3)
    await until(lambda: desk.given_up == [2])


async def test_what_ends_the_questions_is_raised_after_the_last_answer() -> None:
    desk = Desk()
    answers = in_order(asked([7], ValueError("no more")), desk.answer, window=2)
    first = asyncio.ensure_future(anext(answers))
    await until(lambda: desk.open)
    desk.tell(7)
    assert await first == "answer 7"
    with pytest.raises(ValueError, match="no more"):
        await anext(answers)


async def test_who_stops_listening_gives_up_all_that_is_under_way() -> None:
    desk = Desk()
    answers = in_order(asked(range(4)), desk.answer, window=3)
    listening = asyncio.ensure_future(anext(answers))
    await until(lambda: len(desk.open) == 3)
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    await until(lambda: sorted(desk.given_up) == [0, 1, 2])


async def test_an_answer_that_fails_ends_the_answers() -> None:
    desk = Desk()
    answers = in_order(asked(range(2)), desk.answer, window=3)
    first = asyncio.ensure_future(anext(answers))
    await until(lambda: len(desk.open) == 2)
    desk.open[0].set_exception(RuntimeError("broken"))
    with pytest.raises(RuntimeError, match="broken"):
        await first
    await until(lambda: desk.given_up == [1])
