"""Whether a new version may take the old one's place: decided on functions that neither has learnt from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from models.base import Array, Refusal


@dataclass(frozen=True)
class Policy:
    """Worse by `slack`, relative, is not yet worse. `level` is how surely the mean must be within it; `tail` is the
    quantile of errors that is looked at beside the mean."""

    slack: float = 0.02
    level: float = 0.95
    tail: float = 0.95

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if not (0 <= self.slack < 10 and 0.5 <= self.level < 1 and 0 < self.tail < 1):
            raise ValueError(f"slack {self.slack}, level {self.level} or tail {self.tail} is out of range")


@dataclass(frozen=True)
class Verdict:
    """`reason` is for people, and repeats the numbers."""

    publish: bool
    reason: str


def verdict(old: Array, new: Array, policy: Policy = Policy()) -> Verdict:
    """From the errors (functions,) ≥ 0 of both versions on the same functions, in the same order.

    A test of non-inferiority on pairs: published where the upper confidence bound of the mean difference (Student) is
    within the slack, *and* the tail's quantile is. Where a new answer is no number nothing is published. Raises
    `Refusal` NOT_COMPARABLE for fewer than two functions, or other ones.
    """
    if old.shape != new.shape or old.ndim != 1 or len(old) < 2:
        details = {"old": str(old.shape), "new": str(new.shape)}
        raise Refusal("NOT_COMPARABLE", "send errors of both on the same functions, two at least", "errors", details)
    if not np.isfinite(new).all():
        return Verdict(False, f"{np.count_nonzero(~np.isfinite(new))} of {len(new)} new answers are no numbers")
    if not np.isfinite(old).all():
        return Verdict(True, "all new answers are numbers, which not all old ones are")
    difference = new - old
    spread = float(np.std(difference, ddof=1)) / np.sqrt(len(new))
    above = float(difference.mean()) + spread * float(student.ppf(policy.level, len(new) - 1))
    allowed = policy.slack * float(old.mean())
    before, after = (float(np.quantile(errors, policy.tail)) for errors in (old, new))
    told = (
        f"mean error {old.mean():.4g} → {new.mean():.4g} (at most {above:+.2g} with confidence {policy.level:g}), "
        f"quantile {policy.tail:g} {before:.4g} → {after:.4g} on {len(new)} functions"
    )
    if above > allowed:
        return Verdict(False, f"not shown to be as good in the mean: {told}")
    if after > (1 + policy.slack) * before:
        return Verdict(False, f"worse in the tail: {told}")
    return Verdict(True, told)
