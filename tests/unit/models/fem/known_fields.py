"""Errors against fields that are known, on tiny meshes, and how they fall as these are refined."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from skfem import Basis

from models.base import Array, Refusal
from models.fem.domain.build import mesh_of
from models.fem.domain.elements import LAGRANGE, scalar_element
from models.fem.domain.task import DIMENSION, DomainTask

# Q2 hexahedra take 729 products of shape functions for each matrix: too long for tests that solve many times.
QUICK = [element for element in LAGRANGE if element != ("hexahedron", 2)]

Field = Callable[[Array], Array]  # of places (d, ...)


def domain_of(kind: str, count: int, degree: int) -> dict[str, object]:
    """The unit square or cube in `count` bricks along each axis."""
    d = DIMENSION[kind]
    return {
        "shape": "square" if d == 2 else "cube",
        "divisions": np.full(d, count),
        "cell_kind": kind,
        "degree": degree,
    }


def sheared(task: DomainTask, bend: float = 0.08) -> dict[str, Array]:
    """Nodes and cells of the task's mesh with its inner nodes moved smoothly, so that no cell is a brick any more."""
    from models.fem.domain.build import vtk_corners

    mesh = mesh_of(task)
    bump = bend * np.prod(np.sin(np.pi * mesh.p), axis=0)
    nodes = mesh.p + bump * np.arange(1, mesh.dim() + 1)[:, None]
    return {"nodes": nodes.T.copy(), "cells": vtk_corners(mesh, mesh.t.T).astype(np.int64)}


def errors(task: DomainTask, u: Array, exact: Field, gradient: Field) -> tuple[float, float]:
    """‖u − exact‖ in L2, and of its gradient."""
    basis = Basis(mesh_of(task), scalar_element(task.cell_kind, task.degree), intorder=2 * task.degree + 3)
    field, places = basis.interpolate(u), np.asarray(basis.global_coordinates())
    gap = np.abs(np.asarray(field) - exact(places)) ** 2
    slope = np.sum(np.abs(field.grad - gradient(places)) ** 2, axis=0)
    return float(np.sqrt(np.sum(gap * basis.dx))), float(np.sqrt(np.sum(slope * basis.dx)))


def rates(errors_by_count: Mapping[int, tuple[float, ...]]) -> Array:
    """The observed orders between the first and the last mesh."""
    counts = sorted(errors_by_count)
    coarse, fine = np.array(errors_by_count[counts[0]]), np.array(errors_by_count[counts[-1]])
    return np.asarray(np.log(coarse / fine) / np.log(counts[-1] / counts[0]))


def accepted(answers: list) -> object:  # type: ignore[type-arg]
    """The only answer of a batch, which is no refusal."""
    (answer,) = answers
    assert not isinstance(answer, Refusal), str(answer)
    return answer


def remainder_order(functional: Callable[[float], float], slope: float) -> float:
    """Of J(s) − J(0) − s J'(0) between the steps 0.05 and 0.005: 2 where the slope is the derivative, 1 where not."""
    start = functional(0.0)
    large, small = (abs(functional(step) - start - step * slope) for step in (0.05, 0.005))
    return float(np.log10(large / small)) if small > 1e-13 * max(1.0, abs(start)) else np.inf
