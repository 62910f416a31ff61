"""Weights drawn from a seed, with PyTorch's global generator left as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

T = TypeVar("T")


def seeded(seed: int, make: Callable[[], T]) -> T:
    """What `make` draws on the CPU; PyTorch's layers draw their weights from the global generator alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()
