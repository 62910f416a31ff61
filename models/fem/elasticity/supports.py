"""Prescribed displacements that quadratic elements need in full: at the corners of a facet and at its midpoints."""

from __future__ import annotations

import numpy as np

from models.base import Array, Refusal
from models.fem.elasticity.task import ElasticityTask
from models.fem.simplicial import Simplicial


def supports(task: ElasticityTask, mesh: Simplicial) -> Array:
    """(fixed,): the prescribed rows, d · point + axis.

    Raises `Refusal` HALF_FIXED where a component is prescribed at all corners of a boundary facet, and none at any
    midpoint of the mesh: the side would be free between its nodes, which a caller who lists nodes only does not mean.
    """
    assert task.fixed_points is not None and task.fixed_axes is not None
    d = mesh.nodes.shape[1]
    if task.degree == 2 and (task.fixed_points < len(mesh.nodes)).all():
        _refuse_held_corners(task.fixed_points, task.fixed_axes, mesh)
    return np.asarray(task.fixed_points * d + task.fixed_axes)


def _refuse_held_corners(nodes: Array, axes: Array, mesh: Simplicial) -> None:
    given = np.zeros(mesh.nodes.shape, dtype=bool)
    given[nodes, axes] = True
    points = mesh.facet_points(2)[mesh.is_boundary]
    held = given[mesh.facets[mesh.is_boundary]].all(axis=1)
    if held.any():
        facet, axis = np.argwhere(held)[0]
        corners = ", ".join(map(str, points[facet, : mesh.nodes.shape[1]]))
        missing = str(points[facet, mesh.nodes.shape[1]])
        raise Refusal(
            "HALF_FIXED",
            f"component {axis} is prescribed at all corners of the facet ({corners}) but at no midpoint, such as point "
            f"{missing}; with degree 2 prescribe midpoints, too, or hold other corners",
            "fixed_points",
            {"facet": corners, "axis": str(axis), "point": missing},
        )
