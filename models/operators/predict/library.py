"""The operators that a replica holds: read from their artefacts when they are first asked, the least recently used let
go first."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from models.artefacts import Artefacts
from models.fem.retained import Retained
from models.operators.calibrated import Calibrated, unpacked
from models.operators.predict.task import PredictTask

BUDGET_BYTES = 1 << 30  # of weights: some hundred FNOs of a few megabytes


@dataclass(frozen=True, eq=False)
class Held:
    """An operator under the name and version by which it was asked."""

    name: str
    version: int
    calibrated: Calibrated


class Library:
    """For one thread."""

    def __init__(self, artefacts: Artefacts, device: str, budget_bytes: int = BUDGET_BYTES) -> None:
        self._artefacts = artefacts
        self._device = device
        self._held: Retained[Held] = Retained(budget_bytes, lambda held: held.calibrated.size_bytes)

    def of(self, task: PredictTask) -> Held:
        """The operator that a task asks. Raises `Refusal` UNKNOWN_ARTEFACT, UNREADABLE_ARTEFACT."""
        version = task.version or self._present(task)
        key = f"{task.operator}@{version}".encode()
        return self._held.get(key, lambda: self._read(task.operator, version))

    def _present(self, task: PredictTask) -> int:
        """A version never changes, and which one is the stable one may, so that is looked up each time. The lot
        follows from the question: whoever asks the same again is answered by the same version."""
        channels = self._artefacts.channels(task.operator)
        return channels.chosen(_lot(task) if channels.canary else 1.0)

    def _read(self, name: str, version: int) -> Held:
        return Held(name, version, unpacked(self._artefacts.read(name, version), self._device))


def _lot(task: PredictTask) -> float:
    """Between 0 and 1, evenly over questions."""
    digest = hashlib.blake2b(task.values.tobytes(), digest_size=8).digest()
    return int.from_bytes(digest, "little") / 2**64
