"""Which data sets are neighbours: whose presence is protected, and by which change.

A guarantee means nothing without both, so they are a part of every event and of every account.
"""

from __future__ import annotations

import enum


class Unit(enum.Enum):
    """Whose whole contribution one step from data set to neighbour changes."""

    PATIENT = "patient"
    RECORD = "record"
    CLIENT = "client"


class Adjacency(enum.Enum):
    """The step itself."""

    ADD_REMOVE = "add-remove"  # one unit is present in one data set only; the number of units is protected too
    REPLACE = "replace"  # one unit's data differ; the number of units is public
