"""How an answer is to be verified. Light: NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from models.base import Refusal

# A step takes a tenth of a solve, and each but the first few takes another digit: beyond, solving is the better wish.
MOST_STEPS = 8


class Verify(Enum):
    NONE = "none"  # the operator's answer as it is
    CERTIFICATE = "certificate"  # with a guaranteed bound on its energy error against the continuum
    CORRECT = "correct"  # after `steps` corrections, with an estimate of its error against the discrete solution


@dataclass(frozen=True)
class Wish:
    """With a tolerance every answer is certified, whatever `verify` says, and leaves only if it is within it."""

    verify: Verify = Verify.NONE
    steps: int = 1  # of CORRECT; with 0 the answer stays as it is and its error is estimated
    tolerance: float | None = None  # of the guaranteed energy error to the energy norm of the answer

    def check(self) -> None:
        """Raises `Refusal` OUT_OF_RANGE."""
        if self.tolerance is not None and not 0 < self.tolerance < float("inf"):
            given = str(self.tolerance)
            message = f"is {given}; send a positive relative error, such as 0.05, or none"
            raise Refusal("OUT_OF_RANGE", message, "tolerance", {"value": given})
        if not 0 <= self.steps <= MOST_STEPS:
            message = f"is {self.steps}; send 0 to {MOST_STEPS}, or a tolerance"
            raise Refusal("OUT_OF_RANGE", message, "steps", {"value": str(self.steps), "highest": str(MOST_STEPS)})

    @property
    def is_certified(self) -> bool:
        return self.tolerance is not None or self.verify is Verify.CERTIFICATE

    @property
    def is_verified(self) -> bool:
        return self.is_certified or self.verify is not Verify.NONE

    @property
    def corrections(self) -> int:
        return self.steps if self.verify is Verify.CORRECT else 0

    @property
    def all_steps(self) -> int:
        """With those that only estimate: one ahead of a corrected field, two ahead of one that stays as it is."""
        return max(self.corrections, 1) + 1
