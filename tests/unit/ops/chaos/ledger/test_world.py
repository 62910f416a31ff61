"""The world hears every line at once, and nothing of one that its process was killed in."""

from __future__ import annotations

from pathlib import Path

from ops.chaos.ledger.world import (
    Asked,
    Denied,
    Granted,
    Left,
    Repeated,
    Settling,
    Unavailable,
    Voided,
    Voiding,
    Word,
    World,
    heard,
)

WORDS: list[Word] = [
    Asked("1", "request", (("d", "", "", 5), ("d", "t", "u", 5))),
    Denied("1", "BudgetSpent"),
    Granted("1"),
    Repeated("1", "ε"),
    Left("1", "line\nbreak"),
    Unavailable("1", "gone"),
    Settling("1", 3),
    Voiding("1"),
    Voided("1"),
]


def test_all_words_are_heard_as_they_were_said_without_waiting_for_an_end(tmp_path: Path) -> None:
    world = World(tmp_path / "world")
    for word in WORDS:
        world.hear(word)
    assert list(heard(tmp_path / "world")) == WORDS


def test_half_a_line_was_not_said(tmp_path: Path) -> None:
    world = World(tmp_path / "world")
    for word in WORDS:
        world.hear(word)
    whole = (tmp_path / "world").read_bytes()
    (tmp_path / "world").write_bytes(whole[:-1])
    assert list(heard(tmp_path / "world")) == WORDS[:-1]
