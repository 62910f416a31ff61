"""A problem that is posed for one model, posed for another; and one problem that has data of every kind."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import numpy as np

from models.base import Array
from models.fem.mesh import Triangulation, unit_square
from models.fem.posed import PosedTask
from models.fem.task import DiffusionTask
from tests.unit.models.fem.meshes import boundary_edges, boundary_points, distorted, l_shape, task_on

T = TypeVar("T", bound=PosedTask)

MESHES: dict[str, Triangulation] = {"square": unit_square(3, 4), "distorted L": distorted(l_shape(2), seed=1)}


def posed_as(kind: type[T], task: DiffusionTask, **more: Any) -> T:
    """The same problem with more fields, or other values in its own."""
    fields = {field.name: getattr(task, field.name) for field in dataclasses.fields(PosedTask)}
    return kind(**{**fields, **more})


def with_all_data(mesh: Triangulation, degree: int, flux_size: int) -> DiffusionTask:
    """Random data, Dirichlet on the left, given fluxes on the lower side, some edges named backwards."""
    rng = np.random.default_rng(7)
    left = boundary_points(mesh, degree, lambda x, y: x == 0)
    edges = boundary_edges(mesh, lambda x, y: y == 0)
    edges = np.where((np.arange(len(edges)) % 2 == 0)[:, None], edges, edges[:, ::-1])
    return task_on(
        mesh,
        degree,
        conductivity=rng.uniform(0.5, 2, len(mesh.cells)),
        source=rng.standard_normal(len(mesh.points(degree))),
        cell_source=rng.standard_normal(len(mesh.cells)),
        dirichlet_points=left,
        dirichlet_values=rng.standard_normal(len(left)),
        neumann_edges=edges,
        neumann_values=rng.standard_normal((len(edges), flux_size)),
    )


def directions(task: DiffusionTask, seed: int) -> dict[str, Array]:
    """A random direction for each of the task's data, by its field."""
    rng = np.random.default_rng(seed)
    names = ("conductivity", "source", "cell_source", "dirichlet_values", "neumann_values")
    return {name: rng.standard_normal(getattr(task, name).shape) for name in names}
