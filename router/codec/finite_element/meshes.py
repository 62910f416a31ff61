"""Mesh: each kind of it as fields of a task, and where a request spells them.

A kind is one field of the oneof; the fields of its message bear the names of the task's. Two kinds are otherwise: the
unit square has numbers where a task has a tensor, and what a `mesh_id` names is kept elsewhere. What a kind implies is
told to those tasks that ask: that a mesh with nodes is of the shape "own", and of which kind its cells are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TypeVar

import numpy as np

from faraday.v1 import finite_element_pb2 as pb
from models import schema
from models.base import Scalar
from models.fem.own_mesh import OwnMesh, cell_kind
from models.schema import Flat
from router.codec.layout import names_of, values_of

# A mesh that is kept, by its id. Raises `UnknownMesh` or `Malformed`.
Kept = Callable[[str], OwnMesh]

V = TypeVar("V")

_NAMES = {kind: names for kind, names in names_of(pb.Mesh).items() if kind != "unit_square"}
_NAMES["mesh_id"] = _NAMES["cells"]
FIELDS = frozenset(name for names in _NAMES.values() for name in names)


def kind_of(mesh: pb.Mesh) -> str:
    """The field that is set; empty where none is."""
    return mesh.WhichOneof("mesh") or ""


def values(mesh: pb.Mesh, kept: Kept, declared: Collection[str]) -> Flat:
    """What the mesh gives to a task that declares these fields; nothing where none is set.

    Raises `Refusal`, and what `kept` raises.
    """
    match kind_of(mesh):
        case "":
            return {}, {}
        case "unit_square":
            return {}, {"divisions": np.array([mesh.unit_square.x_count, mesh.unit_square.y_count], np.int64)}
        case "mesh_id":
            return _of_kept(kept(mesh.mesh_id), declared)
        case "structured":
            return values_of(mesh.structured)
        case kind:
            scalars, arrays = values_of(getattr(mesh, kind))
            implied = _implied(cell_kind(arrays.get("nodes"), arrays.get("cells")))
            return _known({**implied, **scalars}, declared), _known(arrays, declared)


def path_of(kind: str, name: str) -> str:
    """Where a request with this kind of mesh gives the task's field, or would."""
    return next(_paths(kind, name), None) or next(paths_of(name))


def paths_of(name: str) -> Iterator[str]:
    """Every place of the task's field."""
    for kind in ("unit_square", *_NAMES):
        yield from _paths(kind, name)


def _of_kept(mesh: OwnMesh, declared: Collection[str]) -> Flat:
    scalars = {**_implied(mesh.cell_kind), "boundary_names": mesh.boundary_names}
    _, arrays = schema.flatten(mesh)
    return _known(scalars, declared), _known(arrays, declared)


def _implied(kind: str | None) -> dict[str, Scalar]:
    return {"shape": "own"} if kind is None else {"shape": "own", "cell_kind": kind}


def _known(given: dict[str, V], declared: Collection[str]) -> dict[str, V]:
    """A task that knows no named boundaries leaves those of a mesh aside: one mesh serves many problems."""
    return {name: value for name, value in given.items() if name in declared}


def _paths(kind: str, name: str) -> Iterator[str]:
    if kind == "unit_square":
        if name == "divisions":
            yield "mesh.unit_square"
    elif name in _NAMES.get(kind, ()):
        yield f"mesh.{kind}.{name}"
