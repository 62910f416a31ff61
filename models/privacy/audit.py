"""Does a mechanism spend what it says? A test of samples alone against the whole curve of its (ε, δ).

If a mechanism is (ε, δ(ε))-DP for every ε, then P(S) ≤ e^ε Q(S) + δ(ε) for every set S of answers and every ε, on every
pair of neighbours. The sets of the optimal tests are those of a large likelihood ratio (Neyman & Pearson), so answers
are given as scores that rise with it: for additive noise, its projection on the difference of the two values.

A quarter of the samples chooses S, ε and direction; the others test that one inequality by the intervals of Clopper
& Pearson (1934), which are exact. So a mechanism that keeps its word is accused with probability at most `level`.
The claim should be exact (`profile`): what a curve converts to is a bound that leaves room for a liar.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from models.base import Array

_THRESHOLDS = 200  # quantiles of the pooled scores
_EPSILONS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0)


@dataclass(frozen=True)
class Finding:
    """At ε, δ is above `delta_proved` with the level's confidence; `delta_claimed` was said."""

    epsilon: float
    delta_proved: float
    delta_claimed: float

    @property
    def violated(self) -> bool:
        return self.delta_proved > self.delta_claimed


@dataclass(frozen=True)
class _Test:
    """P(score ≥ threshold) against e^ε Q(score ≥ threshold), after an optional change of sides and of sign."""

    swapped: bool
    negated: bool
    threshold: float
    epsilon: float

    def counts(self, here: Array, there: Array) -> tuple[int, int]:
        first, second = (there, here) if self.swapped else (here, there)
        sign = -1 if self.negated else 1
        return int(np.sum(sign * first >= self.threshold)), int(np.sum(sign * second >= self.threshold))


def audit(here: Array, there: Array, claim: Callable[[float], float], level: float = 1e-6) -> Finding:
    """`here` and `there` are equally many independent scores on two neighbours; `claim` is δ(ε).

    Every fourth of them chooses: their order must carry no meaning.
    """
    if len(here) != len(there) or len(here) < 1000:
        raise ValueError(f"{len(here)} and {len(there)} samples: the audit needs equally many, and 1000 or more")
    claimed = np.array([claim(epsilon) for epsilon in _EPSILONS])
    chosen = max(
        (
            _best(here[::4], there[::4], claimed, swapped, negated)
            for swapped in (False, True)
            for negated in (False, True)
        ),
        key=lambda candidate: candidate[0],
    )[1]
    others = np.arange(len(here)) % 4 != 0
    first, second = chosen.counts(here[others], there[others])
    total = int(others.sum())
    low = float(beta.ppf(level / 2, first, total - first + 1)) if first else 0.0
    high = float(beta.ppf(1 - level / 2, second + 1, total - second)) if second < total else 1.0
    return Finding(chosen.epsilon, low - float(np.exp(chosen.epsilon)) * high, claim(chosen.epsilon))


def _best(here: Array, there: Array, claimed: Array, swapped: bool, negated: bool) -> tuple[float, _Test]:
    """The test whose violation is the most standard deviations above zero, and how many."""
    first, second = (there, here) if swapped else (here, there)
    first, second = np.sort(-first if negated else first), np.sort(-second if negated else second)
    pooled = np.concatenate([first, second])
    thresholds = np.unique(np.quantile(pooled, np.linspace(0, 1, _THRESHOLDS), method="nearest"))
    p = 1 - np.searchsorted(first, thresholds)[:, None] / len(first)
    q = 1 - np.searchsorted(second, thresholds)[:, None] / len(second)
    odds = np.exp(np.array(_EPSILONS))
    # One count is added to each: a proportion of zero is not known without error.
    spread = np.sqrt((p * (1 - p) + 1 / len(first) + odds**2 * (q * (1 - q) + 1 / len(second))) / len(first))
    excess = (p - odds * q - claimed) / spread
    row, column = np.unravel_index(int(np.argmax(excess)), excess.shape)
    test = _Test(swapped, negated, float(thresholds[row]), _EPSILONS[int(column)])
    return float(excess[row, column]), test
