"""What the mathematics of privacy refuses. Each is a `Refusal`, so that the router answers it like any other.

Refusal
├── UnknownEvent        bytes that are no event of ours
├── OtherUnit           a guarantee for records is none for patients
├── OtherRelation       no theorem converts this event to the account's relation
├── Unattainable        no noise, or no limit above zero, meets the target
└── Contradiction       settings that cannot all hold; `details` has the numbers
"""

from __future__ import annotations

from models.base import Refusal


class UnknownEvent(Refusal):
    """What is not known is not priced."""


class OtherUnit(Refusal):
    """The event protects another unit than the account does."""


class OtherRelation(Refusal):
    """The event holds for another relation of neighbours, and nothing is known that converts it."""


class Unattainable(Refusal):
    """The target cannot be met by any setting."""


class Contradiction(Refusal):
    """Two settings say different things about one number."""
