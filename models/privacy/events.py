"""Privacy events: what was released, of whom, as data that never change meaning.

A ledger keeps an event's bytes for as long as the records live, and today's accountant prices them. A kind or a field
that this version does not know, or a value out of range, is no event: it is refused, never skipped.

An event by itself has no price. It gets one in an account's eyes: `under` its unit and its relation.
"""

from __future__ import annotations

import msgspec

from models.privacy.errors import OtherRelation, OtherUnit, UnknownEvent
from models.privacy.kinds import Mechanism
from models.privacy.neighbours import Adjacency, Unit


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One release. `mechanism`'s parameters are those for one `unit` changed by `adjacency`."""

    mechanism: Mechanism
    unit: Unit
    adjacency: Adjacency

    def __post_init__(self) -> None:
        if self.adjacency not in self.mechanism.relations():
            raise ValueError(f"{type(self.mechanism).__name__} is not stated for {self.adjacency.value} neighbours")

    def under(self, unit: Unit, adjacency: Adjacency) -> Mechanism:
        """What an account for this unit and relation composes.

        A replacement is one removal and one addition, so an add-remove event counts there with twice its sensitivity
        (four times its ρ). The other way no theorem holds: replacement hides no presence. Raises `OtherUnit`,
        `OtherRelation`.
        """
        if unit is not self.unit:
            numbers = {"event": self.unit.value, "account": unit.value}
            message = f"The event protects a {self.unit.value}, the account a {unit.value}."
            raise OtherUnit("OTHER_UNIT", message, "unit", numbers)
        if adjacency is self.adjacency:
            return self.mechanism
        if adjacency is Adjacency.ADD_REMOVE:
            message = "The event holds for replaced units only; an add-remove account also hides who is present."
            raise OtherRelation("OTHER_RELATION", message, "adjacency")
        try:
            return self.mechanism.replaced()
        except ValueError as error:  # twice the sensitivity is out of the kind's range
            raise OtherRelation("OTHER_RELATION", f"Twice the sensitivity: {error}.", "adjacency") from error


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Event)


def encode(event: Event) -> bytes:
    """Equal events give equal bytes, for ever."""
    return _ENCODER.encode(event)


def decode(stored: bytes) -> Event:
    """Raises `UnknownEvent`."""
    try:
        return _DECODER.decode(stored)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnknownEvent("UNKNOWN_EVENT", f"This is no privacy event of this version: {error}.", "event") from error
