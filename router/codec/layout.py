"""Where a request gives the fields of a task: from its messages to values, and from the names of fields to paths."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from google.protobuf.message import Message

from models.base import Array, Scalar
from models.schema import Flat
from router.codec import common
from router.errors import Malformed

Given = Sequence[tuple[Any, Any]]  # descriptors and values of fields


@dataclass(frozen=True)
class Layout:
    """The fields of a request that bear the names of a task's: those of its parts, by path, and some of its own."""

    parts: Mapping[str, tuple[str, ...]]
    own: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  # the request has them for other tasks; here a part has a field of that name
    # Of a part: what a later part has, too.
    doubled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def values(self, request: Message) -> Flat:
        """Of all fields that are set. Raises `Refusal` with the field's name where bytes and shape disagree, and
        `Malformed` for a field that other tasks have there."""
        for name in self.others:
            if request.HasField(name):
                raise Malformed(f"is for other problems; here it is {self.path(name)}", name)
        for path, names in self.doubled.items():
            for name in names:
                if getattr(request, path).HasField(name):
                    raise Malformed(f"is for other methods; here it is {self.path(name)}", f"{path}.{name}")
        scalars: dict[str, Scalar] = {}
        arrays: dict[str, Array] = {}
        for given in (
            _set(request, self.own),
            *(_set(getattr(request, path), names) for path, names in self.parts.items()),
        ):
            more_scalars, more_arrays = _values(given)
            scalars |= more_scalars
            arrays |= more_arrays
        return scalars, arrays

    def path(self, name: str) -> str:
        """Of a task's field; of one that is nowhere, where the first part would have it."""
        if name in self.own:
            return name
        holders = (path for path, names in self.parts.items() if name in names)
        return f"{next(holders, next(iter(self.parts)))}.{name}"


def layout_of(request: type[Message], *paths: str, own: tuple[str, ...] = ()) -> Layout:
    """Of the request's fields `paths`, each a message, and of `own` those that no part has; of two parts the later one
    has what both could have."""
    every = names_of(request)
    doubled = {
        path: tuple(name for name in every[path] if any(name in every[later] for later in paths[at + 1 :]))
        for at, path in enumerate(paths)
    }
    parts = {path: tuple(name for name in every[path] if name not in doubled[path]) for path in paths}
    held = {name for names in parts.values() for name in names}
    here = tuple(name for name in own if name not in held)
    return Layout(parts, here, tuple(name for name in own if name in held), doubled)


def names_of(message: type[Message]) -> dict[str, tuple[str, ...]]:
    """The names of the fields inside each field that is a message itself."""
    return {
        field.name: tuple(inner.name for inner in field.message_type.fields)
        for field in message.DESCRIPTOR.fields
        if field.message_type is not None
    }


def values_of(message: Message) -> Flat:
    """A message's scalars and tensors that are set. Raises `Refusal` as `Layout.values`."""
    return _values(_set(message))


def _set(message: Message, names: Collection[str] | None = None) -> Given:
    """The fields that are set; of these names only, where they are said."""
    return [(field, value) for field, value in message.ListFields() if names is None or field.name in names]


def _values(given: Given) -> Flat:
    """Bytes are an array of uint8."""
    scalars: dict[str, Scalar] = {}
    arrays: dict[str, Array] = {}
    for set_, value in given:
        if set_.message_type is not None:
            arrays[set_.name] = common.array_of(value, set_.name)
        elif set_.type == set_.TYPE_BYTES:
            arrays[set_.name] = np.frombuffer(value, np.uint8)
        else:
            scalars[set_.name] = value
    return scalars, arrays
