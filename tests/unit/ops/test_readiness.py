"""The one word of a child to its supervisor."""

from __future__ import annotations

import os

import pytest

from ops.readiness import teller


@pytest.mark.parametrize("word", ["ready", "no replica of fem.diffusion after 120 s"])
def test_the_word_arrives_whole_and_the_pipe_is_closed_after_it(word: str) -> None:
    reading, writing = os.pipe()
    teller(writing)(word)
    assert os.read(reading, 8192).decode() == word
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_a_long_story_is_cut_to_what_a_pipe_takes_in_one_piece() -> None:
    reading, writing = os.pipe()
    teller(writing)("x" * 10_000)
    assert len(os.read(reading, 8192)) == 4096
    os.close(reading)
