"""Darcy questions, fields that are nearly their answers, and what a cascade is given beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import count

import numpy as np

from models.base import Array
from models.operators.cascade.candidates import Candidate
from models.operators.cascade.grid import Grid, Question, grid

ONE = np.ones(1)


@dataclass(frozen=True)
class Kept:
    """Candidates, in memory."""

    offered: list[Candidate] = field(default_factory=list)

    def offer(self, candidate: Candidate) -> None:
        self.offered.append(candidate)


def ticking() -> Callable[[], float]:
    """A clock on which everything takes a second."""
    ticks = count()
    return lambda: float(next(ticks))


@cache
def grid_of(divisions: int) -> Grid:
    return grid(divisions)


def contrast(divisions: int, seed: int = 0, high: float = 12.0, low: float = 3.0) -> Question:
    """k of two values, by the sign of a smooth random field in the middle of each square."""
    middle = (np.arange(divisions) + 0.5) / divisions
    number = np.arange(6)
    cosines = np.cos(np.pi * np.outer(middle, number))
    coefficients = np.random.default_rng(seed).standard_normal((6, 6)) / (1 + number[:, None] ** 2 + number**2)
    sign = cosines @ coefficients @ cosines.T > 0
    return Question(np.repeat(np.where(sign, high, low).ravel(), 2), ONE)


def solution(divisions: int, asked: Question) -> Array:
    return grid_of(divisions).pose(asked).solve(None).x


def off(divisions: int, u: Array, size: float, kind: str = "smooth", seed: int = 0) -> Array:
    """u with an error of this part of its Euclidean norm; `kind` is smooth, rough or both."""
    x = np.arange(divisions + 1) / divisions
    rng = np.random.default_rng(seed)
    number = np.arange(1, 7)
    waves = np.sin(np.pi * np.outer(x, number))
    smooth = (waves @ (rng.standard_normal((6, 6)) / (number[:, None] ** 2 + number**2)) @ waves.T).ravel()
    rough = rng.standard_normal(len(u))
    away = {
        "smooth": smooth / np.linalg.norm(smooth),
        "rough": rough / np.linalg.norm(rough),
        "both": smooth / np.linalg.norm(smooth) + 0.1 * rough / np.linalg.norm(rough),
    }[kind]
    return grid_of(divisions).conforming(u + size * np.linalg.norm(u) * away)
