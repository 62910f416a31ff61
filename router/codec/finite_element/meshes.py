"""Mesh: each kind of it as fields of a task, and where a request spells them.

A kind is one field of the oneof; the fields of its message bear the names of the task's. Two kinds are otherwise: the
unit square has numbers where a task has a tensor, and what a `mesh_id` names is kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from faraday.v1 import finite_element_pb2 as pb
from models.base import Array
from models.schema import Flat
from router.codec.finite_element.layout import names_of, values_of

# The nodes and cells of a mesh that is kept, by its id. Raises `UnknownMesh` or `Malformed`.
Kept = Callable[[str], Mapping[str, Array]]

KEPT_FIELDS = ("nodes", "cells")
_NAMES = {kind: names for kind, names in names_of(pb.Mesh).items() if kind != "unit_square"}
FIELDS = frozenset(name for names in _NAMES.values() for name in names)


def kind_of(mesh: pb.Mesh) -> str:
    """The field that is set; empty where none is."""
    return mesh.WhichOneof("mesh") or ""


def values(mesh: pb.Mesh, kept: Kept) -> Flat:
    """What the mesh gives to a task; nothing where none is set. Raises `Refusal`, and what `kept` raises."""
    match kind_of(mesh):
        case "":
            return {}, {}
        case "unit_square":
            return {}, {"divisions": np.array([mesh.unit_square.x_count, mesh.unit_square.y_count], np.int64)}
        case "mesh_id":
            return {}, dict(kept(mesh.mesh_id))
        case kind:
            return values_of(getattr(mesh, kind))


def path_of(kind: str, name: str) -> str:
    """Where a request with this kind of mesh gives the task's field, or would."""
    return next(_paths(kind, name), None) or next(paths_of(name))


def paths_of(name: str) -> Iterator[str]:
    """Every place of the task's field."""
    for kind in ("unit_square", *_NAMES, "mesh_id"):
        yield from _paths(kind, name)


def _paths(kind: str, name: str) -> Iterator[str]:
    if kind == "unit_square":
        if name == "divisions":
            yield "mesh.unit_square"
    elif kind == "mesh_id":
        if name in KEPT_FIELDS:
            yield f"mesh.mesh_id.{name}"
    elif name in _NAMES.get(kind, ()):
        yield f"mesh.{kind}.{name}"
