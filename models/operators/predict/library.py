"""The operators that a replica holds: read from their artefacts when they are first asked, the least recently used let
go first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.artefacts import Artefacts
from models.fem.retained import Retained
from models.operators.calibrated import Calibrated, unpacked

BUDGET_BYTES = 1 << 30  # of weights: some hundred FNOs of a few megabytes


@dataclass(frozen=True, eq=False)
class Held:
    """An operator under the name and version by which it was asked."""

    name: str
    version: int
    calibrated: Calibrated
    size_bytes: int  # that it takes of memory, at most: weights may be kept in half precision, doubts never are


class Library:
    """For one thread."""

    def __init__(self, artefacts: Artefacts, device: str, budget_bytes: int = BUDGET_BYTES) -> None:
        self._artefacts = artefacts
        self._device = device
        self._held: Retained[Held] = Retained(budget_bytes, lambda held: held.size_bytes)

    def of(self, name: str, version: int, lot: Callable[[], float] = lambda: 1.0) -> Held:
        """Where `version` is 0, the stable one, or the canary for a `lot`, 0 to 1, below its weight.

        Raises `Refusal` UNKNOWN_ARTEFACT, UNREADABLE_ARTEFACT.
        """
        number = version or self._present(name, lot)
        return self._held.get(f"{name}@{number}".encode(), lambda: self._read(name, number))

    def _present(self, name: str, lot: Callable[[], float]) -> int:
        """A version never changes, and which one is the stable one may, so that is looked up each time."""
        channels = self._artefacts.channels(name)
        return channels.chosen(lot() if channels.canary else 1.0)

    def _read(self, name: str, version: int) -> Held:
        content = self._artefacts.read(name, version)
        return Held(name, version, unpacked(content, self._device), 2 * len(content))
