"""Bernoulli(e^−γ) for a fraction γ, exactly (Canonne, Kamath & Steinke 2020, arXiv 2004.00010, algorithm 1)."""

from __future__ import annotations

from models.privacy.draws import Uniform


def bernoulli_exp(numerator: int, denominator: int, uniform: Uniform) -> bool:
    """True with probability e^−γ, γ = numerator/denominator ≥ 0."""
    while numerator > denominator:
        if not _bernoulli_exp_of_fraction(1, 1, uniform):
            return False
        numerator -= denominator
    return _bernoulli_exp_of_fraction(numerator, denominator, uniform)


def _bernoulli_exp_of_fraction(numerator: int, denominator: int, uniform: Uniform) -> bool:
    """γ ≤ 1: the first k for which a chance of γ/k fails is odd with probability Σ (−γ)^j/j!"""
    k = 1
    while uniform.chance(numerator, denominator * k):
        k += 1
    return k % 2 == 1
