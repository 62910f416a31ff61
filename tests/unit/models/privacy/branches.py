"""Every branch of a sampler, with its probability: it is run once for each sequence of draws."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable
from fractions import Fraction
from typing import TypeVar

from models.privacy.draws import Draws

T = TypeVar("T", bound=Hashable)


class _Cut(Exception):
    """This branch is less likely than what matters."""


class _Replay:
    """Draws the given branches, then the first of each further draw, and notes what else there was."""

    def __init__(self, path: list[tuple[int, list[float]]], least: float) -> None:
        self.path = path
        self.probability = 1.0
        self._place = 0
        self._least = least

    def below(self, bound: int) -> int:
        return self._draw([1 / bound] * bound) if bound > 1 else 0

    def chance(self, numerator: int, denominator: int) -> bool:
        assert 0 <= numerator <= denominator
        share = float(Fraction(numerator, denominator))
        return self._draw([share, 1 - share]) == 0

    def decays(self, numerator: int, denominator: int) -> bool:
        share = math.exp(-Fraction(numerator, denominator))
        return self._draw([share, 1 - share]) == 0

    def _draw(self, chances: list[float]) -> int:
        if self._place == len(self.path):
            self.path.append((0, chances))
        branch, chances = self.path[self._place]
        self._place += 1
        self.probability *= chances[branch]
        if self.probability <= self._least:
            raise _Cut
        return branch


def distribution(sample: Callable[[Draws], T], least: float = 1e-9) -> dict[T, float]:
    """What `sample` returns, with probabilities: each too low by what the branches rarer than `least` would add."""
    found: dict[T, float] = defaultdict(float)
    path: list[tuple[int, list[float]]] = []
    while True:
        replay = _Replay(path, least)
        try:
            value = sample(replay)
        except _Cut:
            pass
        else:
            found[value] += replay.probability
        while path and path[-1][0] + 1 == len(path[-1][1]):
            path.pop()
        if not path:
            return dict(found)
        path[-1] = (path[-1][0] + 1, path[-1][1])
