"""Answers that may be shown again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from router.call import Question
from router.released_answers import NoAnswers, ReleasedAnswers, SqliteAnswers, digest
from tests.support.echo import EchoTask, task

QUESTION = Question(model="echo", task=task(1.0, 2.0), request_id="a", echo=("1", ()))


def told(question: Question) -> bytes:
    return digest("/inference/Infer", "3", "charite/icu", question)


def test_a_question_is_what_is_asked_not_how_it_is_called() -> None:
    renamed = Question(model="echo", task=task(1.0, 2.0), request_id="b", echo=("2", ()), deadline=5.0)
    assert told(renamed) == told(QUESTION)


@pytest.mark.parametrize(
    "other",
    [
        Question(model="other", task=task(1.0, 2.0)),
        Question(model="echo", task=task(1.0, 2.5)),
        Question(model="echo", task=task(1.0, 2.0, tag=1)),
        Question(model="echo", task=task(1.0, 2.0), echo=("", ("y",))),
        Question(model="echo", task=EchoTask(x=np.ones((0,)), weights=np.array([[1.0, 2.0]], "f4"))),
    ],
)
def test_anything_else_is_another_question(other: Question) -> None:
    assert told(other) != told(QUESTION)


def test_another_dataset_or_version_is_another_question() -> None:
    told_all = {digest("/m", version, dataset, QUESTION) for version in "12" for dataset in ("a/x", "a/y")}
    assert len(told_all | {digest("/n", "1", "a/x", QUESTION)}) == 5


async def test_an_answer_outlives_its_process_and_is_shared(tmp_path: Path) -> None:
    one, other = SqliteAnswers(tmp_path / "answers"), SqliteAnswers(tmp_path / "answers")
    assert await one.get(b"q") is None
    one.put(b"q", b"answer")
    one.put(b"q", b"a second one")  # of a worker that asked at the same time
    assert await one.get(b"q") == b"answer"
    assert await other.get(b"q") == b"answer"
    await one.close()
    await other.close()
    again = SqliteAnswers(tmp_path / "answers")
    assert await again.get(b"q") == b"answer"
    await again.close()
    assert (tmp_path / "answers").stat().st_mode & 0o077 == 0


async def test_a_file_that_fails_costs_money_and_nothing_else(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    answers = SqliteAnswers(tmp_path / "answers")
    with sqlite3.connect(tmp_path / "answers") as vandal:
        vandal.execute("DROP TABLE answer")
    vandal.close()
    answers.put(b"q", b"answer")
    assert await answers.get(b"q") is None
    await answers.close()
    assert "not remembered" in caplog.text
    assert "cannot be read" in caplog.text


async def test_who_keeps_nothing_knows_nothing() -> None:
    nothing: ReleasedAnswers = NoAnswers()
    nothing.put(b"q", b"answer")
    assert await nothing.get(b"q") is None
    await nothing.close()
