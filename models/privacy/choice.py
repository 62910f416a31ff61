"""Choosing the candidate of a high score: the exponential mechanism, and report noisy max.

Scores are whole numbers, such as counts. That none of them changes by more than the sensitivity between neighbours is
the caller's promise: it cannot be enforced on scores alone.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from fractions import Fraction

from models.privacy.draws import Draws
from models.privacy.events import Event
from models.privacy.kinds import Exponential, ReportNoisyMax
from models.privacy.neighbours import Adjacency, Unit


def exponential_choice(
    scores: Sequence[int],
    sensitivity: int,
    epsilon: float,
    unit: Unit,
    adjacency: Adjacency,
    draws: Draws,
) -> tuple[int, Event]:
    """An index, chosen with weights e^(ε s/2Δ) (McSherry & Talwar 2007). It is of bounded range ε."""
    event = Event(Exponential(epsilon), unit, adjacency)
    gaps, unit_gap = exponents(scores, sensitivity, epsilon)
    while True:
        index = exponential_round(gaps, unit_gap, draws)
        if index is not None:
            return index, event


def exponential_round(gaps: Sequence[int], unit_gap: int, draws: Draws) -> int | None:
    """Any candidate, which is kept with e^(−gap/unit_gap): the best always, so that a round in n succeeds at least."""
    index = draws.below(len(gaps))
    return index if draws.decays(gaps[index], unit_gap) else None


def report_noisy_max(
    scores: Sequence[int],
    sensitivity: int,
    epsilon: float,
    unit: Unit,
    adjacency: Adjacency,
    draws: Draws,
) -> tuple[int, Event]:
    """The index of the largest score plus exponential noise of scale 2Δ/ε, sampled as permute-and-flip.

    McKenna & Sheldon 2020, arXiv 2010.12603: candidates in random order, the first that is accepted with e^−(ε gap/2Δ).
    Its expected error is never above that of the exponential mechanism at the same ε, but it is ε-DP without a bounded
    range: composed often, it costs up to four times the ρ.
    """
    event = Event(ReportNoisyMax(epsilon), unit, adjacency)
    gaps, unit_gap = exponents(scores, sensitivity, epsilon)
    left = list(range(len(gaps)))
    while True:
        place = draws.below(len(left))
        left[place], left[-1] = left[-1], left[place]
        index = left.pop()
        if draws.decays(gaps[index], unit_gap):
            return index, event


def exponents(scores: Sequence[int], sensitivity: int, epsilon: float) -> tuple[list[int], int]:
    """ε (best − s)/2Δ for each score, as whole numbers over one denominator."""
    if len(scores) == 0:
        raise ValueError("there is no candidate")
    if sensitivity < 1:
        raise ValueError(f"sensitivity is {sensitivity}, below 1")
    exactly = Fraction(epsilon)
    whole = [operator.index(score) for score in scores]  # Python's integers: NumPy's would overflow below
    best = max(whole)
    return [exactly.numerator * (best - score) for score in whole], 2 * operator.index(
        sensitivity
    ) * exactly.denominator
