"""The stores that claim the ledger's contract, each as a place that handles are opened on and that can lose power."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

from router.ledgers.contract import Ledger
from router.ledgers.memory import MemoryBooks, MemoryLedger


class Site(ABC):
    """One store. `lazy`: whether a settlement waits for the next transaction, and is lost with its process."""

    lazy: bool

    @abstractmethod
    async def handle(self, max_answer_bytes: int = 1000) -> Ledger:
        """One more handle on the store."""

    @abstractmethod
    async def crash(self) -> None:
        """All handles end at once; what they had made durable is what the next ones find."""

    @abstractmethod
    async def close(self) -> None:
        """Close all handles."""


class MemorySite(Site):
    lazy = False

    def __init__(self, folder: Path) -> None:
        self._books = MemoryBooks()

    async def handle(self, max_answer_bytes: int = 1000) -> Ledger:
        return MemoryLedger(self._books, max_answer_bytes)

    async def crash(self) -> None:
        """What is in memory is the store, and stays."""

    async def close(self) -> None:
        """Nothing is held open."""


SITES: tuple[type[Site], ...] = (MemorySite,)
