"""A replica holds the operators that it is asked, as many as fit, and reads each once."""

from __future__ import annotations

from models.artefacts import Channels
from models.memory_artefacts import MemoryArtefacts
from models.operators.predict.library import Library
from tests.support import operators


class Counting(MemoryArtefacts):
    def __init__(self) -> None:
        super().__init__()
        self.reads: list[tuple[str, int]] = []

    def read(self, name: str, number: int) -> bytes:
        self.reads.append((name, number))
        return super().read(name, number)


def test_an_operator_is_read_once_and_again_when_there_was_no_room() -> None:
    store = Counting()
    for name in ("a/x", "a/y"):
        store.publish(name, operators.bare().packed(), "ada")
    room = 2 * len(operators.bare().packed())
    library = Library(store, "cpu", budget_bytes=room)
    for name in ("a/x", "a/x", "a/y", "a/x"):
        assert library.of(name, 0).name == name
    assert store.reads == [("a/x", 1), ("a/y", 1), ("a/x", 1)]


def test_which_version_answers_is_asked_each_time_and_the_lot_only_where_there_is_a_canary() -> None:
    store = Counting()
    store.publish("a/x", operators.bare().packed(), "ada")
    store.publish("a/x", operators.bare(1).packed(), "ada")
    library = Library(store, "cpu")

    def no_lot() -> float:
        raise AssertionError("there is no canary")

    assert library.of("a/x", 0, no_lot).version == 1
    store.point("a/x", Channels(2))
    assert library.of("a/x", 0, no_lot).version == 2
    store.point("a/x", Channels(2, 1, 0.5))
    assert [library.of("a/x", 0, lambda lot=lot: lot).version for lot in (0.0, 0.49, 0.5, 0.99)] == [1, 1, 2, 2]
